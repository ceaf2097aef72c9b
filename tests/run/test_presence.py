"""Who is attached."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from qudag_tui.run.error import LockTimeout
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.lock import Lock
from qudag_tui.run.presence import attach, attached
from tests.run.builder import ANA, BO, new_run

# Every process that forks here has one thread that matters; from Python 3.12 on it warns of any other (xdist's, say).
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return new_run(tmp_path).folder


def test_who_is_attached_is_listed_until_they_leave(folder: RunFolder) -> None:
    with attach(folder, ANA):
        with attach(folder.path, BO):
            assert [(one.by, one.login, one.host, one.tty, one.pid) for one in attached(folder)] == [
                ("ana", "ana", "ops1", "/dev/pts/3", os.getpid()),
                ("bo", "bo", "ops2", "", os.getpid()),
            ]
        assert [one.by for one in attached(folder)] == ["ana"]
    assert attached(folder) == []
    assert list(folder.presence.iterdir()) == []


def test_the_dead_are_not_listed_and_what_they_left_is_removed(folder: RunFolder) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            presence = attach(folder, BO)
            assert presence.is_held
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(pid, 0)
    left = list(folder.presence.iterdir())

    assert (len(left), attached(folder)) == (1, [])
    assert list(folder.presence.iterdir()) == []


def test_leaving_twice_is_leaving_once(folder: RunFolder) -> None:
    presence = attach(folder, ANA)
    presence.close()
    presence.close()

    assert Lock(folder, "presence.lock").try_acquire()


def test_while_a_supervisor_leaves_nobody_gets_in(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qudag_tui.run.presence._ATTACH_SECONDS", 0.01)
    leaving = Lock(folder, "presence.lock")
    leaving.acquire(0, purpose="leave")

    with pytest.raises(LockTimeout, match=f"process {os.getpid()} .* to leave"):
        attach(folder, ANA)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"by": 1}', "\x00"])
def test_a_file_that_says_nonsense_is_nobody(folder: RunFolder, text: str) -> None:
    (folder.presence / "1-x").write_text(text)

    assert attached(folder) == []
