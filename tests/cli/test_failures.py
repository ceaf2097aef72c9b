"""Whatever goes wrong: one message, the right exit code, never a traceback, nothing claimed as saved."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from qudag_tui.cli import status
from qudag_tui.cli.exit_code import ExitCode, signalled
from qudag_tui.cli.failure import EXIT_CODES
from qudag_tui.core.refusal import Because
from qudag_tui.run.disk import Disk
from tests.cli.desk import Desk


def test_every_reason_for_a_refusal_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(Because)


def test_the_exit_codes_are_those_of_the_design() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "NO": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "NOT_FOUND": 4,
        "CANNOT_WRITE": 5,
        "INCONCLUSIVE": 6,
        "UNKNOWN": 7,
    }
    assert signalled(2) == 130


def test_an_error_that_nobody_foresaw_leaves_a_private_file_without_values(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(_arguments: object) -> int:
        token = "hunter2"  # a value that must not be written anywhere
        raise ZeroDivisionError(len(token))

    monkeypatch.setattr(status, "run", explode)
    answer = desk("status")
    assert (answer.code, answer.out) == (7, "")
    assert answer.err.startswith("qudag-tui: a fault of the program (ZeroDivisionError): the details are in ")
    assert "Traceback" not in answer.err
    path = Path(answer.err.partition("are in ")[2].partition(";")[0])
    text = path.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in text
    assert "hunter2" not in text.replace('token = "hunter2"', "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


LOOKING = [
    ["status"],
    ["status", "--json"],
    ["status", "--tmux"],
    ["info"],
    ["log"],
    ["verify"],
    ["rollback", "--dry-run"],
]


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_a_checklist_file_that_became_a_loop_of_links_keeps_nobody_from_looking(desk: Desk, words: list[str]) -> None:
    desk.new()
    file = desk.folder / "checklists.toml"
    file.unlink()
    file.symlink_to(file)

    answer = desk(*words, *([] if words == ["info"] else ["--run", "r1"]))
    assert (answer.code, "a fault of the program" in answer.err) == (0, False), answer.err


def test_a_loop_of_links_is_no_checklist_file_whatever_is_asked_of_it(desk: Desk) -> None:
    (desk.folder / "loop").symlink_to("loop")

    assert [desk(*words).code for words in (["check", "loop"], ["trust", "loop"], ["loop"])] == [5, 5, 4]
    assert desk("trust", "--revoke", "loop").err == "loop was not trusted\n"


def test_a_forged_journal_that_names_a_file_with_a_nul_can_be_looked_at(desk: Desk) -> None:
    journal = desk.new() / "progress.toml"
    named = f'file = "{desk.folder}/checklists.toml"'
    assert named in journal.read_text()
    journal.write_text(journal.read_text().replace(named, f'file = "{desk.folder}/check\\u0000lists.toml"'))

    answer = desk("status", "--json")
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize("time", ["9999-12-31T23:59Z", "0001-01-01T00:00+14:00", "1812-09-07"])
def test_a_time_near_the_ends_of_the_calendar_is_wrong_usage(desk: Desk, time: str) -> None:
    answer = desk("new", "--release", "v2", "--at", time)

    assert (answer.code, f"'{time}' is no time" in answer.err) == (2, True)


def test_an_argument_without_end_is_not_repeated_without_end(desk: Desk) -> None:
    answer = desk("undo", "x" * 1_000_000)

    assert (answer.code, "unrecognized arguments: xxx" in answer.err, len(answer.err) < 5_000) == (2, True, True)


def test_an_interrupt_is_130(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "run", interrupt)
    answer = desk("status")
    assert (answer.code, answer.out, answer.err) == (130, "", "")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_what_the_disk_does_not_take_is_five_and_not_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    desk.new()

    def fail(_disk: Disk, _descriptor: int, *_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(Disk, "fsync", fail)
        answer = desk("tick", "talk")
    assert (answer.code, answer.out) == (5, "")
    assert "not saved" in answer.err
    assert desk.status()["counts"]["done"] == 1
    assert desk("tick", "talk").code == 0


def test_text_that_is_no_utf8_is_refused_as_usage(desk: Desk) -> None:
    desk.new()
    answer = desk("comment", "talk", os.fsdecode(b"\xff"))
    assert (answer.code, answer.out) == (2, "")
    assert desk.run.state.head_seq == 1


def test_a_run_of_a_newer_version_is_read_only(desk: Desk) -> None:
    folder = desk.new()
    journal = folder / "progress.toml"
    journal.write_text(journal.read_text().replace('kind = "run created"', 'kind = "run created"'))
    desk("tick", "talk")
    journal.write_text(journal.read_text().replace('kind = "item ticked"', 'kind = "item teleported"'))
    assert "read-only" in desk("status").out
    answer = desk("tick", "backup")
    assert (answer.code, "update qudag-tui" in answer.err) == (3, True)


def test_a_word_that_is_nearly_a_verb_is_told_apart_from_a_file(desk: Desk) -> None:
    answer = desk("stauts")
    assert (answer.code, answer.err) == (2, "qudag-tui: there is no file stauts: did you mean qudag-tui status?\n")
    assert desk("other.toml").code == 4


def test_the_screen_needs_a_terminal(desk: Desk) -> None:
    desk.new()
    answer = desk()
    assert (answer.code, answer.out) == (2, "")
    assert "needs a terminal" in answer.err


def test_a_file_with_errors_is_not_opened(desk: Desk) -> None:
    desk.write("nonsense = 1\n")
    assert desk().code == 2
