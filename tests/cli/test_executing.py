"""Confirming, undoing, marking in the middle and reading what failed, with a real supervisor and no terminal."""

from __future__ import annotations

import json

import pytest

from qudag_tui.core import event as ev
from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.waiting import until

STEPS = """
title = "A deployment"
[[checklists]]
title = "Day"
items = [{ id = "deploy", text = "Deploy", run = ["sh", "-c", "echo did >> log"], undo = ["sh", "-c", "echo undid >> log"], confirm = true }]

[[procedures.rollback.steps]]
id = "flags"
text = "Flags off"
run = ["sh", "-c", "echo off >> log"]
undo = ["sh", "-c", "echo on >> log"]
[[procedures.rollback.steps]]
id = "code"
text = "Old code"
run = ["sh", "-c", "echo one; echo two; echo no such release; test -e ok"]
undo = ["sh", "-c", "echo new code >> log"]
confirm = true
[[procedures.rollback.steps]]
id = "report"
text = "Report"
"""


@pytest.fixture
def run(desk: Desk) -> Desk:
    """A desk with a trusted run."""
    desk.write(STEPS)
    desk.new_trusted()
    return desk


def lines(desk: Desk) -> list[str]:
    path = desk.folder / "log"
    return path.read_text().splitlines() if path.exists() else []


def test_a_rollback_is_confirmed_fails_is_told_with_its_last_lines_and_is_undone(run: Desk) -> None:
    waiting = run("rollback", "--yes")
    assert waiting.code == 7
    assert waiting.err.endswith("“Old code” is to be confirmed before it starts: qudag-tui resume --run r1\n")
    assert "waits for a confirmation of “Old code” (code)" in run("status").out
    assert run.status()["procedures"][0]["waits_for_confirmation"] is True
    refused = run("resume")
    assert (refused.code, "--yes does it" in refused.err) == (3, True)

    failed = run("resume", "--yes", "--json")
    assert failed.code == 7
    assert [json.loads(line).get("kind", "end") for line in failed.out.splitlines()] == ["step confirmed", "end"]
    assert "“Old code” failed, exit code 1 after " in failed.err
    assert "  | one\n  | two\n  | no such release\n" in failed.err
    step = run.status()["procedures"][0]["steps"][1]
    assert (step["outcome"], step["code"], step["last_line"], step["confirmed"]) == (
        "failed",
        1,
        "no such release",
        "ana",
    )
    assert "it last wrote: no such release" in run("status").out

    dry = run("rollback", "--undo", "--dry-run")
    assert [line for line in dry.out.splitlines() if line.startswith("# ")] == [
        "# 1. Undo: Old code  [code:undo]",
        "# 2. Undo: Flags off  [flags:undo]",
    ]
    undone = run("rollback", "--undo", "--yes", "--why", "worse than before")
    assert undone.code == 0
    assert "asked for the undo of the rollback and stopped what ran: “worse than before”" in run("log").out
    assert lines(run) == ["off", "new code", "on"]
    procedure = run.status()["procedures"][0]
    assert [step["undone"] for step in procedure["steps"]] == [True, True, False]
    assert (procedure["undo"]["outcome"], [step["id"] for step in procedure["undo"]["steps"]]) == (
        "passed",
        ["code:undo", "flags:undo"],
    )
    assert run("output", "code:undo").code == 0
    again = run("rollback", "--undo", "--yes")
    assert (again.code, "nothing of “rollback” can be taken back" in again.err) == (3, True)
    closed = run("close", "rolled-back")
    assert (closed.code, "--why TEXT gives it" in closed.err) == (3, True)
    assert run("close", "rolled-back", "--why", "by hand").code == 0


def test_an_item_is_confirmed_by_its_start_and_undone(run: Desk) -> None:
    assert run("run", "deploy", "--yes").code == 0
    assert run("run", "deploy", "--undo", "--yes").code == 0
    assert lines(run) == ["did", "undid"]
    assert run.status()["items"][0]["state"] == "open"
    assert run("run", "deploy", "--undo", "--dry-run").code == 3


