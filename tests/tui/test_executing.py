"""Steps on the screen: confirmed, failed, undone, previewed; and nobody types keys into a dialog that did not open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.run.folder import JOURNAL_LOCK
from qudag_tui.run.lock import Lock
from qudag_tui.tui.screens.dialog import Impossible
from tests.tui.deployment import BO, SMALL, Deployment
from tests.tui.robot import SMALL as SMALL_SIZE
from tests.tui.robot import WIDE, at_the_screen

STEPS = (
    SMALL[: SMALL.index("[[procedures")].replace(
        '"Deploy",', '{ text = "Deploy", id = "deploy", run = ["./deploy", "it\'s"], undo = ["./deploy", "back"] },'
    )
    + """
[[procedures.rollback.steps]]
id = "flags-off"
text = "Switch the flags off"
run = ["./flags", "off"]
undo = ["./flags", "on"]

[[procedures.rollback.steps]]
id = "code"
text = "Put the old code back"
run = ["./code", "old"]
undo = ["./code", "new"]
confirm = true
required = true

[[procedures.drain.steps]]
id = "drain-it"
text = "Drain the node"
"""
)


@pytest.fixture
def run(tmp_path: Path) -> Deployment:
    """A deployment whose plan is trusted."""
    tmp_path.chmod(0o700)
    deployment = Deployment(tmp_path, STEPS)
    reviewed = trust.review(deployment.run.plan, tmp_path / "plan.toml")
    trust.give(reviewed, "ana", clock.now().wall)
    return deployment


def claimed(run: Deployment) -> int:
    request = run.ask(ask.Execute("rollback", "errors"), ago=20).seq
    run.record(ev.RequestClaimed(request), ago=19)
    return request


def ran(run: Deployment, request: int, step: str, outcome: str, text: bytes = b"") -> None:
    """An attempt that was started and has ended, with its output."""
    log = run.run.folder.logs / f"{request:04d}-{step}.1.log"
    log.write_bytes(text)
    log.chmod(0o600)
    run.record(ev.StepStarted(step, request, 1, 10, 1, 9, 1, f"logs/{log.name}"), ago=10)
    code = 0 if outcome == "passed" else 3
    run.record(ev.StepEnded(step, request, 1, outcome, code=code, seconds=2.0), ago=8)


async def test_a_step_that_is_to_be_confirmed_is_started_by_its_typed_code(run: Deployment) -> None:
    request = claimed(run)
    ran(run, request, "flags-off", "passed")
    async with at_the_screen(run) as robot:
        await robot.sees("“Put the old code back” is to be confirmed · w in view 3 lets it start")
        await robot.press("3")
        await robot.sees("w confirms that it starts")
        await robot.press("enter")
        await robot.sees("Start “Put the old code back”?", "It runs: ./code old", "to start:")
        await robot.types("zzzz")
        await robot.press("escape")
        await robot.press("w")
        await robot.sees("to start:")
        assert robot.facts(ev.StepConfirmed) == []
        await robot.types(robot.code)
        await robot.records(ev.StepConfirmed("code", request))


async def test_enter_elsewhere_in_the_rollback_view_says_and_does_nothing(run: Deployment) -> None:
    async with at_the_screen(run) as robot:
        await robot.press("3")
        await robot.sees("R starts it")
        before = robot.lines()[-1]
        await robot.press("enter")
        await robot.pilot.pause()
        assert robot.lines()[-1] == before
        assert len(robot.app.screen_stack) == 1


async def test_what_failed_stands_in_the_heading_of_its_last_lines_and_required_takes_skip_away(
    run: Deployment,
) -> None:
    request = claimed(run)
    ran(run, request, "flags-off", "passed", b"flags are off\n")
    async with at_the_screen(run, (80, 23)) as robot:
        await robot.press("3")
        await robot.press("up", "up", "up")
        await robot.sees("flags are off")
        run.ask(ask.ConfirmStep("code"))
        ran(run, request, "code", "failed", b"".join(b"line %d\n" % n for n in range(40)) + b"no such release\n")

        await robot.sees("failed, exit code 3 · Put the old code back", "no such release", "line 39")
        await robot.sees("failed, exit code 3  00:02   t retry, m mark")
        assert "k skip" not in robot.lines()[-1]
        await robot.press("k")
        await robot.sees("Not possible now", "is required", "Retry it, mark how it ended, or abort")


async def test_an_execution_that_failed_is_undone_with_its_list_in_reverse_order(run: Deployment) -> None:
    request = claimed(run)
    ran(run, request, "flags-off", "passed")
    run.ask(ask.ConfirmStep("code"))
    ran(run, request, "code", "unknown")
    run.ask(ask.Abort())
    run.record(ev.ExecutionFinished(request, "cancelled"))
    async with at_the_screen(run, WIDE) as robot:
        await robot.press("3")
        await robot.sees("cancelled, U undoes, asked for")
        await robot.press("U")
        await robot.sees(
            "Undo “Rollback”",
            "1  Undo: Put the old code back (unknown)",
            "2  Undo: Switch the flags off (passed)",
            "2 steps; 2 run commands",
        )
        await robot.types(robot.code)
        await robot.records(ev.ExecutionRequested("rollback", undoes=request))
        await robot.sees("Undo of Rollback to v2.0.9", "Undo: Put the old code back")


async def test_a_script_item_is_previewed_executed_and_undone_from_its_row(run: Deployment) -> None:
    async with at_the_screen(run, WIDE) as robot:
        await robot.go_to("deploy")
        await robot.press("v")
        await robot.sees("Deploy: what would run", "export QUDAG_TUI_RELEASE=v2.1.0", "./deploy 'it'\"'\"'s'")
        await robot.press("y")
        await robot.sees("copied: it can be pasted into a shell")
        assert robot.app.clipboard.splitlines()[-1].endswith("QUDAG_TUI_STEP=deploy ./deploy 'it'\"'\"'s')")
        await robot.press("enter")
        await robot.press("U")
        await robot.sees("Not possible now", "no step that has an undo was started".capitalize())
        await robot.press("escape")
        request = run.ask(ask.Execute("deploy"), BO).seq
        run.record(ev.RequestClaimed(request))
        ran(run, request, "deploy", "passed")
        run.record(ev.ExecutionFinished(request, "passed"))
        await robot.until(lambda: "passed · bo" in robot.line("[✔] Deploy"), "the item is done")
        await robot.press("U")
        await robot.sees("Undo “Deploy”", "1  Undo: Deploy (passed)")
        await robot.types(robot.code)
        await robot.records(ev.ExecutionRequested("deploy", undoes=request))
        again = run.run.state.head_seq
        run.record(ev.RequestClaimed(again))
        ran(run, again, "deploy:undo", "passed")
        run.record(ev.ExecutionFinished(again, "passed"))
        await robot.until(lambda: "undone · e executes" in robot.line("[ ] Deploy"), "the item is open again")


async def test_the_details_of_a_script_item_say_where_its_output_is(run: Deployment) -> None:
    request = run.ask(ask.Execute("deploy"), ago=20).seq
    run.record(ev.RequestClaimed(request), ago=19)
    ran(run, request, "deploy", "passed", b"deployed\n")
    run.record(ev.ExecutionFinished(request, "passed"))
    async with at_the_screen(run) as robot:
        await robot.go_to("deploy")
        await robot.press("i")
        await robot.sees("printed   qudag-tui output deploy")


async def test_the_rollback_is_previewed_before_anything_was_started(run: Deployment) -> None:
    async with at_the_screen(run, SMALL_SIZE) as robot:
        await robot.press("3", "v")
        await robot.sees("Rollback: what would run", "QUDAG_TUI_STEP=flags-off ./flags off")


async def test_another_procedure_is_chosen_and_started_with_its_code(run: Deployment) -> None:
    async with at_the_screen(run) as robot:
        await robot.press("3", "e")
        await robot.sees("Execute another procedure", "1  Drain")
        await robot.press("1")
        await robot.sees("Execute “Drain”", "to start:")
        await robot.types(robot.code)
        await robot.records(ev.ExecutionRequested("drain"))
        await robot.sees("Drain the node")


async def test_who_starts_a_procedure_by_the_plan_is_named_where_it_is_started(tmp_path: Path) -> None:
    head = '[procedures.rollback]\nstarted_by = ["QA Lead", "Team Lead"]\n[[procedures.rollback.steps]]'
    deployment = Deployment(tmp_path, STEPS.replace("[[procedures.rollback.steps]]", head, 1))
    async with at_the_screen(deployment) as robot:
        await robot.press("R")
        await robot.sees("The plan names who starts it: QA Lead or Team Lead.", "to start:")


async def test_the_rollback_stops_first_what_is_asked_for_and_names_it(run: Deployment) -> None:
    asked = run.ask(ask.Execute("drain"), BO).seq
    async with at_the_screen(run) as robot:
        await robot.press("R")
        await robot.sees("Stops first: “drain”", "to start:")
        await robot.types(robot.code)
        await robot.records(ev.ExecutionRequested("rollback", "", asked))


async def test_r_while_the_rollback_is_in_progress_says_so(run: Deployment) -> None:
    claimed(run)
    async with at_the_screen(run) as robot:
        await robot.press("R")
        await robot.sees("Not possible now", "“rollback” is running.", "Abort it first, or retry one of its steps.")
        await robot.types("k7qf")
        assert isinstance(robot.app.screen, Impossible)


async def test_who_was_second_to_start_is_told_so_although_enter_was_typed_behind_the_code(run: Deployment) -> None:
    async with at_the_screen(run) as robot:
        await robot.press("R")
        await robot.sees("to start:")
        run.record(ev.RequestClaimed(run.ask(ask.Execute("rollback"), BO).seq))
        await robot.types(robot.code)
        await robot.press("enter")
        await robot.sees("“rollback” is running", "started ", " by bo")
        await robot.press("enter")
        await robot.sees("“rollback” is running")
        await robot.press("down")
        await robot.until(lambda: "“rollback” is running" not in robot.text(), "the keys again")


@pytest.mark.parametrize(
    ("row", "key", "why"),
    [
        ("before", "minus", "Put the cursor on a box first"),
        ("before", "greater_than_sign", "Put the cursor on a box first"),
        ("before", "exclamation_mark", "Put the cursor on a box, or on a locked phase"),
        ("canary", "exclamation_mark", "“Canary” is"),
        ("before", "c", "Put the cursor on a box first"),
        ("before/freeze-the-code", "s", "Put the cursor on a sign-off first"),
        ("before/freeze-the-code", "e", "There is nothing to execute in this box"),
    ],
)
async def test_who_types_on_after_a_refused_dialog_types_into_nothing(
    run: Deployment, row: str, key: str, why: str
) -> None:
    async with at_the_screen(run, WIDE) as robot:
        before = run.run.state.head_seq
        await robot.go_to(row)
        await robot.press(key)
        await robot.sees("Not possible now", why)
        await robot.types("dRu - q 3 no time")
        assert isinstance(robot.app.screen, Impossible)
        await robot.press("enter")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        run.run.catch_up()
        assert run.run.state.head_seq == before
        assert robot.app.view is robot.checklists


async def test_an_output_that_outgrows_its_log_is_followed_and_says_what_it_left_out(run: Deployment) -> None:
    from qudag_tui.supervisor.step_log import StepLog  # the screen itself never imports it

    request = claimed(run)
    path = run.run.folder.logs / "0004-flags-off.1.log"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    log = StepLog(descriptor)
    log.write(b"the beginning\n")
    run.record(ev.StepStarted("flags-off", request, 1, os.getpid(), 1, os.getpid(), 1, path.name), ago=7)
    async with at_the_screen(run) as robot:
        await robot.press("3")
        await robot.sees("the beginning")
        for number in range(60):
            log.write(b"%-199d\n" % number * 400)
        log.write(b"the end\n")
        await robot.sees("the end", " 59…")
        output = robot.app.view.output  # type: ignore[union-attr]  # the rollback view
        assert any("bytes are not shown here" in line for line in output.every_line())
        await robot.press("p")
        log.write(b"while it was paused\n")
        await robot.pilot.pause(0.6)
        assert "while it was paused" not in robot.text()
        await robot.press("p")
        await robot.sees("while it was paused")
        await robot.press("slash")
        await robot.types("the end")
        await robot.press("enter")
        assert output.needle == "the end"
    os.close(descriptor)


async def test_every_line_of_an_output_is_found_the_newest_as_well_and_round_again(run: Deployment) -> None:
    request = claimed(run)
    ran(run, request, "flags-off", "failed", b"error: one\n" + b"fine\n" * 50 + b"error: two\nfine\nerror: three\n")
    async with at_the_screen(run) as robot:
        await robot.press("3")
        await robot.sees("error: three")
        await robot.press("slash")
        await robot.types("error")
        await robot.press("enter")
        await robot.sees("“error”: 1 of 3, counted from the end")
        await robot.press("n")
        await robot.sees("“error”: 2 of 3")
        await robot.press("n")
        await robot.sees("“error”: 3 of 3", "error: one", "lines further down, f foll")
        await robot.press("n")
        await robot.sees("“error”: 1 of 3")
        await robot.press("N")
        await robot.sees("“error”: 3 of 3")
        await robot.press("f")
        await robot.sees("error: three")
        await robot.press("slash")
        await robot.types("nobody wrote this")
        await robot.press("enter")
        await robot.sees("is nowhere in what is kept here; qudag-tui output has all")


async def test_a_rollback_that_cannot_be_recorded_names_the_way_out(run: Deployment) -> None:
    async with at_the_screen(run) as robot:
        await robot.press("R")
        await robot.sees("to start:")
        lock = Lock(run.run.folder, JOURNAL_LOCK)
        lock.acquire(10, purpose="be in the way")
        await robot.types(robot.code)
        await robot.sees("qudag-tui rollback --unrecorded at a shell is the way out")
        lock.release()
        assert robot.facts(ev.ExecutionRequested) == []


async def test_what_another_execution_printed_goes_from_the_screen_when_one_begins_that_ran_nothing_yet(
    run: Deployment,
) -> None:
    drained = run.ask(ask.Execute("deploy", ""), ago=20).seq
    run.record(ev.RequestClaimed(drained), ago=19)
    log = run.run.folder.logs / "0002-deploy.1.log"
    log.write_bytes(b"half of it is deployed\n")
    run.record(ev.StepStarted("deploy", drained, 1, 10, 1, 9, 1, f"logs/{log.name}"), ago=10)
    async with at_the_screen(run) as robot:
        await robot.press("3")
        await robot.sees("half of it is deployed")

        request = run.ask(ask.Execute("rollback", "errors", stop_first=True)).seq
        run.record(ev.StepEnded("deploy", drained, 1, "cancelled", signal=15, seconds=2.0))
        run.record(ev.ExecutionFinished(drained, "cancelled"))
        run.record(ev.RequestClaimed(request))

        await robot.sees("Switch the flags off")
        await robot.until(lambda: "half of it is deployed" not in robot.text(), "an end of what the other one printed")


@pytest.mark.parametrize("typed", ["", "super", "start"])
async def test_a_supervisor_that_is_gone_is_started_by_the_first_command_of_the_palette(
    run: Deployment, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """The banner sends people there, and other commands have the same words."""
    monkeypatch.setattr("qudag_tui.run.supervision.ensure_supervisor", lambda *_: False)
    request = claimed(run)
    run.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1, "logs/x.log"), ago=10)
    async with at_the_screen(run, supervised=False) as robot:
        await robot.sees("the supervisor is gone: nothing follows this step · : starts it again")
        await robot.press("3", "colon")
        await robot.types(typed)
        await robot.sees("start the supervisor again")
        await robot.press("enter")
        await robot.sees("a supervisor is started unless there is one")


async def test_a_supervisor_that_is_gone_takes_no_other_command_s_place(
    run: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letters of “start the ro” are, in this order, in “start the supervisor again” as well."""
    monkeypatch.setattr("qudag_tui.run.supervision.ensure_supervisor", lambda *_: False)
    run.record(ev.RequestExpired(run.ask(ask.Execute("deploy")).seq, "nobody took it on"))
    async with at_the_screen(run, supervised=False) as robot:
        await robot.until(lambda: robot.app.shot is not None and robot.app.shot.standings.supervised is False)
        await robot.press("colon")
        await robot.types("start the ro")
        await robot.sees("start the rollback", "start the supervisor again")
        await robot.press("enter")
        await robot.sees("Roll back v2.1.0")
