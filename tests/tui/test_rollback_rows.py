"""The rollback view at 80 columns: what each row says of its step, and what the banner says of it elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from tests.tui.deployment import SMALL as PLAN
from tests.tui.deployment import Deployment
from tests.tui.robot import at_the_screen

SEED = (
    PLAN[: PLAN.index("[[procedures")]
    + """\
[[procedures.rollback.steps]]
id = "alert"
text = "Alert the commander"

[[procedures.rollback.steps]]
id = "flags-off"
text = "Disable feature flags (< 30 seconds)"
run = ["true"]

[[procedures.rollback.steps]]
id = "recovery"
text = "Monitor system recovery"
until = "cpu < 95%"
within = "5m"

[[procedures.rollback.steps]]
id = "if-not"
text = "If not recovered in 5 minutes:"
unless = "recovery"

[[procedures.rollback.steps.steps]]
id = "code"
text = "Initiate code rollback"
run = ["true"]

[[procedures.rollback.steps.steps]]
id = "restore"
text = "Restore the state"
run = ["true"]

[[procedures.rollback.steps]]
id = "document"
text = "Document incident"
"""
)
LINE = "99.5%, limit 95% · not within it in 15 of the last 15 slots"


def passes(made: Deployment, step: str, request: int, *, ago: float) -> None:
    made.record(ev.StepStarted(step, request, 1, 10, 1, 9, 1), ago=ago)
    made.record(ev.StepEnded(step, request, 1, "passed", seconds=2.0), ago=ago - 2)


def watching(folder: Path) -> tuple[Deployment, int]:
    """A rollback that has watched for 20 seconds whether it recovers."""
    made = Deployment(folder, SEED)
    request = made.ask(ask.Execute("rollback", "errors at 50 %"), ago=40).seq
    made.record(ev.RequestClaimed(request), ago=39)
    made.ask(ask.MarkStep("alert"), ago=38)
    passes(made, "flags-off", request, ago=30)
    made.record(ev.WatchStarted("recovery", request), ago=20)
    made.standing("watch", "recovery", verdict="fail", line=LINE, value=99.5, limit=95.0)
    return made, request


async def test_a_watch_keeps_its_name_and_its_deadline_where_there_is_no_room_for_all_that_it_sees(
    tmp_path: Path,
) -> None:
    made, _ = watching(tmp_path)
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.sees("Monitor system recovery", "99.5%, limit 95%   watching  00:2", " of 05:00")
    async with at_the_screen(made, (120, 36)) as robot:
        await robot.press("3")
        await robot.sees("Monitor system recovery", f"{LINE}   watching  00:2", " of 05:00")


async def test_a_branch_that_was_taken_is_under_way_and_then_done(tmp_path: Path) -> None:
    made, request = watching(tmp_path)
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.until(lambda: robot.line("If not recovered").endswith(" waits"), "a branch that waits")
        made.record(ev.WatchEnded("recovery", request, "failed", "fail", LINE))
        made.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1))
        await robot.until(lambda: robot.line("If not recovered").endswith(" under way"), "a branch under way")
        assert "not recovered: 99.5%, limit 95%   " in robot.line("Monitor system recovery")
        made.record(ev.StepEnded("code", request, 1, "passed", seconds=0.0))
        passes(made, "restore", request, ago=0)
        await robot.until(lambda: robot.line("If not recovered").endswith(" done"), "a branch that is done")
        made.ask(ask.MarkStep("document"))
        made.record(ev.ExecutionFinished(request, "passed"))
        await robot.sees("passed, asked for")
        assert robot.line("If not recovered").endswith(" done")


async def test_a_branch_that_was_cut_off_is_not_finished(tmp_path: Path) -> None:
    made, request = watching(tmp_path)
    made.record(ev.WatchEnded("recovery", request, "failed", "fail", LINE))
    passes(made, "code", request, ago=3)
    made.ask(ask.Abort())
    made.record(ev.ExecutionFinished(request, "cancelled"))
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.sees("cancelled")
        assert robot.line("If not recovered").endswith(" not finished")
        assert robot.line("Restore the state").endswith(" not done")


async def test_every_other_view_says_that_a_rollback_runs_and_that_a_step_of_it_failed(tmp_path: Path) -> None:
    made, request = watching(tmp_path)
    async with at_the_screen(made) as robot:
        await robot.sees("Rollback: “Monitor system recovery” 00:2", " · 3 shows it")
        made.record(ev.WatchEnded("recovery", request, "failed", "fail", LINE))
        made.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1))
        made.record(ev.StepEnded("code", request, 1, "timed_out", signal=9, seconds=0.0))
        await robot.sees("“Initiate code rollback” timed out, and waits · 3 shows it")
        await robot.press("3")
        await robot.sees("“Initiate code rollback” timed out, and waits · t, k, m or a")
        assert "3 shows it" not in robot.text()
        await robot.sees("timed out  00:00   t retry")


async def test_nobody_claims_that_a_step_runs_once_the_supervisor_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, request = watching(tmp_path)
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.sees("watching  00:2")
        monkeypatch.setattr("qudag_tui.tui.readings.supervisor_alive", lambda _: False)
        await robot.sees("the supervisor is gone: nothing is measured or executed · : starts it again")
        await robot.sees("not watched: no supervisor   00:2")
        made.record(ev.WatchEnded("recovery", request, "failed", "fail", LINE))
        made.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1))
        await robot.sees("the supervisor is gone: nothing follows this step · : starts it again")
        await robot.sees("runs, or has ended  00:0")


async def test_aborting_a_watch_speaks_of_no_process(tmp_path: Path) -> None:
    made, _ = watching(tmp_path)
    async with at_the_screen(made) as robot:
        await robot.press("3", "a")
        await robot.sees("Abort?", "“Monitor system recovery” is watched no more.")
        assert "TERM" not in robot.text()


async def test_a_script_in_the_plan_is_not_asked_about_by_its_first_line_alone(tmp_path: Path) -> None:
    script = "run = ['sh', '-c', '''set -eu\necho off\necho done\n''']"
    made = Deployment(tmp_path, SEED.replace('run = ["true"]', script, 1))
    request = made.ask(ask.Execute("rollback"), ago=40).seq
    made.record(ev.RequestClaimed(request), ago=39)
    made.ask(ask.MarkStep("alert"), ago=38)
    made.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=20)
    made.record(ev.StepEnded("flags-off", request, 1, "failed", signal=11, seconds=1.0), ago=18)
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.sees("failed, signal 11   t retry")
        await robot.press("t")
        await robot.sees("Retry?", "It runs again: sh -c set -eu … and 2 more lines: v shows them")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 15)])
async def test_what_there_is_to_read_takes_the_whole_height(tmp_path: Path, size: tuple[int, int]) -> None:
    made, _ = watching(tmp_path)
    async with at_the_screen(made, size) as robot:
        await robot.press("3", "question_mark")
        await robot.sees("close")
        assert "close" in robot.lines()[-2], robot.text()


async def test_what_is_to_be_done_stands_in_the_banner_however_long_the_step_is_called(tmp_path: Path) -> None:
    long = "Alert the incident commander, the team leads, and whoever is on duty at the other sites"
    made = Deployment(tmp_path, SEED.replace("Alert the commander", long))
    made.record(ev.RequestClaimed(made.ask(ask.Execute("rollback")).seq))
    async with at_the_screen(made) as robot:
        await robot.sees("“Alert the incident commander, the team leads", "… · 3 shows it")
        await robot.press("3")
        await robot.sees("… · space marks it")


async def test_output_that_could_not_be_kept_is_not_shown_as_none(tmp_path: Path) -> None:
    made = Deployment(tmp_path, SEED)
    request = made.ask(ask.Execute("rollback"), ago=40).seq
    made.record(ev.RequestClaimed(request), ago=39)
    made.ask(ask.MarkStep("alert"), ago=38)
    made.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=20)
    lacks = "the log lacks 61 bytes: No space left on device"
    made.record(ev.StepEnded("flags-off", request, 1, "passed", 0, seconds=1.0, error=lacks), ago=18)
    async with at_the_screen(made) as robot:
        await robot.press("3")
        await robot.sees(f"{lacks} · Disable")
