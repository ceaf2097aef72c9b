"""A program on a real pseudo-terminal, with every byte that it writes and when it wrote it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self


class Terminal:
    """Starts ``argv`` on a terminal of ``columns`` by ``rows``; a context manager that ends it."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: str, *, columns: int = 120, rows: int = 36
    ) -> None:
        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            close_fds=True,
        )
        os.close(follower)
        self.output = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            deadline = time.perf_counter() + 5
            while self.process.poll() is None and time.perf_counter() < deadline:
                self.read(0.05)
            self.process.kill()
        self.process.wait()
        os.close(self.leader)

    def read(self, seconds: float) -> int:
        """Take what comes within ``seconds``; the number of bytes, 0 if nothing came or the program is gone."""
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if not ready:
            return 0
        try:
            chunk = os.read(self.leader, 65536)
        except OSError:
            return 0
        self.output += chunk
        return len(chunk)

    def wait_for(self, marker: bytes, limit_seconds: float = 60) -> float:
        """Seconds from the start until ``marker`` is written; ``TimeoutError`` shows the end of the output."""
        while marker not in self.output:
            if time.perf_counter() - self.started > limit_seconds or self.process.poll() is not None:
                raise TimeoutError(f"{marker!r} never came; the last output was {bytes(self.output[-400:])!r}")
            self.read(0.01)
        return time.perf_counter() - self.started

    def settle(self, quiet_seconds: float, limit_seconds: float = 10) -> int:
        """Read until nothing comes for ``quiet_seconds``; the number of bytes."""
        total, began = 0, time.perf_counter()
        while time.perf_counter() - began < limit_seconds:
            count = self.read(quiet_seconds)
            if count == 0:
                break
            total += count
        return total

    def write(self, typed: bytes) -> None:
        """Type something, and wait for no answer."""
        os.write(self.leader, typed)

    def key(self, key: bytes) -> tuple[float, int]:
        """Press ``key``: seconds to the first byte of the answer, and the bytes of all of it."""
        began = time.perf_counter()
        self.write(key)
        count = self.read(5)
        latency = time.perf_counter() - began
        return latency, count + self.settle(0.04, 1)

    def count_for(self, seconds: float) -> int:
        """The bytes written within ``seconds``."""
        total, began = 0, time.perf_counter()
        while (left := seconds - (time.perf_counter() - began)) > 0:
            total += self.read(left)
        return total
