"""A terminal at which the program runs."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
from codecs import getincrementaldecoder

from tests.cli.desk import Desk

DEADLINE_SECONDS = 60


class Terminal:
    """A person at a terminal: answers what is asked."""

    def __init__(self, desk: Desk, *words: str) -> None:
        self.shown = ""
        self._seen = 0
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(desk.folder)
            # Whoever runs the tests may ignore it, and children inherit that.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(sys.executable, [sys.executable, "-P", "-m", "qudag_tui", *words], desk.environment())

    def _read(self) -> bool:
        """Take what is there; False at the end. It fails where nothing comes for a long time."""
        ready, _, _ = select.select([self.descriptor], [], [], DEADLINE_SECONDS)
        assert ready, f"nothing more came after: {self.shown}"
        try:
            data = os.read(self.descriptor, 4096)
        except OSError:
            return False
        self.shown += self._decoder.decode(data)
        return bool(data)

    def read_until(self, wanted: str) -> str:
        """What is shown up to ``wanted``."""
        while wanted not in self.shown:
            assert self._read(), self.shown
        return self.shown

    def sees(self, wanted: str) -> str:
        """What is shown up to ``wanted``, from where the last call ended."""
        while wanted not in self.shown[self._seen :]:
            assert self._read(), f"{wanted!r} never came: {self.shown}"
        begin, self._seen = self._seen, self.shown.index(wanted, self._seen) + len(wanted)
        return self.shown[begin : self._seen]

    def answers(self, question: str, answer: str) -> None:
        """Wait for a question, and answer it."""
        self.sees(question)
        self.type(answer)

    def types_the_code(self, purpose: str = "to start:") -> None:
        """Type the code that is asked for."""
        self.type(self.sees(f" {purpose}").rpartition("Type ")[2][:4])

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.descriptor, f"{text}\n".encode())

    def end(self) -> int:
        """The exit code."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)
