"""Following an execution: what is printed where, and the exit code for each way in which it can go on."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterator

import pytest

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.follow import Follower
from qudag_tui.cli.session import Session
from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from tests.cli.desk import Desk, supervise_as_this_process


@pytest.fixture
def supervised(desk: Desk) -> Iterator[None]:
    """The test plays the supervisor, until the desk is cleared."""
    assert desk.folder.is_dir()
    with pytest.MonkeyPatch.context() as patched:
        supervise_as_this_process(patched)
        yield


def follower(request: int, *, wait: bool = False) -> Follower:
    session = Session(argparse.Namespace(run="r1", runs_dir=None))
    assert session.run.events
    return Follower(session, request, wait=wait)


def started(desk: Desk) -> int:
    """A rollback that was claimed and whose first step, a person's, is done."""
    request = desk.ask(ask.Execute("rollback"))
    desk.record(ev.RequestClaimed(request))
    desk.ask(ask.MarkStep("alert"))
    return request


def ran(desk: Desk, request: int, outcome: str, *, attempt: int = 1) -> None:
    log = f"flags.{attempt}.log"
    (desk.folder / "runs" / "r1" / "logs" / log).write_text(f"attempt {attempt}\n")
    desk.record(ev.StepStarted("flags", request, attempt, 10, 1, 9, 1, log))
    desk.record(ev.StepEnded("flags", request, attempt, outcome, code=0 if outcome == "passed" else 1))


def recovered(desk: Desk, request: int) -> None:
    desk.record(ev.WatchStarted("recovery", request), ev.WatchEnded("recovery", request, "passed", "pass", "31 %"))


@pytest.mark.usefixtures("supervised")
def test_what_passed_is_zero_with_its_output_on_stdout(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.new()
    request = started(desk)
    following = follower(request)
    ran(desk, request, "passed")
    recovered(desk, request)
    desk.record(ev.ExecutionFinished(request, "passed"))
    capsys.readouterr()
    assert following.follow() is ExitCode.DONE
    captured = capsys.readouterr()
    assert captured.out == "attempt 1\n"
    assert [line[10:] for line in captured.err.splitlines()] == [
        "started “Flags off”, pid 10",
        "“Flags off” passed",
        "watches for “Recovered”",
        "“Recovered”: recovered, 31 %",
        "the rollback ended: passed",
    ]


@pytest.mark.usefixtures("supervised")
def test_a_step_that_failed_is_seven_and_says_every_way_on(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.new()
    request = started(desk)
    ran(desk, request, "failed")
    capsys.readouterr()
    assert follower(request).follow() is ExitCode.UNKNOWN
    assert capsys.readouterr().err == (
        "“Flags off” failed, exit code 1\n  | attempt 1\n"
        "“Flags off” failed; it waits for one of: qudag-tui retry flags --run r1, skip flags --why … --run r1, "
        "mark flags --why … --run r1, abort --run r1\n"
    )


@pytest.mark.usefixtures("supervised")
def test_a_persons_step_is_named_with_the_command_that_goes_on(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.new()
    request = desk.ask(ask.Execute("rollback"))
    desk.record(ev.RequestClaimed(request))
    capsys.readouterr()
    assert follower(request).follow() is ExitCode.UNKNOWN
    assert capsys.readouterr().err == (
        "“Alert somebody” is a person's; when it is done: qudag-tui mark alert --run r1\n"
    )


@pytest.mark.usefixtures("supervised")
def test_waiting_goes_on_until_somebody_has_marked_the_step(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.new()
    request = desk.ask(ask.Execute("rollback"))
    desk.record(ev.RequestClaimed(request))
    codes: list[ExitCode] = []
    following = follower(request, wait=True)
    thread = threading.Thread(target=lambda: codes.append(following.follow()))
    thread.start()
    desk.ask(ask.MarkStep("alert"))
    ran(desk, request, "passed")
    recovered(desk, request)
    desk.record(ev.ExecutionFinished(request, "passed"))
    thread.join(30)
    assert codes == [ExitCode.DONE]
    assert capsys.readouterr().out == "attempt 1\n"


@pytest.mark.usefixtures("supervised")
@pytest.mark.parametrize(("outcome", "code"), [("failed", 1), ("cancelled", 1), ("unknown", 7)])
def test_what_did_not_pass_is_one_and_what_nobody_knows_is_seven(desk: Desk, outcome: str, code: int) -> None:
    desk.new()
    request = started(desk)
    desk.ask(ask.Abort())
    desk.record(ev.ExecutionFinished(request, outcome))
    assert follower(request).follow() == code


@pytest.mark.usefixtures("supervised")
@pytest.mark.parametrize(
    ("fact", "message"),
    [
        (ev.RequestExpired, "the request expired: no supervisor took it on within 30 s; nothing was started"),
        (lambda request: ev.RequestRefused(request, "not trusted"), "the supervisor refused it: not trusted"),
    ],
)
def test_what_never_started_is_three(desk: Desk, fact: Callable[[int], ev.Fact], message: str) -> None:
    desk.new()
    request = desk.ask(ask.Execute("rollback"))
    desk.record(fact(request))
    with pytest.raises(Stop, match=message) as stopped:
        follower(request).follow()
    assert stopped.value.code is ExitCode.REFUSED


@pytest.mark.usefixtures("supervised")
def test_what_waits_since_a_restart_says_resume(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.new()
    request = started(desk)
    desk.record(ev.SupervisorStarted(1, 1, 1, "0"))
    capsys.readouterr()
    assert follower(request).follow() is ExitCode.UNKNOWN
    assert "qudag-tui resume" in capsys.readouterr().err


def test_without_a_supervisor_it_does_not_wait_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qudag_tui.cli.follow.POLL_SECONDS", 0.0)
    desk.new()
    request = started(desk)
    assert follower(request).follow() is ExitCode.UNKNOWN


def test_what_was_started_and_is_followed_by_nobody_is_told_as_that(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qudag_tui.cli.output.POLL_SECONDS", 0.0)
    desk.new()
    request = started(desk)
    (desk.folder / "runs" / "r1" / "logs" / "flags.1.log").write_text("so far\n")
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "flags.1.log"))

    followed = desk("output", "flags", "--follow")

    assert (followed.code, followed.out) == (ExitCode.UNKNOWN, "so far\n")
    assert followed.err.startswith("there is no supervisor any more: what runs goes on to its end")
    shown = desk("status").out
    assert "  rollback, started by ana: “Flags off”, " in shown
    assert shown.count(", runs, or has ended: no supervisor\n") == 1
    assert "runs, or has ended: no supervisor 00:" in shown
    assert "  NO SUPERVISOR\n" in desk("status", "--tmux").out
