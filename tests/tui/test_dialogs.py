"""Dialogs: nothing is recorded by ignoring them, nor by a paste, and nothing destructive without its code."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.plan import trust
from qudag_tui.tui.lifecycle import is_saved
from qudag_tui.tui.screens.preview import Preview
from qudag_tui.tui.screens.typed_start import new_code
from tests.tui.deployment import ANA, BO, Deployment
from tests.tui.robot import PATIENCE_SECONDS, SMALL, WIDE, at_the_screen
from tests.tui.test_arming import under_way


@pytest.mark.parametrize(
    "key", ["minus", "greater_than_sign", "exclamation_mark", "c", "d", "o", "q", "question_mark", "R"]
)
async def test_escape_leaves_every_dialog_and_records_nothing(deployment: Deployment, key: str) -> None:
    async with at_the_screen(deployment) as robot:
        before = deployment.run.state.head_seq
        await robot.press(key)
        await robot.until(lambda: len(robot.app.screen_stack) == 2, "a dialog")
        await robot.types("x")
        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")

        deployment.run.catch_up()
        assert deployment.run.state.head_seq == before


async def test_quitting_a_run_from_elsewhere_says_nothing_of_a_supervisor_that_nobody_looked_for(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))
    async with at_the_screen(deployment, supervised=False) as robot:
        await robot.press("q")
        await robot.sees("Quit?", "What a supervisor does goes on, if there is one.")
        assert "no supervisor" not in robot.text()


async def test_quitting_an_armed_run_without_a_supervisor_says_that_nothing_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qudag_tui.run.supervision.ensure_supervisor", lambda *_: False)
    async with at_the_screen(under_way(tmp_path), WIDE, supervised=False) as robot:
        await robot.sees("armed, no supervisor")
        await robot.press("q")
        await robot.sees("Quit?", "without a supervisor no trigger starts")
        assert "nobody here to stop it" not in robot.text()


async def test_what_looks_at_the_disk_before_it_asks_is_waited_for_as_what_it_asks(deployment: Deployment) -> None:
    """ctrl+z once stopped the program between the key and the save, wherever something was looked at first."""
    seen, saved = asyncio.Event(), threading.Event()
    async with at_the_screen(deployment) as robot:
        app = robot.app
        assert await is_saved(app, PATIENCE_SECONDS)

        async def look() -> None:
            await seen.wait()
            app.submit_by(
                lambda: app.session.submit(ask.Tick("unhappy"), ANA) if saved.wait(PATIENCE_SECONDS) else None
            )

        app.ask_in_background(look())
        assert not await is_saved(app, 0.01)
        seen.set()
        assert not await is_saved(app, 0.01)
        saved.set()
        assert await is_saved(app, PATIENCE_SECONDS)

        deployment.run.catch_up()
        assert isinstance(deployment.run.events[-1].fact, ev.TriggerFired)


async def test_the_rollback_starts_with_its_code_and_with_nothing_else(deployment: Deployment) -> None:
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("R")
        await robot.sees(
            "Roll back v2.1.0 to v2.0.9", "3 steps; 1 runs a command on this machine as deploy", "to start:"
        )
        code = robot.code
        await robot.types("zzzz")
        await robot.press("enter")
        await robot.sees("that is not the code: type it again")
        assert robot.facts(ev.ExecutionRequested) == []
        await robot.press("tab")
        await robot.types("errors at 50")
        await robot.press("enter")
        await robot.types(code.lower())

        await robot.records(ev.ExecutionRequested("rollback", "errors at 50"))
        await robot.sees("asked for", "by ana: “errors at 50”")


async def test_the_dialog_names_what_is_stopped_first_and_why_it_is_offered(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("unhappy"), BO, ago=22)
    async with at_the_screen(deployment) as robot:
        await robot.press("R")

        await robot.sees("Somebody is unhappy: reported 22 s ago by bo.")


async def test_an_untrusted_file_is_reviewed_right_there(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, trusted=False)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("R")
        await robot.sees("Trust this file?", "plan.toml is not trusted", "flags-off", "to trust exactly this:")
        await robot.types(robot.code)

        await robot.sees("Roll back v2.1.0", "The file is trusted as it is now.")
        assert robot.facts(ev.ExecutionRequested) == []
        assert trust.check(deployment.run.plan, deployment.folder.parents[1] / "plan.toml") == ""


async def test_a_paste_without_brackets_records_nothing_and_answers_no_dialog(deployment: Deployment) -> None:
    async with at_the_screen(deployment, quiet_seconds=5.0) as robot:
        await robot.press("d")
        await robot.sees("Go or No-Go")
        await robot.press("n")
        await robot.pilot.pause()
        assert len(robot.app.screen_stack) == 2, "an answer that comes at once is none"

        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        robot.app.pace.rapid = 100
        robot.checklists.action_act("tick", True)
        await robot.sees("that looked like a paste: nothing was recorded")
        assert robot.facts(ev.ItemTicked) == []


async def test_a_bracketed_paste_outside_a_field_does_nothing(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        before = robot.text().splitlines()[2:]
        robot.app.post_message(Paste(" d R q"))
        await robot.pilot.pause()

        assert robot.text().splitlines()[2:] == before
        assert robot.facts(ev.ItemTicked) == []


async def test_help_lists_every_key_of_the_view(deployment: Deployment) -> None:
    async with at_the_screen(deployment, (120, 60)) as robot:
        await robot.press("question_mark")

        await robot.sees(
            "Keys of the checklists view", "not applicable (asks why)", "start the rollback (a typed code)"
        )


async def test_quitting_says_what_goes_on_without_it(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"))
    async with at_the_screen(deployment) as robot:
        await robot.press("q")
        await robot.sees("Quit?", "The soak “Watch it” goes on counting.", "The supervisor stays")
        await robot.press("enter")

        await robot.until(lambda: robot.app.return_value == 0)


async def test_the_palette_knows_what_has_no_key(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("colon")
        await robot.types("close the run")
        await robot.sees("close the run: completed, rolled back or abandoned")
        await robot.press("enter")
        await robot.sees("Close the run", "9 of 10 boxes are open", "rolled-back")
        await robot.press("x")
        await robot.types("a try")
        await robot.press("enter")

        await robot.until(lambda: robot.facts(ev.RunClosed))
        await robot.sees("closed: abandoned")


async def test_a_dialog_that_was_not_drawn_yet_does_not_keep_the_program_from_ending_well(
    deployment: Deployment,
) -> None:
    async with at_the_screen(deployment) as robot:
        robot.app.push_screen(Preview("What would run", ["echo off"]))
        robot.app.exit(0)
        await robot.until(lambda: robot.app.return_value == 0)


async def test_no_palette_opens_over_a_dialog(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("q")
        await robot.sees("Quit?")
        await robot.press("ctrl+p")
        await robot.press("escape")

        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")


@pytest.mark.parametrize("rows", [1, 3, 5])
async def test_paging_through_a_palette_that_has_no_room_for_its_list_does_nothing(
    deployment: Deployment, rows: int
) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("colon")
        await robot.types("trust")
        await robot.sees("trust: list what you trust")
        await robot.press("down", "down")
        await robot.pilot.resize_terminal(20, rows)
        await robot.press("pageup", "pagedown", "home", "end", "up", "down", "pageup")
        await robot.pilot.resize_terminal(80, 24)
        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")


async def test_a_recap_tells_what_others_did_meanwhile(deployment: Deployment) -> None:
    async with at_the_screen(deployment):
        pass
    deployment.tick("before/tell-the-team", actor=BO)
    deployment.ask(ask.Tick("watch"), BO)

    async with at_the_screen(deployment, recap=True) as robot:
        await robot.sees("Welcome back, ana.", "soak “Watch it”", "bo ticked “Tell the team”")
        await robot.press("enter")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")


async def test_a_recap_says_whose_rollback_a_step_belongs_to_and_that_it_failed(deployment: Deployment) -> None:
    async with at_the_screen(deployment):
        pass
    request = deployment.ask(ask.Execute("rollback", "errors at 50 %"), BO, ago=30).seq
    deployment.record(ev.RequestClaimed(request), ago=29)
    deployment.ask(ask.MarkStep("alert"), BO, ago=28)
    deployment.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=20)
    async with at_the_screen(deployment, recap=True) as robot:
        await robot.sees(
            "running    Rollback, started ", "by bo: “errors at 50 %”", "           “Switch the flags off”, 00:2"
        )
    deployment.record(ev.StepEnded("flags-off", request, 1, "failed", code=3, seconds=2.0))
    async with at_the_screen(deployment, recap=True) as robot:
        await robot.sees("running    nothing", "waits      Rollback, started ", "by bo: “errors at 50 %”")
        await robot.sees("“Switch the flags off” failed, exit code 3  00:02 of", "00:30 · t retry, k skip, m mark")


@pytest.mark.parametrize("size", [SMALL, (60, 20)])
async def test_an_answer_that_is_longer_than_the_line_is_told_to_its_end(
    deployment: Deployment, size: tuple[int, int]
) -> None:
    long = "nobody may start it: " + "the reason takes its time, " * 4 + "what to do stands at the very end"
    async with at_the_screen(deployment, size) as robot:
        robot.app.say(long, wrong=True)
        await robot.sees("nobody may start it", "very end")
        await robot.press("down")
        await robot.until(lambda: "very end" not in robot.text() and "? help" in robot.lines()[-1], "the keys again")


async def test_a_recap_names_all_that_waits_and_whatever_took_over(deployment: Deployment) -> None:
    async with at_the_screen(deployment):
        pass
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"), ago=60)
    deployment.record(ev.SupervisorStarted(4243, 1, 0, "0", took_over=4242), ago=50)
    deployment.ask(ask.Tick("unhappy"), BO, ago=40)
    request = deployment.ask(ask.Execute("rollback"), BO, ago=30).seq
    deployment.record(ev.RequestClaimed(request), ago=29)
    deployment.ask(ask.MarkStep("alert"), replace(ANA, tty="/dev/pts/9"), ago=20)
    deployment.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=15)
    deployment.record(ev.StepEnded("flags-off", request, 1, "unknown"), ago=10)
    deployment.ask(ask.Tick("hot"), BO, ago=5)

    async with at_the_screen(deployment, (80, 36), recap=True) as robot:
        await robot.sees(
            "waits      Rollback, started ", "           “Switch the flags off” unknown · t retry, k skip, m mark"
        )
        await robot.sees("fired      CPU is hot: reported", "by bo")
        await robot.sees("the supervisor started, pid 4243, in place of pid", "4242, which did not leave in order")
        await robot.sees("ana marked “Alert the commander” passed")
        assert "started, pid 4242" not in robot.text(), "an ordinary start goes without saying"


async def test_many_small_things_do_not_hide_from_a_recap_who_took_over_and_what_was_asked_for(
    deployment: Deployment,
) -> None:
    async with at_the_screen(deployment):
        pass
    deployment.record(ev.SupervisorStarted(4243, 1, 0, "0", took_over=4242), ago=50)
    deployment.ask(ask.Execute("rollback"), BO, ago=40)
    for number in range(20):
        deployment.ask(ask.AddComment("before/freeze-the-code", f"remark {number}"), BO, ago=20 - number)

    async with at_the_screen(deployment, (80, 36), recap=True) as robot:
        await robot.sees(
            "22 events; the last of them, and what weighs:", "in place of pid", "bo asked for the rollback"
        )
        await robot.sees("remark 19", "remark 16")
        assert "remark 15" not in robot.text()


async def test_where_nothing_happened_since_a_recap_says_what_was_done_last(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"), ago=120)
    async with at_the_screen(deployment):
        pass
    async with at_the_screen(deployment, recap=True) as robot:
        await robot.sees("running    soak “Watch it”", "last       ana started the soak “Watch it”, 2 min ago")


async def test_what_went_well_makes_room_for_the_keys_and_what_went_wrong_waits_to_be_read(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qudag_tui.tui.widgets.footer.CALM_SECONDS", 0.2)
    async with at_the_screen(deployment) as robot:
        robot.app.say("ticked it")
        await robot.sees("ticked it")
        await robot.until(lambda: "? help" in robot.lines()[-1], "the keys again")
        robot.app.say("ticked another")
        robot.app.say("that is not allowed", wrong=True)
        await robot.sees("that is not allowed")
        assert robot.app.view is not None
        assert robot.app.view.footer.leaves is None, "nothing takes it away but a key"


async def test_nothing_happened_is_no_reason_for_a_recap(deployment: Deployment) -> None:
    async with at_the_screen(deployment):
        pass
    async with at_the_screen(deployment, SMALL, recap=True) as robot:
        await robot.pilot.pause(0.05)
        assert len(robot.app.screen_stack) == 1


def test_codes_have_no_characters_that_are_taken_for_others() -> None:
    codes = {new_code() for _ in range(200)}

    assert len(codes) > 190
    assert not set("".join(codes)) & set("O0I1S5Z2")


async def test_a_second_key_finds_a_dialog_answered_and_closes_nothing_else(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("R")
        await robot.until(lambda: len(robot.app.screen_stack) == 2, "the dialog")
        dialog = robot.app.screen
        answers: list[object] = []
        dialog._result_callbacks[-1].callback = answers.append
        for _ in range(3):
            dialog.dismiss(None)
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        await robot.press("1")
        await robot.sees("Freeze the code")

    assert answers == [None]


async def test_a_reason_is_not_taken_from_the_paste_that_opened_its_dialog(deployment: Deployment) -> None:
    async with at_the_screen(deployment, quiet_seconds=5.0) as robot:
        await robot.press("minus")
        await robot.until(lambda: len(robot.app.screen_stack) == 2, "the dialog")
        await robot.types("why")
        await robot.press("enter")
        await robot.sees("that looked like a paste: press enter again to record it")

    assert robot.facts(ev.ItemMarkedNotApplicable) == []
