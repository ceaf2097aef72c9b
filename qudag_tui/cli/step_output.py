"""The output of a step's attempts, from the logs of the run, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from qudag_tui.core.execution import Attempt
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.log_shape import HEAD_BYTES
from qudag_tui.run.step_output import StepOutput

_MOST_PENDING_BYTES = 1 << 16


class OutputLines:
    """What one attempt has printed, read on from where the last call ended."""

    def __init__(self, output: StepOutput) -> None:
        """Of one attempt."""
        self._output = output
        self._pending = b""

    @classmethod
    def of(cls, folder: RunFolder, attempt: Attempt, *, head: int = HEAD_BYTES) -> OutputLines:
        """Of an attempt that the journal of a run names; ``head`` is the size of the log's head."""
        return cls(StepOutput.of(folder, attempt.log, head=head))

    def lines(self, *, is_over: bool = False) -> Iterator[str]:
        """The complete lines that are new; with ``is_over`` also the last one without its end."""
        while True:
            read = self._output.read()
            if read.missed:
                if self._pending:
                    yield _text(self._pending)
                self._pending = b""
                yield f"[{read.missed} bytes left out]"
            if not read.data:
                break
            *complete, self._pending = (self._pending + read.data).split(b"\n")
            yield from map(_text, complete)
            if len(self._pending) > _MOST_PENDING_BYTES:
                yield _text(self._pending)
                self._pending = b""
        if is_over and self._pending:
            yield _text(self._pending)
            self._pending = b""


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
