"""The way out where nothing can be recorded: a person at a terminal, the same shim, and honest words."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from tests.cli.desk import Desk
from tests.cli.terminal import Terminal
from tests.run.builder import small_disk
from tests.waiting import until

STEPS = """
title = "A deployment"
[metrics.cpu]
gauge = "host:cpu_percent"
[[checklists]]
title = "Day"
items = [{ id = "deploy", text = "Deploy", run = ["sleep", "600"] }]

[[procedures.rollback.steps]]
id = "alert"
text = "Alert somebody"
[[procedures.rollback.steps]]
id = "flags"
text = "Flags off"
run = ["sh", "-c", "echo flags off of $QUDAG_TUI_RELEASE in $QUDAG_TUI_RUN; test -e ok"]
[[procedures.rollback.steps]]
id = "recovery"
text = "Recovered"
until = "cpu < 101%"
within = "10m"
[[procedures.rollback.steps]]
id = "if-not"
text = "If not"
unless = "recovery"
steps = [{ id = "code", text = "Old code", run = ["sh", "-c", "echo old code"], confirm = true, required = true }]
"""


def desk_with_run(desk: Desk) -> Desk:
    desk.write(STEPS)
    desk.new_trusted()
    return desk


def test_it_needs_a_terminal_whatever_else_is_said(desk: Desk) -> None:
    desk_with_run(desk)
    answer = desk("rollback", "--unrecorded", "--yes")
    assert answer.code == 3
    assert "--unrecorded needs a person at a terminal" in answer.err


def test_nothing_runs_without_the_code_and_nothing_of_an_untrusted_file(desk: Desk) -> None:
    desk_with_run(desk)
    terminal = Terminal(desk, "rollback", "--unrecorded", "--yes")
    terminal.answers(" to start:", "y")
    assert terminal.end() == 3
    desk("trust", "--revoke")
    untrusted = Terminal(desk, "rollback", "--unrecorded")
    assert untrusted.end() == 3
    assert "is not trusted: nothing runs, unrecorded neither" in untrusted.shown


def test_every_step_is_asked_for_or_run_and_nothing_is_in_the_journal(desk: Desk) -> None:
    desk_with_run(desk)
    before = (desk.folder / "runs/r1/progress.toml").read_bytes()
    terminal = Terminal(desk, "rollback", "--unrecorded", "--why", "the disk is full")
    terminal.sees("Nothing of this is recorded in the run")
    terminal.sees("Roll back v2 to v1, unrecorded")
    terminal.types_the_code()
    terminal.sees("“Alert somebody” is yours.")
    terminal.answers("[d] done  [f] failed  [s] skip  [a] abort:", "x")
    terminal.answers("[a] abort:", "d")
    terminal.sees("flags off of v2 in r1")
    terminal.sees("“Flags off” failed")
    (desk.folder / "ok").touch()
    terminal.answers("[r] retry  [s] skip  [m] mark as passed  [a] abort:", "r")
    terminal.sees("flags off of v2 in r1")
    terminal.sees("cpu < 101% within 10 min. Nothing is measured here")
    terminal.answers("[a] abort:", "n")
    terminal.sees("“Old code” is to be confirmed before it starts.")
    terminal.answers("[c] confirm  [a] abort:", "c")
    terminal.types_the_code("to start it:")
    terminal.sees("old code")
    terminal.sees("Rollback of run r1, not recorded by the tool; by ana")
    terminal.sees("It is passed.")
    terminal.sees("Nothing of this is recorded in the run")
    assert terminal.end() == 0
    assert (desk.folder / "runs/r1/progress.toml").read_bytes() == before
    logs = sorted(path.name for path in (desk.folder / "runs/r1/logs").iterdir())
    assert [name.rpartition("-")[2] for name in logs] == ["code.1.log", "flags.1.log", "flags.2.log"]


def test_a_terminal_that_goes_away_starts_nothing_more(desk: Desk) -> None:
    desk_with_run(desk)
    terminal = Terminal(desk, "rollback", "--unrecorded")
    terminal.types_the_code()
    terminal.sees("[a] abort:")
    os.write(terminal.descriptor, b"\x04")
    assert terminal.end() == 7
    assert "It is left unfinished." in terminal.shown


def test_a_step_is_ended_by_ctrl_c_and_the_person_decides(desk: Desk) -> None:
    desk.write(STEPS.replace("test -e ok", "sleep 600"))
    desk.new_trusted()
    terminal = Terminal(desk, "rollback", "--unrecorded")
    terminal.types_the_code()
    terminal.answers("[a] abort:", "done")
    terminal.sees("flags off of v2")
    os.write(terminal.descriptor, b"\x03")
    terminal.sees("“Flags off” cancelled.")
    terminal.answers("[a] abort:", "a")
    terminal.sees("It is cancelled.")
    assert terminal.end() == 1


def test_on_a_read_only_disk_it_runs_with_its_output_in_memory(desk: Desk, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        desk.write(STEPS.replace("test -e ok", "true"))
        runs = disk / "runs"
        (disk / "checklists.toml").write_text(STEPS)
        desk("new", "--release", "v2", "--id", "r1", "--runs-dir", str(runs))
        desk("trust", "--yes")
        assert os.system(f"mount -o remount,ro {disk}") == 0
        try:
            dry = desk("rollback", "--dry-run", "--run", str(runs / "r1"))
            assert (dry.code, "echo flags off" in dry.out) == (0, True)
            assert desk("run", "deploy", "--dry-run", "--run", str(runs / "r1")).code == 0
            assert desk("rollback", "--dry-run", "--file", str(disk / "checklists.toml")).code == 0
            refused = desk("rollback", "--yes", "--run", str(runs / "r1"))
            assert refused.code in {3, 5}
            assert "the way out is: qudag-tui rollback --unrecorded --run r1" in refused.err
            terminal = Terminal(desk, "rollback", "--unrecorded", "--run", str(runs / "r1"))
            terminal.types_the_code()
            terminal.answers("[a] abort:", "d")
            terminal.sees("flags off of v2 in r1")
            terminal.answers("[a] abort:", "y")
            terminal.sees("It is passed.")
            assert terminal.end() == 0
        finally:
            assert os.system(f"mount -o remount,rw {disk}") == 0


def test_on_a_full_disk_every_line_of_its_output_is_seen(desk: Desk, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        desk.write(STEPS.replace("test -e ok", "true"))
        runs = disk / "runs"
        desk("new", "--release", "v2", "--id", "r1", "--runs-dir", str(runs))
        desk("trust", "--yes")
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * 4096)
        terminal = Terminal(desk, "rollback", "--unrecorded", "--run", str(runs / "r1"))
        terminal.types_the_code()
        terminal.answers("[a] abort:", "d")
        terminal.sees("flags off of v2 in r1")
        terminal.answers("[a] abort:", "y")
        assert terminal.end() == 0
        assert list((runs / "r1" / "logs").iterdir()) == []


def test_without_a_journal_the_checklist_file_is_enough(desk: Desk) -> None:
    desk_with_run(desk)
    (desk.folder / "runs/r1/progress.toml").write_bytes(b"\0" * 100)
    broken = Terminal(desk, "rollback", "--unrecorded", "--run", "r1")
    assert broken.end() in {2, 4}
    assert "--file FILE" in broken.shown
    (desk.folder / "ok").touch()
    terminal = Terminal(desk, "rollback", "--unrecorded", "--file", "checklists.toml")
    terminal.types_the_code()
    terminal.answers("[a] abort:", "d")
    terminal.answers(" left.", "y")
    assert terminal.end() == 0


def test_what_the_record_says_has_passed_is_not_run_again_unasked(desk: Desk) -> None:
    desk.write(STEPS.replace("cpu < 101%", "cpu > 101%"))
    desk.new_trusted()
    (desk.folder / "ok").touch()
    process = desk.process("rollback", "--yes", "--no-wait")
    process.communicate(timeout=60)
    desk("mark", "alert")
    until(lambda: any(isinstance(event.fact, ev.WatchStarted) for event in desk.run.events), "the watch starts")
    refused = Terminal(desk, "rollback", "--unrecorded")
    assert refused.end() == 3
    assert "supervise --stop" in refused.shown
    desk("supervise", "--stop")
    terminal = Terminal(desk, "rollback", "--unrecorded")
    terminal.types_the_code()
    terminal.answers("[a] abort:", "d")
    terminal.sees("The record says that “Flags off” passed")
    terminal.answers("[r] run it again  [s] skip:", "s")
    terminal.answers("left", "y")
    assert terminal.end() == 0


def test_a_step_that_still_runs_since_the_supervisor_left_is_stopped_first(desk: Desk) -> None:
    desk_with_run(desk)
    process = desk.process("run", "deploy", "--yes")
    until(lambda: any(isinstance(event.fact, ev.StepStarted) for event in desk.run.events), "the step starts")
    desk("supervise", "--stop")
    process.communicate(timeout=60)
    terminal = Terminal(desk, "rollback", "--unrecorded")
    terminal.sees("Stops first: “Deploy”")
    terminal.types_the_code()
    terminal.sees("is yours")
    started = next(event.fact for event in desk.run.events if isinstance(event.fact, ev.StepStarted))
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)
    terminal.answers("[a] abort:", "a")
    assert terminal.end() == 1
