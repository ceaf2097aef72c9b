"""Dialogs: nothing is recorded by ignoring them, nor by a paste, and nothing destructive without its code."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.plan import trust
from qudag_tui.tui.screens.preview import Preview
from qudag_tui.tui.screens.typed_start import TypedStart, new_code
from tests.tui.deployment import BO, Deployment
from tests.tui.robot import SMALL, WIDE, Robot, at_the_screen


def code_of(robot: Robot) -> str:
    screen = robot.app.screen
    assert isinstance(screen, TypedStart)
    return screen.code


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


async def test_the_rollback_starts_with_its_code_and_with_nothing_else(deployment: Deployment) -> None:
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("R")
        await robot.sees(
            "Roll back v2.1.0 to v2.0.9", "3 steps; 1 runs a command on this machine as deploy", "to start:"
        )
        code = code_of(robot)
        await robot.types("zzzz")
        await robot.press("enter")
        await robot.sees("that is not the code")
        assert robot.facts(ev.ExecutionRequested) == []
        await robot.press("backspace", "backspace", "backspace", "backspace", "tab")
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
        await robot.types(code_of(robot))

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