def test_what_is_stopped_first_without_being_asked_about_is_named(run: Desk) -> None:
    assert run("rollback", "--yes").code == 7
    stopping = run("run", "deploy", "--yes")
    assert (stopping.code, stopping.err.splitlines()[0]) == (0, "stops first: rollback, at “Old code”")
    assert run.status()["procedures"][0]["outcome"] == "cancelled"


def test_marking_records_and_follows_only_where_that_is_asked_for(run: Desk) -> None:
    (run.folder / "ok").touch()
    run("rollback", "--yes")
    assert run("resume", "--yes").code == 7
    too_early = run("mark", "flags", "--why", "x")
    assert (too_early.code, "does not wait for anybody: “Report” comes first" in too_early.err) == (3, True)
    assert run("skip", "code", "--why", "x").code == 3
    assert run("mark", "report", "--wait").code == 0
    assert run.status()["procedures"][0]["outcome"] == "passed"
    assert run("close", "rolled-back").code == 0


def test_marking_goes_on_at_once_with_no_wait(run: Desk) -> None:
    (run.folder / "ok").touch()
    run("rollback", "--yes")
    run("resume", "--yes")
    assert run("mark", "report", "--no-wait").code == 0
    until(lambda: run.status()["procedures"][0]["outcome"] == "passed", "it passes")


def test_a_confirmation_is_typed_at_a_terminal_and_anything_else_starts_nothing(run: Desk) -> None:
    run("rollback", "--yes")
    terminal = Terminal(run, "resume", "--no-wait")
    terminal.sees("“Old code” starts once it is confirmed.")
    terminal.answers("to start it:", "yes")
    assert terminal.end() == 3
    assert not any(isinstance(event.fact, ev.StepConfirmed) for event in run.run.events)
    terminal = Terminal(run, "resume", "--no-wait")
    terminal.types_the_code("to start it:")
    assert terminal.end() == 7
    assert any(isinstance(event.fact, ev.StepConfirmed) for event in run.run.events)


def test_after_a_restart_resuming_is_no_confirmation(run: Desk) -> None:
    run("rollback", "--yes")
    assert run("supervise", "--stop").code == 0
    first = run("resume", "--yes")
    assert (first.code, "is to be confirmed" in first.err) == (7, True)
    assert not any(isinstance(event.fact, ev.StepConfirmed) for event in run.run.events)
    run("resume", "--yes")
    assert any(isinstance(event.fact, ev.StepConfirmed) for event in run.run.events)


def test_status_and_info_say_who_executes_since_when_and_what_for(run: Desk) -> None:
    assert run("info", "--json").json["supervisor"] == "none"
    run("rollback", "--yes")
    until(lambda: run.status()["supervisor"]["purpose"] != "supervise", "it says what it is held for")
    alive = run.status()["supervisor"]
    assert alive["purpose"] == "supervise, now to execute rollback, which waits for a person: “Old code”"
    said = f"process {alive['pid']} of "
    assert said in run("status").out
    assert run("info", "--json").json["supervisor"].startswith(said)
    assert run("info", "--json").json["supervisor"].endswith(f", to {alive['purpose']}")
    assert alive["purpose"] in run("supervise").err


@pytest.mark.parametrize("words", [("--undo", "--unrecorded"), ("--undo", "--file", "x"), ("--file", "x")])
def test_what_makes_no_sense_together_is_wrong_usage(run: Desk, words: tuple[str, ...]) -> None:
    assert run("rollback", *words).code == 2


def test_who_starts_a_procedure_by_the_plan_is_named_before_the_code(desk: Desk) -> None:
    first = "[[procedures.rollback.steps]]"
    desk.write(STEPS.replace(first, f'[procedures.rollback]\nstarted_by = ["QA Lead"]\n{first}', 1))
    desk.new()
    assert desk("trust", "--yes").code == 0
    terminal = Terminal(desk, "rollback")
    assert "  The plan names who starts it: QA Lead.\r\n" in terminal.sees("to start:")
    terminal.type("")
    assert terminal.end() == 3
