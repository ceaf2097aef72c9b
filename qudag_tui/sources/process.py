"""One process, found by its pid file or its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.printable import visible
from qudag_tui.run.process import start_ticks
from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.source import SourceError

_MOST_PID_BYTES = 64
_MOST_PID = 2**31 - 1
_MOST_DIGITS = 10
SHORTEST_SECONDS = 0.05


class ProcessSource:
    """The process whose number stands in a pid file, or the oldest one of a name.

    A pid file is read afresh each time. Which process it is, is told by pid and raw start ticks, so that a pid that
    was given to another process is another process: its CPU share begins anew.
    """

    def __init__(self, *, pid_file: Path | None = None, name: str = "") -> None:
        """Exactly one of ``pid_file`` and ``name`` is given."""
        self._pid_file = pid_file
        self._name = name
        self._found: tuple[int, int] | None = None
        self._cpu: tuple[int, float] | None = None

    async def read(self, at: Instant) -> Mapping[str, float]:
        """The process's series; the CPU share is of one core, and since the last read."""
        return await off_loop(lambda: self._read(at))

    def _read(self, at: Instant) -> Mapping[str, float]:
        pid, ticks = self._identify()
        if self._found != (pid, ticks):
            self._found, self._cpu = (pid, ticks), None
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                values = {
                    "memory_bytes": float(process.memory_info().rss),
                    "threads": float(process.num_threads()),
                    "uptime_seconds": max(0.0, at.boot_ns / NANOSECONDS - ticks / os.sysconf("SC_CLK_TCK")),
                }
            busy = times.user + times.system
            with suppress(psutil.AccessDenied):  # of somebody else's process everything but this may be read
                values["open_files"] = float(process.num_fds())
        except (psutil.Error, OSError) as error:
            raise SourceError(self._gone()) from error
        if start_ticks(pid) != ticks:
            raise SourceError(self._gone())
        if self._cpu is not None:
            elapsed = (at.boot_ns - self._cpu[0]) / NANOSECONDS
            if elapsed >= SHORTEST_SECONDS:
                values["cpu_percent"] = max(0.0, 100.0 * (busy - self._cpu[1]) / elapsed)
        self._cpu = (at.boot_ns, busy)
        return values

    def _identify(self) -> tuple[int, int]:
        if self._pid_file is not None:
            pid = _read_pid(self._pid_file)
            ticks = start_ticks(pid)
            if not ticks:
                raise SourceError(self._gone(pid))
            return pid, ticks
        if self._found is not None and start_ticks(self._found[0]) == self._found[1]:
            return self._found
        named = [
            (start_ticks(process.pid), process.pid)
            for process in psutil.process_iter(["name"])
            if process.info["name"] == self._name
        ]
        alive = sorted((ticks, pid) for ticks, pid in named if ticks)
        if not alive:
            raise SourceError(self._gone())
        return alive[0][1], alive[0][0]

    def _gone(self, pid: int = 0) -> str:
        if self._pid_file is None:
            return f"process gone: none has the name {visible(self._name)}"
        return f"process gone: {visible(self._pid_file.name)} names {pid or 'one that ended'}"


def _read_pid(path: Path) -> int:
    """The number in a pid file; only a regular file is read, and not more than a number takes."""
    name = visible(path.name)
    try:
        # Opening a FIFO to read waits for a writer, unless it is told not to.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"the pid file {name} cannot be read: {reason}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SourceError(f"the pid file {name} is no regular file")
        content = os.read(descriptor, _MOST_PID_BYTES + 1)
    except OSError as error:
        raise SourceError(f"the pid file {name} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    word = content.strip()
    # What else it may hold stays where it is: a checklist file could name any file of this login.
    if (
        len(content) > _MOST_PID_BYTES
        or not word.isdigit()
        or len(word) > _MOST_DIGITS
        or not 0 < int(word) <= _MOST_PID
    ):
        raise SourceError(f"the pid file {name} holds no process number")
    return int(word)
