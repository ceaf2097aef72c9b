"""The output of one attempt, read on while it grows, also when its log loses its middle meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.error import RunError
from qudag_tui.run.folder import LOGS, RunFolder
from qudag_tui.run.log_shape import HEAD_BYTES, MOST_NOTE_BYTES, left_out

_READ_BYTES = 1 << 16
_LAST_BYTES = 1 << 14


@lean_dataclass(frozen=True, slots=True)
class Read:
    """``data`` that was written, after ``missed`` bytes that are not in the log any more, or that were passed over."""

    data: bytes = b""
    missed: int = 0


class StepOutput:
    """What one attempt has written, from where the last :meth:`read` ended.

    Places are counted in what was written, not in the file, which becomes shorter whenever its middle is left out.
    """

    def __init__(self, open_log: Callable[[], int], *, head: int = HEAD_BYTES) -> None:
        """``open_log`` gives a new descriptor of the log each time; ``head`` is the size of the log's head."""
        self._open = open_log
        self._head = head
        self._place = 0
        self._left_out = 0

    @classmethod
    def of(cls, folder: RunFolder, log: str, *, head: int = HEAD_BYTES) -> StepOutput:
        """Of a ``log`` as the journal names it: it is sought among the logs of this run, whatever else it says."""
        name = f"{LOGS}/{os.path.basename(log)}"  # noqa: PTH119  # text from a journal, not a path
        return cls(lambda: folder.open_file(name), head=head)

    def read(self, most: int = _READ_BYTES, *, keep: int | None = None) -> Read:
        """What is new, at most ``most`` bytes; nothing where there is nothing. Raises ``OSError``, ``RunError``.

        With ``keep`` only the last so many bytes are of interest: what is before them is passed over.
        """
        try:
            descriptor = self._open()
        except FileNotFoundError:
            return Read()
        try:
            return self._read(descriptor, most, keep)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, most: int, keep: int | None) -> Read:
        note = self._note(descriptor)
        count, length = left_out(note)
        size = os.fstat(descriptor).st_size
        end = size + count - length
        if count < self._left_out or end < self._place:
            return Read()  # it is being shortened at this moment: the next look finds it whole
        place = self._place
        if keep is not None:
            place = max(place, end - keep)
        if count and self._head <= place < self._head + count:
            place = self._head + count
        at = place if place < self._head or not count else place - count + length
        room = self._head - place if count and place < self._head else most
        data = os.pread(descriptor, min(most, room), at)
        if self._note(descriptor) != note:
            return Read()  # what was read may be of another place
        missed, self._place, self._left_out = place - self._place, place + len(data), count
        return Read(data, missed)

    def _note(self, descriptor: int) -> bytes:
        note = os.pread(descriptor, MOST_NOTE_BYTES, self._head)
        return note[: left_out(note)[1]]


def last_lines(folder: RunFolder, log: str, most: int) -> list[str]:
    """The last ``most`` lines that an attempt wrote, empty ones aside; raw, and never an error."""
    if not log:
        return []
    try:
        data = StepOutput.of(folder, log).read(_LAST_BYTES, keep=_LAST_BYTES).data
    except (OSError, RunError):
        return []
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in data.decode("utf-8", "replace").split("\n")]
    return [line for line in lines if line.strip()][-most:]
