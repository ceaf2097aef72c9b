"""The program on a real pseudo-terminal: every byte that it writes, and how it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20.0
# A supervisor would outlive the test: this one is only said to have been started.
PROGRAM = """
import os, sys
from pathlib import Path
from qudag_tui.run import supervision
supervision.spawn = lambda *_: os.getpid()
from qudag_tui.core.event import Actor
from qudag_tui.tui.app import run_tui
{before}
sys.exit(run_tui(Path(sys.argv[1]), Actor("ana", "deploy", "gate-1", "")))
"""


class Terminal:
    """Starts the program on ``folder``; a context manager that ends it."""

    def __init__(self, folder: Path, *, columns: int = 120, rows: int = 36, before: str = "", **env: str) -> None:
        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.attributes = termios.tcgetattr(follower)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder.parents[1]),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PYTHONPATH": str(REPOSITORY),
            "QUDAG_TUI_STATE": str(folder.parents[1] / "state"),
            **env,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(before=before), str(folder)],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=environment,
            start_new_session=True,
        )
        self.follower = follower
        self.output = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self.leader, self.follower):
            if descriptor >= 0:
                os.close(descriptor)

    def read(self, seconds: float) -> int:
        """Take what comes within ``seconds``; how many bytes."""
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self.leader, 1 << 16)
        except OSError:
            return 0
        self.output += data
        return len(data)

    def wait_for(self, marker: str) -> None:
        """Read until ``marker`` was written."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while marker.encode() not in self.output:
            assert time.monotonic() < deadline, f"{marker!r} never came: {bytes(self.output[-2000:])!r}"
            assert self.process.poll() is None, (
                f"it ended with {self.process.returncode}: {bytes(self.output[-2000:])!r}"
            )
            self.read(0.05)

    def quiet(self, seconds: float = 0.3) -> int:
        """Read until nothing comes for that long; how many bytes came."""
        total = 0
        while count := self.read(seconds):
            total += count
        return total

    def press(self, keys: str) -> None:
        os.write(self.leader, keys.encode())

    def end(self) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it did not end"
            self.read(0.05)
        self.quiet(0.05)
        return self.process.returncode

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """The link is gone: the other side of the terminal is closed."""
        os.close(self.follower)
        os.close(self.leader)
        self.leader = self.follower = -1
