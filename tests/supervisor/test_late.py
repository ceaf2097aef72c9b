"""What is late never starts by itself: stale requests, deadlines that passed, and a machine that was off."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.intent import Abort, Execute, Intent, Record, Resume, Retry
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.step import Outcome
from qudag_tui.run import clock
from qudag_tui.run.presence import attach
from qudag_tui.run.process import start_ticks
from qudag_tui.run.supervision import ensure_supervisor
from tests.supervisor.shimmed import is_running
from tests.supervisor.supervised import ANA, REPOSITORY, Supervised, step
from tests.waiting import until

Build = Callable[..., Supervised]
AN_HOUR = 3600.0
# Pids and ticks that no process can have.
NOBODY = (1 << 22, 1, 1 << 22, 1)


def ago(seconds: float, *, other_boot: bool) -> Instant:
    """So long before now; with ``other_boot`` the machine was restarted since."""
    now = clock.now()
    wall = now.wall - timedelta(seconds=seconds)
    if other_boot:
        return Instant(wall, 77 * NANOSECONDS, "a boot before this one")
    return Instant(wall, now.boot_ns - round(seconds * NANOSECONDS), now.boot_id)


def journal(run: Supervised, moment: Instant, *intents: Intent) -> None:
    """What happened then."""
    for intent in intents:
        answer = run.run.submit(intent, ANA, lambda: moment)
        assert not isinstance(answer, Refusal), answer


def has_turned(run: Supervised) -> None:
    """Wait until the supervisor has looked again, twice: whatever it would start by itself has started by then."""
    for _ in range(2):
        seen = run.standings("metric").get("fine", {}).get("at")
        until(lambda seen=seen: run.standings("metric").get("fine", {}).get("at") not in {seen, None})  # type: ignore[misc]  # bound at once


@pytest.mark.parametrize("other_boot", [False, True])
def test_a_rollback_asked_for_while_nobody_supervised_never_runs_when_a_colleague_attaches_an_hour_later(
    supervised: Build, monkeypatch: pytest.MonkeyPatch, *, other_boot: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    run = supervised(step("flags", "echo ran >> ran"))
    journal(run, ago(AN_HOUR, other_boot=other_boot), Execute("rollback"))

    with attach(run.run.folder, ev.Actor("bo", "bo", "host", "pts/2")) as presence:
        ensure_supervisor(run.run.folder, presence)
        run.until_kind("request expired")
        has_turned(run)
        assert isinstance(run.run.submit(Resume(), ANA), Refusal)
    run.until_kind("supervisor stopped")

    assert run.kinds() == [
        "run created",
        "execution requested",
        "supervisor started",
        "request expired",
        "supervisor stopped",
    ]
    assert run.lines("ran") == []


def test_a_retry_asked_of_a_supervisor_that_was_gone_waits_for_a_person(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran"))
    then = ago(AN_HOUR, other_boot=True)
    journal(run, then, Execute("rollback"), Record(ev.RequestClaimed(2)))
    journal(run, then, Record(ev.StepStarted("flags", 2, 1, *NOBODY)))
    journal(run, then, Record(ev.StepEnded("flags", 2, 1, "failed", 1)), Retry("flags"))
    run.start()
    has_turned(run)
    assert run.lines("ran") == []

    run.ask(Resume())

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("ran") == ["ran"]


def off_in_a_watch(supervised: Build) -> Supervised:
    """The machine went off while it watched for recovery, and the deadline of that passed meanwhile."""
    run = supervised(
        step("recovery", until='"bad < 5"', within='"5m"'),
        step("not-recovered", unless='"recovery"', steps='[{ id = "code", text = "Code", run = ["touch", "code"] }]'),
        step("after", "echo after >> after"),
    )
    then = ago(AN_HOUR, other_boot=True)
    journal(run, then, Execute("rollback"), Record(ev.RequestClaimed(2)), Record(ev.WatchStarted("recovery", 2)))
    return run


def test_a_deadline_that_passed_while_the_machine_was_off_takes_no_branch_before_a_person_confirms(
    supervised: Build,
) -> None:
    run = off_in_a_watch(supervised)
    run.start()
    has_turned(run)
    assert run.kinds()[-1] == "supervisor started"
    assert (run.lines("after"), (run.folder / "code").exists()) == ([], False)

    run.ask(Resume())

    assert run.until_over().outcome is Outcome.PASSED
    assert run.outcomes() == {"recovery": "failed", "code": "passed", "after": "passed"}
    assert (run.folder / "code").exists()


def test_what_waits_after_the_machine_was_off_can_be_aborted_instead(supervised: Build) -> None:
    run = off_in_a_watch(supervised)
    run.start()
    run.ask(Abort())

    assert run.until_over().outcome is Outcome.CANCELLED
    assert (run.lines("after"), (run.folder / "code").exists()) == ([], False)


# pid reuse


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with the run, and the pid of one that had."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process
        assert process.poll() is None, "it was killed"
        process.kill()


@pytest.mark.parametrize("why", ["started later", "another boot", "ended"])
def test_a_recorded_pid_that_is_somebody_elses_by_now_gets_no_signal(
    supervised: Build, bystander: subprocess.Popen[bytes], why: str
) -> None:
    run = supervised(step("flags", "echo ran >> ran", grace='"100ms"'), step("after", "echo after >> after"))
    pid, ticks = bystander.pid, start_ticks(bystander.pid)
    if why == "started later":
        ticks -= 1
    elif why == "ended":
        with subprocess.Popen(["true"]) as ended:
            pid = ended.pid
    then = clock.now() if why != "another boot" else ago(60, other_boot=True)
    journal(run, then, Execute("rollback"), Record(ev.RequestClaimed(2)))
    journal(run, then, Record(ev.StepStarted("flags", 2, 1, pid, ticks, pid, ticks, "logs/0002-flags.1.log")), Abort())
    run.start()

    assert run.until_over().outcome is Outcome.CANCELLED
    assert run.outcomes() == {"flags": "unknown"}
    assert (run.lines("ran"), run.lines("after")) == ([], [])
    assert is_running(bystander.pid)


@pytest.mark.parametrize("name", ["../../../outside", "/outside", "logs/../../outside", ""])
def test_a_log_that_the_journal_names_elsewhere_is_sought_among_the_logs(
    supervised: Build, tmp_path: Path, name: str
) -> None:
    run = supervised(step("flags", "echo ran >> ran"))
    (tmp_path / "outside.exit").write_text('{"outcome": "passed"}')
    then = ago(60, other_boot=True)
    journal(run, then, Execute("rollback"), Record(ev.RequestClaimed(2)))
    journal(run, then, Record(ev.StepStarted("flags", 2, 1, *NOBODY, f"{name}.log" if name else "")))
    run.start()
    run.until_kind("step ended")

    assert run.outcomes() == {"flags": "unknown"}
