"""Exactly one supervisor, for everybody who is attached, around every way of its coming and going."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.run import supervision
from qudag_tui.run.error import NotSaved
from qudag_tui.run.folder import PRESENCE_LOCK, RunFolder
from qudag_tui.run.lock import Lock
from qudag_tui.run.presence import attach
from qudag_tui.run.run import Run
from qudag_tui.run.supervision import (
    adopt_supervisor_lock,
    ensure_supervisor,
    leave,
    supervisor_alive,
    supervisor_holder,
    take_supervisor_lock,
)
from tests.run.builder import ANA, new_run

DEADLINE_SECONDS = 10.0
ATTACHES = 1_000
AT_ONCE = 10

# Every process that forks here has one thread that matters; from Python 3.12 on it warns of any other (xdist's, say).
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


def wait_until(condition: Callable[[], bool]) -> bool:
    """Whether the condition came true before a generous deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run(tmp_path)


def unhurried(release: Callable[[Lock], None]) -> Callable[[Lock], None]:
    def release_and_dawdle(lock: Lock) -> None:
        release(lock)
        time.sleep(0.003)

    return release_and_dawdle


def fake(folder: RunFolder, lock: Lock) -> int:
    """Fork a supervisor that does nothing but leave as soon as nobody is attached."""
    pid = os.fork()
    if pid == 0:
        os.closerange(3, lock.descriptor)
        os.closerange(lock.descriptor + 1, 256)
        try:
            # In this process every step of leaving takes long enough for somebody to attach in between.
            Lock.release = unhurried(Lock.release)  # type: ignore[assignment,method-assign]  # a fork's own
            # The folder's own descriptor went with the others.
            mine = RunFolder.open(folder.path)
            own = adopt_supervisor_lock(mine, lock.descriptor)
            while not leave(mine, own, lambda: False):
                time.sleep(0.000_5)
        finally:
            os._exit(0)
    return pid


def test_whoever_comes_first_starts_it_and_it_names_itself(run: Run) -> None:
    with attach(run.folder, ANA) as presence:
        assert not supervisor_alive(run.folder)
        assert ensure_supervisor(run.folder, presence, start=fake)
        assert not ensure_supervisor(run.folder, presence, start=fake)
        holder = supervisor_holder(run.folder)
        assert holder is not None
        assert (holder.purpose, holder.pid != os.getpid()) == ("supervise", True)

    os.waitpid(holder.pid, 0)
    assert not supervisor_alive(run.folder)


def test_a_supervisor_that_was_killed_is_followed_by_another(run: Run) -> None:
    with attach(run.folder, ANA) as presence:
        ensure_supervisor(run.folder, presence, start=fake)
        first = supervisor_holder(run.folder)
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        os.waitpid(first.pid, 0)
        assert not supervisor_alive(run.folder)

        assert ensure_supervisor(run.folder, presence, start=fake)
        second = supervisor_holder(run.folder)
    assert second is not None
    os.waitpid(second.pid, 0)


def test_asking_whether_it_lives_never_takes_its_lock(run: Run) -> None:
    run.folder.supervisor_lock.unlink()

    assert not supervisor_alive(run.folder)
    assert not run.folder.supervisor_lock.exists()


def test_a_presence_that_was_given_up_is_no_presence(run: Run) -> None:
    presence = attach(run.folder, ANA)
    presence.close()

    with pytest.raises(ValueError, match="the presence was given up already"):
        ensure_supervisor(run.folder, presence, start=fake)


def test_one_that_cannot_be_started_leaves_the_lock_free(run: Run) -> None:
    def broken(_folder: RunFolder, _lock: Lock) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    with attach(run.folder, ANA) as presence:
        with pytest.raises(NotSaved, match="no supervisor could be started"):
            ensure_supervisor(run.folder, presence, start=broken)
        assert not supervisor_alive(run.folder)
        lock = take_supervisor_lock(run.folder)
    assert lock is not None


# Leaving


