"""On a real terminal: signals, a dead link, a stalled one, colours, and the bytes of a key."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from qudag_tui.core.event import ItemTicked
from qudag_tui.core.intent import Tick
from qudag_tui.run.folder import JOURNAL_LOCK
from qudag_tui.run.lock import Lock
from qudag_tui.run.witness import read_witness
from qudag_tui.tui.leaving import read_left
from tests.tui.deployment import SHIPPED, Deployment
from tests.tui.stalling import stall
from tests.tui.terminal import PATIENCE_SECONDS, PROGRAM, REPOSITORY, Terminal
from tests.waiting import until

LEAVES = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l")
COLOURS = re.compile(rb"\x1b\[[0-9;]*\b(?:3[0-79]|4[0-79]|9[0-7]|10[0-7]|38|48)\b[0-9;]*m")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_restores_the_terminal_and_ends_the_program(
    deployment: Deployment, number: signal.Signals, code: int
) -> None:
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("Freeze the code")
        terminal.send(number)

        assert terminal.end() == code
        after = terminal.output[terminal.output.rindex(b"Freeze") :]
        assert [sequence for sequence in LEAVES if sequence not in after] == []
        assert termios.tcgetattr(terminal.follower)[3] == terminal.attributes[3]


@pytest.mark.parametrize("before", ["", "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"])
def test_a_link_that_is_gone_ends_the_program_even_under_nohup(deployment: Deployment, before: str) -> None:
    with Terminal(deployment.folder, before=before) as terminal:
        terminal.wait_for("Freeze the code")
        terminal.hang_up()

        assert terminal.process.wait(PATIENCE_SECONDS) == 129


def test_a_stalled_terminal_does_not_keep_it_alive(deployment: Deployment) -> None:
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("Freeze the code")
        stall(terminal.process.pid)
        terminal.send(signal.SIGTERM)

        assert terminal.process.wait(PATIENCE_SECONDS) == 143
        assert termios.tcgetattr(terminal.follower)[3] == terminal.attributes[3]


def test_what_a_stalled_terminal_was_to_show_was_not_seen(deployment: Deployment) -> None:
    """A dead link takes a moment to be noticed: what happened in it once stood in no recap."""
    created = deployment.run.state.run
    assert created is not None
    often = "from qudag_tui.tui import session; session.NOTE_SECONDS, session.READ_NS = 0.05, -1"
    with Terminal(deployment.folder, before=often) as terminal:
        terminal.wait_for("supervised")
        until(lambda: terminal.read(0.01) or read_left(created.nonce))
        stall(terminal.process.pid)
        ticked = deployment.ask(Tick("before/freeze-the-code"))

        # What the screen knows is noted often, and twice more after it knows of this.
        until(lambda: (known := read_witness(created.nonce)) and known.seq >= ticked.seq)
        for _ in range(2):
            before = read_witness(created.nonce)
            until(lambda before=before: read_witness(created.nonce) != before)  # type: ignore[misc]  # bound at once
        left = read_left(created.nonce)
        assert left is not None
        assert left.seq < ticked.seq

        until(lambda: terminal.quiet(0.01) or ((left := read_left(created.nonce)) and left.seq >= ticked.seq))


def state_of(pid: int) -> str:
    """The letter that the kernel has for what a process does: T if it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_ctrl_z_waits_for_what_is_being_saved_and_stops_with_no_lock_in_its_hands(deployment: Deployment) -> None:
    lock = Lock(deployment.run.folder, JOURNAL_LOCK)
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("Freeze the code")
        terminal.wait_for("supervised")
        pid = terminal.process.pid
        lock.acquire(10, purpose="be in the way")
        # The save is not granted its lock before the key has come, and may not even have asked for it.
        terminal.press("j ")
        terminal.press("\x1a")
        soon = time.monotonic() + 2.0
        while time.monotonic() < soon:
            terminal.read(0.05)
            assert state_of(pid) != "T", "it was stopped in the middle of saving"
        lock.release()
        until(lambda: state_of(pid) == "T")

        assert lock.try_acquire(), "it was stopped with the lock in its hands"
        lock.release()
        deployment.run.catch_up()
        assert any(isinstance(event.fact, ItemTicked) for event in deployment.run.events)
        terminal.output.clear()
        terminal.send(signal.SIGCONT)
        terminal.wait_for("Freeze the code")
        terminal.send(signal.SIGTERM)
        assert terminal.end() == 143


def test_an_escape_in_a_label_is_never_emitted(tmp_path: Path) -> None:
    plan = 'title = "A \\u001b]0;owned\\u0007 title"\n[[checklists]]\ntitle = "Day"\nitems = ["Evil \\u001b[31mred \\u009b41m", "Good"]\n'
    deployment = Deployment(tmp_path, plan)
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("Good")
        terminal.quiet()
        terminal.send(signal.SIGTERM)
        terminal.end()

    assert b"\x1b]0;owned" not in terminal.output
    assert b"\x1b[31mred" not in terminal.output
    assert "\x9b".encode() not in terminal.output
    assert "␛[31mred".encode() in terminal.output


def test_no_color_means_no_colour_codes_at_all(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    with Terminal(deployment.folder, NO_COLOR="1") as terminal:
        terminal.wait_for("Code Readiness")
        for key in ("2", "3", "4", "1", "d", "\x1b"):
            terminal.press(key)
            terminal.quiet(0.1)
        terminal.send(signal.SIGTERM)
        terminal.end()

    assert COLOURS.findall(bytes(terminal.output)) == []


def test_without_colorterm_no_exact_colours_are_sent(deployment: Deployment) -> None:
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("supervised")
        terminal.send(signal.SIGTERM)
        terminal.end()

    assert re.findall(rb"[34]8;[25]", bytes(terminal.output)) == []


def test_a_cursor_key_within_the_screen_takes_at_most_600_bytes(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    sizes = []
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("supervised")
        terminal.quiet(0.6)
        for key in "jjkjjk":
            terminal.press(key)
            sizes.append(terminal.read(5.0) + terminal.quiet(0.04))

    assert max(sizes) <= 600, sizes


def test_the_program_says_so_where_there_is_no_terminal(deployment: Deployment) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=""), str(deployment.folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"},
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr


def test_a_dumb_terminal_is_refused(deployment: Deployment) -> None:
    with Terminal(deployment.folder, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert b"cannot place text" in terminal.output
        assert b"\x1b" not in terminal.output


def test_a_crash_leaves_a_file_for_this_user_alone_and_no_local_variables(deployment: Deployment) -> None:
    before = """
from qudag_tui.tui.widgets.tree import Tree
def crash(self, by):
    token = "hunter" + "2"
    raise RuntimeError("no way")
Tree.move = crash
"""
    with Terminal(deployment.folder, before=before) as terminal:
        terminal.wait_for("Freeze the code")
        terminal.press("j")

        assert terminal.end() == 1
        assert b"nothing is lost of the run" in terminal.output
        assert b"crashes/crash-" in terminal.output
        assert b"hunter2" not in terminal.output
    [kept] = (deployment.folder.parents[1] / "state" / "crashes").glob("crash-*.txt")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "RuntimeError: no way" in kept.read_text()
    assert "hunter2" not in kept.read_text()


def test_an_unreadable_run_is_said_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "runs" / "none"
    empty.mkdir(parents=True)
    with Terminal(empty) as terminal:
        assert terminal.end() == 4
        assert b"qudag-tui: " in terminal.output
