from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort, Execute, MarkStep, Record, Resume
from qudag_tui.core.step import Outcome
from qudag_tui.run import clock
from qudag_tui.supervisor.attempt import Launch, Shims
from tests.supervisor.shimmed import is_running
from tests.supervisor.supervised import ANA, Supervised, step
from tests.waiting import until

Build = Callable[..., Supervised]
SLOW = "echo began >> began; while [ ! -e finish ]; do sleep 0.02; done; echo ended; exit 7"


def under_way(supervised: Build, script: str = SLOW) -> Supervised:
    """A rollback whose first step runs."""
    run = supervised(
        step("slow", script, on_failure='"continue"', grace='"200ms"'), step("after", "echo after >> after")
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    return run


def attempt_of(run: Supervised) -> ev.StepStarted:
    fact = run.facts(ev.StepStarted)[-1]
    assert isinstance(fact, ev.StepStarted)
    return fact


@pytest.mark.parametrize("when", ["after the next one started", "while there was none"])
def test_a_step_outlives_a_killed_supervisor_and_its_true_end_is_reported_once(supervised: Build, when: str) -> None:
    run = under_way(supervised)
    run.kill()
    if when == "while there was none":
        (run.folder / "finish").touch()
        until(lambda: not is_running(attempt_of(run).shim_pid))
    run.start()
    (run.folder / "finish").touch()
    run.until_kind("step ended")

    ended = run.facts(ev.StepEnded)
    assert [(e.outcome, e.code, e.error) for e in ended if isinstance(e, ev.StepEnded)] == [("failed", 7, "")]
    assert run.output("slow") == b"ended\n"
    assert run.lines("began") == ["began"]
    assert [e.held for e in run.state.executions.values()] == [True]
    assert run.lines("after") == []

    run.ask(Resume())

    assert run.until_over().outcome is Outcome.FAILED
    assert (run.lines("began"), run.lines("after")) == (["began"], ["after"])


def test_an_end_that_nobody_could_record_is_shown_as_of_when_it_was(supervised: Build) -> None:
    run = under_way(supervised)
    run.kill()
    (run.folder / "finish").touch()
    until(lambda: not is_running(attempt_of(run).shim_pid))
    gone = clock.now()
    until(lambda: clock.now().seconds_since(gone) > 1)
    run.start()
    run.until_kind("step ended")

    attempt = next(iter(run.state.executions.values())).of("slow").attempts[-1]
    assert attempt.ended is not None
    assert attempt.ended.boot_ns < gone.boot_ns


def test_nothing_more_starts_by_itself_after_a_restart(supervised: Build) -> None:
    run = under_way(supervised)
    run.kill()
    run.start()
    (run.folder / "finish").touch()
    run.until_kind("step ended")
    until(lambda: "fine" in run.standings("metric"))
    seen = run.standings("metric")["fine"]["at"]
    until(lambda: run.standings("metric")["fine"]["at"] != seen)

    assert run.lines("after") == []
    assert run.kinds()[-1] == "step ended"


def test_with_its_shim_killed_too_the_outcome_is_unknown_and_waits_for_a_person(supervised: Build) -> None:
    run = under_way(supervised)
    started = attempt_of(run)
    run.kill()
    os.kill(started.shim_pid, signal.SIGKILL)
    run.start()
    run.until_kind("step ended")
    run.ask(Resume())

    ended = run.facts(ev.StepEnded)
    assert [(e.outcome, e.error) for e in ended if isinstance(e, ev.StepEnded)] == [
        ("unknown", f"nobody follows it any more, and process {started.pid} still runs")
    ]
    waits = next(iter(run.state.executions.values())).waits_for
    assert waits is not None
    assert waits.id == "slow"
    assert run.lines("began") == ["began"]

    (run.folder / "finish").touch()
    run.ask(MarkStep("slow", "passed", "it printed what it should"))

    assert run.until_over().outcome is Outcome.PASSED
    assert (run.lines("began"), run.lines("after")) == (["began"], ["after"])


def test_a_killed_shim_is_noticed_by_its_own_supervisor(supervised: Build) -> None:
    run = under_way(supervised)
    os.kill(attempt_of(run).shim_pid, signal.SIGKILL)
    run.until_kind("step ended")

    assert run.outcomes() == {"slow": "unknown"}
    (run.folder / "finish").touch()


def test_an_adopted_step_can_be_aborted(supervised: Build) -> None:
    run = under_way(supervised, "trap '' TERM; ".replace("'", '"') + SLOW)
    run.kill()
    run.start()
    run.ask(Abort())

    assert run.until_over().outcome is Outcome.CANCELLED
    assert run.outcomes() == {"slow": "cancelled"}
    assert not is_running(attempt_of(run).pid)
    assert run.lines("after") == []


def test_a_supervisor_that_is_told_to_stop_leaves_the_step_alone(supervised: Build) -> None:
    run = under_way(supervised)

    assert run.kill(signal.SIGTERM) == 0
    assert run.kinds()[-1] == "supervisor stopped"
    assert is_running(attempt_of(run).pid)

    run.start()
    (run.folder / "finish").touch()
    run.until_kind("step ended")
    assert run.outcomes() == {"slow": "failed"}


def test_death_between_the_event_and_the_word_means_that_it_never_started(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran"), step("after", "echo after >> after"))
    request = run.rollback().request
    run.ask(Record(ev.RequestClaimed(request)))

    async def die_before_the_word() -> None:
        folder = run.run.folder
        flags = os.O_RDWR | os.O_CREAT
        log, exit_file = folder.open_file("logs/x.log", flags), folder.open_file("logs/x.exit", flags)
        launch = Launch(("sh", "-c", "echo ran >> ran"), {"PATH": os.environ["PATH"]}, str(run.folder))
        shims = Shims()
        attempt = await shims.start(launch, log, exit_file, lambda: b"")
        pids = attempt.pid, attempt.ticks, attempt.shim_pid, attempt.shim_ticks
        run.ask(Record(ev.StepStarted("flags", request, 1, *pids, log="logs/x.log")))
        attempt.close()
        os.close(log)
        os.close(exit_file)
        shims.children[0].wait(30)

    asyncio.run(die_before_the_word())
    run.start()
    run.until_kind("step ended")

    assert run.outcomes() == {"flags": "never_started"}
    assert run.lines("ran") == []
    assert run.lines("after") == []


def test_a_request_that_nobody_claimed_in_time_expires(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran"))
    run.run.submit(Execute("rollback"), ANA, now=lambda: clock.now().plus(-31))
    run.start()
    run.until_kind("request expired")

    assert run.lines("ran") == []


def test_a_request_from_before_the_start_waits_for_a_person(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran"))
    run.rollback()
    run.start()
    until(lambda: "fine" in run.standings("metric"))
    assert run.kinds()[-1] == "supervisor started"

    run.ask(Resume())

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("ran") == ["ran"]


def test_a_run_has_one_supervisor(supervised: Build) -> None:
    import subprocess
    import sys

    run = supervised(step("flags", "true"))
    run.start()
    second = subprocess.run(
        [sys.executable, "-m", "qudag_tui.supervisor", run.run.folder.path, "--foreground"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 3
    assert second.stderr.endswith("this run is supervised already\n")
