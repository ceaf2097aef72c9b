"""Whether the checklist file on disk is what the run follows: one stat where nothing was saved."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.plan.error import PlanErrors
from qudag_tui.plan.file import read_bytes

if TYPE_CHECKING:
    from qudag_tui.run.run import Run

Seen = tuple[int, int, int]


class Edited:
    """Looks at one run's file again and again."""

    def __init__(self, run: Run) -> None:
        """Nothing is read before :meth:`look`."""
        self._run = run
        self._before: Seen | None = None
        self._seen: Seen | None = None
        self._followed: object = None
        self._said = ""

    def look(self) -> str:
        """What there is to say of the file, or nothing. A file that is being saved is looked at again."""
        state = self._run.state
        if state.closed is not None or state.read_only or self._run.folder.read_only or not state.file:
            return ""
        path = Path(state.file)
        try:
            status = path.stat()
        except OSError:
            # It was moved, or is being replaced: the run needs it only for what its commands name.
            self._before, self._seen, self._said = None, None, ""
            return ""
        seen = (status.st_ino, status.st_size, status.st_mtime_ns)
        is_settled, self._before = seen == self._before, seen
        if not is_settled:
            return self._said
        if seen != self._seen or self._followed is not state.plan:
            self._said = self._compared(path)
            self._seen, self._followed = seen, state.plan
        return self._said

    def _compared(self, path: Path) -> str:
        from qudag_tui.run.adopting import candidate  # only for a file that was touched

        try:
            if sha256(read_bytes(path)).hexdigest() == self._run.plan.sha256:
                return ""
            return (
                "" if candidate(self._run, path).is_same else f"{path.name} was edited · : adopt shows the difference"
            )
        except PlanErrors as error:
            where = error.errors[0]
            return f"{path.name} was edited and is broken (line {where.line}): the run goes on with its own copy"
        except OSError as error:
            return f"{path.name} cannot be read ({error.strerror}): the run goes on with its own copy"
