"""The output of a step's attempts, from the logs of the run, line by line."""

from __future__ import annotations

import os
from collections.abc import Iterator

from qudag_tui.core.execution import Attempt
from qudag_tui.run.folder import LOGS, RunFolder

_READ_BYTES = 1 << 16
_MOST_PENDING_BYTES = 1 << 16


class StepOutput:
    """What one attempt has printed, read on from where the last call ended."""

    def __init__(self, folder: RunFolder, attempt: Attempt) -> None:
        """Of ``attempt``, whose log is named in the journal: never trusted to lie in the logs of this run."""
        self._folder = folder
        self._name = f"{LOGS}/{os.path.basename(attempt.log)}"  # noqa: PTH119  # text from a journal, not a path
        self._offset = 0
        self._pending = b""

    def lines(self, *, is_over: bool = False) -> Iterator[str]:
        """The complete lines that are new; with ``is_over`` also the last one without its end."""
        try:
            descriptor = self._folder.open_file(self._name)
        except FileNotFoundError:
            return
        try:
            while data := os.pread(descriptor, _READ_BYTES, self._offset):
                self._offset += len(data)
                *complete, self._pending = (self._pending + data).split(b"\n")
                yield from map(_text, complete)
                if len(self._pending) > _MOST_PENDING_BYTES:
                    yield _text(self._pending)
                    self._pending = b""
        finally:
            os.close(descriptor)
        if is_over and self._pending:
            yield _text(self._pending)
            self._pending = b""


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
