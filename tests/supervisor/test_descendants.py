from __future__ import annotations

import errno
import os
import signal
import subprocess

import pytest

from qudag_tui.supervisor.descendants import descendants, send, ticks_of
from tests.waiting import until


def test_everybody_below_is_found_with_its_start_ticks() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 1000 & wait"]) as shell:
        until(lambda: len(descendants(shell.pid)) == 1)
        [(child, ticks)] = descendants(shell.pid).items()
        below = descendants(os.getpid())

        assert below[shell.pid] == ticks_of(shell.pid)
        assert below[child] == ticks == ticks_of(child)
        assert list(below).index(shell.pid) < list(below).index(child)

        send(child, ticks, signal.SIGKILL)
        shell.wait(30)


def test_a_signal_reaches_only_the_process_that_started_at_those_ticks() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        ticks = ticks_of(process.pid)
        send(process.pid, ticks - 1, signal.SIGKILL)
        send(1 << 22, ticks, signal.SIGKILL)
        send(-process.pid, ticks, signal.SIGKILL)
        assert process.poll() is None

        send(process.pid, ticks, signal.SIGTERM)

        assert process.wait(30) == -signal.SIGTERM


def test_on_an_old_kernel_the_look_at_the_ticks_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", missing)
    with subprocess.Popen(["sleep", "1000"]) as process:
        ticks = ticks_of(process.pid)
        send(process.pid, ticks - 1, signal.SIGKILL)
        send(-process.pid, ticks, signal.SIGKILL)
        assert process.poll() is None

        send(process.pid, ticks, signal.SIGTERM)

        assert process.wait(30) == -signal.SIGTERM
