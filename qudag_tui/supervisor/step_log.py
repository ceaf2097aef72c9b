"""The output of one attempt on disk: its head and its end, and between them how much was left out.

Used by the shim, so it imports next to nothing.
"""

from __future__ import annotations

import os

from qudag_tui.run.log_shape import HEAD_BYTES, TAIL_BYTES, left_out_note

_READ_BYTES = 1 << 16


class StepLog:
    """Grows to the head and twice the tail, then shrinks to head, a line that says so, and tail.

    How a reader follows it all the same is in ``run/step_output.py``. Nothing
    here raises: a full disk loses output, which ``error`` tells, and never stops the step.
    """

    def __init__(self, descriptor: int, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
        """``descriptor`` is open for reading and writing at an empty file; -1 keeps nothing."""
        self._descriptor = descriptor
        self._head = head
        self._tail = tail
        self._size = 0
        self._left_out = 0
        self._noted = 0
        self._lost = 0
        self._reason = ""

    @property
    def error(self) -> str:
        """Why the log is not complete, or ""."""
        return f"the log lacks {self._lost} bytes: {self._reason}" if self._lost else ""

    def write(self, data: bytes) -> None:
        """Keep ``data``, as far as there is room."""
        if self._descriptor < 0 or not data:
            return
        if len(data) > self._head + self._tail:
            half = self._head + self._tail
            self.write(data[:half])
            self.write(data[half:])
            return
        try:
            self._put(data)
            if self._size > self._head + 2 * self._tail:
                self._shrink()
        except OSError as error:
            self._reason = error.strerror or str(error)

    def finish(self) -> str:
        """Bring it to its final form and to the disk; its SHA-256 in hex, or "" where there is none."""
        if self._descriptor < 0:
            return ""
        try:
            if self._size > self._head + self._tail:
                self._shrink()
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            return self._sha256()
        except OSError as error:
            self._reason = error.strerror or str(error)
            return ""

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                written = os.pwrite(self._descriptor, view, self._size)
            except OSError:
                self._lost += len(view)
                raise
            self._size += written
            view = view[written:]

    def _shrink(self) -> None:
        tail = os.pread(self._descriptor, self._tail, self._size - self._tail)
        self._left_out += self._size - self._tail - self._head - self._noted
        note = left_out_note(self._left_out)
        self._noted = len(note)
        os.ftruncate(self._descriptor, self._head)
        self._size = self._head
        self._put(note + tail)

    def _sha256(self) -> str:
        from hashlib import sha256  # OpenSSL is loaded at the end, not before the step starts

        digest = sha256()
        at = 0
        while block := os.pread(self._descriptor, _READ_BYTES, at):
            digest.update(block)
            at += len(block)
        return digest.hexdigest()
