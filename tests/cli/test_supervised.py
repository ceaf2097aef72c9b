"""The verbs that leave a supervisor work, with a real one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from qudag_tui.cli.session import Session
from qudag_tui.core import event as ev
from qudag_tui.core.intent import Intent
from qudag_tui.run.presence import attached
from qudag_tui.run.process import start_ticks
from qudag_tui.run.supervision import supervisor_alive
from tests.cli.desk import Answer, Desk
from tests.waiting import DEADLINE_SECONDS, until


def finished(desk: Desk, step: str) -> Callable[[], bool]:
    return lambda: any(
        found["id"] == step and found["outcome"] is not None for found in desk.status()["procedures"][0]["steps"]
    )


def test_a_rollback_from_its_start_to_its_end(desk: Desk) -> None:
    desk.new_trusted()
    refused = desk("rollback")
    assert (refused.code, "--yes" in refused.err) == (3, True)
    assert desk.run.state.head_seq == 1

    waiting = desk("rollback", "--yes", "--why", "errors")
    assert (waiting.code, waiting.out) == (7, "")
    assert waiting.err.endswith("“Alert somebody” is a person's; when it is done: qudag-tui mark alert --run r1\n")
    facts = [type(event.fact) for event in desk.run.events]
    assert facts[1:4] == [ev.SupervisorStarted, ev.ExecutionRequested, ev.RequestClaimed]

    again = desk("rollback", "--yes")
    assert (again.code, "“rollback” is running" in again.err) == (3, True)

    following = desk.process("log", "--follow", "--run", "r1")
    assert desk("mark", "alert").code == 0
    until(finished(desk, "recovery"), "the watch ends")
    assert desk("output", "flags", "--follow") == Answer(0, "flags off\nof v2\n", "the attempt ended: passed\n")
    until(lambda: desk.status()["procedures"][0]["outcome"] == "passed", "the rollback passes")
    assert desk("close", "rolled-back").code == 0
    out, _ = following.communicate(timeout=DEADLINE_SECONDS)
    assert b"the rollback ended: passed" in out
    assert following.returncode == 0
    assert desk("verify", "--run", "r1").code == 0


def test_a_script_item_is_followed_to_its_outcome_and_retried(desk: Desk) -> None:
    desk.write(
        (desk.folder / "checklists.toml")
        .read_text()
        .replace('run = ["true"]', 'run = ["sh", "-c", "echo try; test -e fixed"]')
    )
    desk.new_trusted()
    answer = desk("run", "deploy", "--yes")
    assert (answer.code, answer.out) == (7, "try\n")
    assert "“Deploy” failed; it waits for one of: qudag-tui retry deploy --run r1" in answer.err
    (desk.folder / "fixed").touch()
    assert desk("retry", "deploy").code == 0
    assert {item["id"]: item["state"] for item in desk.status()["items"]}["deploy"] == "done"


def test_an_abort_ends_it_with_one(desk: Desk) -> None:
    desk.write((desk.folder / "checklists.toml").read_text().replace('run = ["true"]', 'run = ["sleep", "600"]'))
    desk.new_trusted()
    process = desk.process("run", "deploy", "--yes", "--wait")
    until(lambda: any(isinstance(event.fact, ev.StepStarted) for event in desk.run.events), "the step starts")
    assert desk("abort").code == 0
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1


def test_what_waited_since_a_restart_goes_on_with_resume(desk: Desk) -> None:
    desk.new_trusted()
    desk("rollback", "--yes")
    assert desk("supervise", "--stop").code == 0
    marked = desk("mark", "alert")
    assert (marked.code, "qudag-tui resume" in marked.err) == (0, True)
    assert desk("resume").code == 0
    assert desk("resume").code == 3


def test_ticking_a_gate_waits_for_its_look_and_exits_as_it_says(desk: Desk) -> None:
    desk.new()
    judged = desk("tick", "load-ok", "--json")
    assert judged.json["kind"] == "gate judged"
    assert judged.code == {"pass": 0, "fail": 1, "inconclusive": 6, "unknown": 7}[judged.json["verdict"]]
    assert judged.json["verdict"] != "pass", "nothing is known after a moment"
    assert desk.status()["items"][9]["state"] == "open"


def test_ticking_a_soak_starts_the_supervisor_that_completes_it(desk: Desk) -> None:
    desk.new()
    assert desk("tick", "watch").code == 0
    until(lambda: desk.run.state.soaks["watch"].completed is not None, "the soak completes")
    kinds = [type(event.fact) for event in desk.run.events]
    assert kinds[1:3] == [ev.SupervisorStarted, ev.SoakStarted]
    assert ev.GateJudged in kinds
    assert desk.status()["supervisor"]["alive"] is True
    assert desk("supervise").code == 3
    assert desk("supervise", "--stop").code == 0
    assert desk.status()["supervisor"]["alive"] is False
    assert desk("supervise", "--stop") == Answer(0, "", "there is no supervisor\n")


def test_the_first_box_of_the_first_phase_brings_the_supervisor_that_stays(desk: Desk) -> None:
    desk.new()
    assert desk("tick", "talk").code == 0
    assert desk.status()["supervisor"]["alive"] is False
    assert desk("tick", "deploy").code == 0
    assert desk.status()["supervisor"]["alive"] is True


def test_who_begins_the_first_phase_is_there_until_that_is_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before that the supervisor has no reason to stay, and may leave as soon as nobody is there."""
    there: list[tuple[int, bool]] = []
    submit = Session.ask

    def looking(session: Session, intent: Intent) -> ev.Event:
        there.append((len(attached(session.opened)), supervisor_alive(session.opened)))
        return submit(session, intent)

    monkeypatch.setattr(Session, "ask", looking)
    desk.new()

    assert desk("tick", "deploy").code == 0

    assert there == [(1, True)]


def test_supervise_stays_in_the_foreground_until_the_run_is_closed(desk: Desk) -> None:
    desk.new()
    process = desk.process("supervise")
    until(lambda: desk.status()["supervisor"]["alive"], "it starts")
    until(lambda: desk.run.state.supervisor is not None, "it says so")
    assert desk.status()["supervisor"]["pid"] == process.pid
    desk("close", "abandoned")
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0


def test_a_lock_file_that_names_somebody_else_ends_nobody(desk: Desk) -> None:
    folder = desk.new()
    said = {
        "pid": os.getpid(),
        "ticks": start_ticks(os.getpid()),
        "login": "x",
        "since": "2026-11-22T20:00:00Z",
        "purpose": "supervise",
    }
    (folder / "supervisor.lock").write_text(json.dumps(said))
    assert desk("supervise", "--stop").code == 7


@pytest.mark.parametrize(
    "words", [("status",), ("log",), ("gate", "load-ok"), ("verify",), ("tick", "talk"), ("comment", "talk", "x")]
)
def test_what_leaves_no_work_starts_no_supervisor(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    desk(*words)
    assert desk.status()["supervisor"]["alive"] is False
