"""Lock files: who has them, who waits, and how one is handed to a child."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.core.event import Event
from qudag_tui.core.intent import Tick
from qudag_tui.run.error import LockTimeout, RunRefused
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.journal import Journal
from qudag_tui.run.lock import Lock, read_holder
from tests.run.builder import ANA, new_run

NAME = "journal.lock"

# Every process that forks here has one thread that matters; from Python 3.12 on it warns of any other (xdist's, say).
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", "r1")


def child(work: Callable[[], None]) -> int:
    """Fork a process that does ``work`` and ends; its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def test_a_lock_is_held_by_one_until_it_is_given_back(folder: RunFolder) -> None:
    mine, theirs = Lock(folder, NAME), Lock(folder, NAME)
    mine.acquire(0)

    assert not theirs.try_acquire()
    mine.release()
    assert theirs.try_acquire()
    assert not mine.is_held


def test_many_share_a_lock_and_nobody_has_it_alone_meanwhile(folder: RunFolder) -> None:
    one, two, alone = Lock(folder, NAME), Lock(folder, NAME), Lock(folder, NAME)

    assert one.try_acquire(shared=True)
    assert two.try_acquire(shared=True)
    assert not alone.try_acquire()
    one.release()
    two.release()
    assert alone.try_acquire()
    assert not one.try_acquire(shared=True)


def test_waiting_too_long_names_the_holder(folder: RunFolder) -> None:
    holder = Lock(folder, NAME)
    holder.acquire(0, purpose="append")
    said = read_holder(folder, NAME)
    assert said is not None

    with pytest.raises(LockTimeout) as caught:
        Lock(folder, NAME).acquire(0.01)

    assert str(caught.value) == (
        f"{folder.journal_lock}: could not be taken within 0.01 s: process {os.getpid()} ({said.login}) has held it "
        f"since {said.since[11:19]} UTC to append: wait for that process, continue it if it is stopped, or end it"
    )


def test_a_holder_that_was_stopped_is_named_and_work_goes_on_after_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)

    def take_and_stop() -> None:
        with Journal(run.folder).lock("append"):
            os.kill(os.getpid(), signal.SIGSTOP)

    pid = child(take_and_stop)
    os.waitpid(pid, os.WUNTRACED)
    try:
        with pytest.raises(LockTimeout, match=f"process {pid} "), Journal(run.folder).lock(timeout_seconds=0.05):
            pytest.fail("two had the lock")
        assert run.catch_up() == []
    finally:
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)

    assert isinstance(run.submit(Tick("pre/item-0"), ANA), Event)


def test_a_holder_that_was_killed_holds_nothing(folder: RunFolder) -> None:
    def take_and_die() -> None:
        Lock(folder, NAME).acquire(0)
        os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(child(take_and_die), 0)

    assert Lock(folder, NAME).try_acquire()


def test_a_lock_says_what_its_holder_does_just_now_and_nobody_else_says_it_for_them(folder: RunFolder) -> None:
    lock = Lock(folder, NAME)
    lock.acquire(0, purpose="supervise")
    named = read_holder(folder, NAME)
    assert named is not None
    lock.say_doing("execute rollback: “" + "\x1b\U0001f600" * 100)
    assert folder.journal_lock.stat().st_size == 1024
    busy = read_holder(folder, NAME)

    assert busy is not None
    assert busy == named, "whoever waits until a holder has left compares them"
    assert str(busy).startswith(f"process {os.getpid()} ({named.login}) has held it since ")
    assert " UTC to supervise, now to execute rollback: “\x1b" in str(busy)
    lock.name_holder("supervise", os.getppid())
    other = read_holder(folder, NAME)
    assert other is not None
    assert other.aim == "supervise", "what the one before said is not taken for the word of another"
    lock.name_holder("supervise")
    lock.say_doing("")
    again = read_holder(folder, NAME)
    assert again is not None
    assert again.aim == "supervise"


def test_what_a_holder_does_is_left_out_where_it_is_half_written(folder: RunFolder) -> None:
    lock = Lock(folder, NAME)
    lock.acquire(0, purpose="supervise")
    lock.say_doing("execute rollback")
    data = folder.journal_lock.read_bytes()
    folder.journal_lock.write_bytes(data[:280])

    holder = read_holder(folder, NAME)
    assert holder is not None
    assert holder.aim == "supervise"


def test_a_lock_handed_over_is_held_by_the_child_until_it_ends(folder: RunFolder) -> None:
    lock = Lock(folder, NAME)
    lock.acquire(0)
    wait, go = os.pipe()

    def hold() -> None:
        os.close(go)
        adopted = Lock.adopt(folder, NAME, lock.descriptor, "supervise")
        os.read(wait, 1)
        adopted.release()

    pid = child(hold)
    lock.hand_over()

    assert not Lock(folder, NAME).try_acquire()
    os.write(go, b"x")
    os.waitpid(pid, 0)
    holder = read_holder(folder, NAME)
    assert (holder.pid, holder.purpose, holder.is_alive()) == (pid, "supervise", False) if holder else False
    assert Lock(folder, NAME).try_acquire()
    os.close(wait)
    os.close(go)


def test_a_lock_on_a_file_that_was_deleted_keeps_nobody_out_and_is_not_taken_for_one(folder: RunFolder) -> None:
    first = Lock(folder, NAME)
    first.acquire(0)
    folder.journal_lock.unlink()
    second = Lock(folder, NAME)
    assert second.try_acquire()

    assert not Lock(folder, NAME).try_acquire()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\x00" * 20, '{"pid": "x"}', "[" * 100_000])
def test_a_lock_file_that_says_nonsense_names_nobody(folder: RunFolder, text: str) -> None:
    folder.journal_lock.write_text(text)

    assert read_holder(folder, NAME) is None


def test_a_lock_file_that_is_a_pipe_is_refused_and_not_waited_for(folder: RunFolder) -> None:
    os.mkfifo(folder.journal_lock)

    with pytest.raises(RunRefused, match="it is no regular file"):
        Lock(folder, NAME).acquire(0)