def test_it_stays_while_somebody_is_attached(run: Run) -> None:
    lock = take_supervisor_lock(run.folder)
    assert lock is not None

    with attach(run.folder, ANA):
        assert not leave(run.folder, lock, lambda: False)
        assert lock.is_held
    assert leave(run.folder, lock, lambda: False)
    assert not lock.is_held


def test_it_stays_with_whoever_is_attached_by_a_lock_whose_file_was_deleted(run: Run) -> None:
    lock = take_supervisor_lock(run.folder)
    assert lock is not None

    with attach(run.folder, ANA):
        (run.folder.path / PRESENCE_LOCK).unlink()
        assert not leave(run.folder, lock, lambda: False)
    assert leave(run.folder, lock, lambda: False)


def test_it_stays_while_something_is_pending_and_others_can_attach(run: Run) -> None:
    lock = take_supervisor_lock(run.folder)
    assert lock is not None

    assert not leave(run.folder, lock, lambda: True)
    assert lock.is_held
    attach(run.folder, ANA).close()


def test_it_rereads_while_nobody_can_attach(run: Run) -> None:
    lock = take_supervisor_lock(run.folder)
    assert lock is not None
    seen = []

    def look() -> bool:
        seen.append(Lock(run.folder, "presence.lock").try_acquire(shared=True))
        return False

    assert leave(run.folder, lock, look)
    assert seen == [False]


def test_its_own_lock_is_free_before_anybody_can_attach(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = take_supervisor_lock(run.folder)
    assert lock is not None
    order = []
    release = Lock.release

    def noted(self: Lock) -> None:
        order.append(self._name)
        release(self)

    monkeypatch.setattr(Lock, "release", noted)
    leave(run.folder, lock, lambda: False)

    assert order == ["supervisor.lock", "presence.lock"]


def test_of_a_thousand_attaches_around_its_leaving_none_is_left_without(run: Run) -> None:
    moments = random.Random(11)
    alone = started = 0

    for _ in range(ATTACHES // AT_ONCE):
        pids = []
        for _ in range(AT_ONCE):
            pause, stay = moments.uniform(0, 0.01), moments.uniform(0, 0.004)
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    time.sleep(pause)
                    status = visit(run, stay)
                finally:
                    os._exit(status)
            pids.append(pid)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        alone += sum(code not in {0, 2} for code in codes)
        started += codes.count(2)

    assert alone == 0
    assert started > ATTACHES / 100  # it did leave and come back meanwhile
    assert wait_until(lambda: not supervisor_alive(run.folder))


def visit(run: Run, stay: float) -> int:
    """Attach, see to a supervisor, and stay a while: 0 with one, 2 with one of our own, 1 without."""
    folder = RunFolder.open(run.folder.path)
    with attach(folder, ANA) as presence:
        ours = ensure_supervisor(folder, presence, start=fake)
        if not wait_until(lambda: supervisor_alive(folder)):
            return 1
        time.sleep(stay)
        if not supervisor_alive(folder):
            return 1
    return 2 if ours else 0


# The real start, of a module that tells what it was given


def test_a_supervisor_is_started_detached_with_the_lock_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "MODULE", "tests.run.fake_supervisor")
    extra = os.dup(0)
    os.set_inheritable(extra, True)

    with attach(run.folder, ANA) as presence:
        assert ensure_supervisor(run.folder, presence)
        holder = supervisor_holder(run.folder)
        assert holder is not None
        assert wait_until(lambda: run.folder.supervisor_log.read_text().endswith("\n"))
        said = json.loads(run.folder.supervisor_log.read_text())
    os.close(extra)

    assert said == {
        "pid": holder.pid,
        "session": holder.pid,
        "cwd": str(run.folder.path),
        "safe_path": True,
        "stdin": "/dev/null",
        "stdout": str(run.folder.supervisor_log),
        "stderr": str(run.folder.supervisor_log),
        "others": [str(run.folder.supervisor_lock)],
        "inherits": [],
    }
    assert run.folder.supervisor_log.stat().st_mode & 0o777 == 0o600
    assert wait_until(lambda: not supervisor_alive(run.folder))
