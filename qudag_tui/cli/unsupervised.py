"""How long a command that follows a step goes on hoping for a supervisor where there is none."""

from __future__ import annotations

from qudag_tui.run.folder import RunFolder

# How often in a row the supervisor may seem to be gone: it is replaced within a moment by the next front end.
_PATIENCE = 50
_GONE = "there is no supervisor any more: what runs goes on to its end, nothing after it starts; see status, resume"
_NOT_TOLD = "nobody looks for the supervisor of a run folder that is not yours: the step is followed no further"


class Unsupervised:
    """Counts the looks in a row at which a run had no supervisor; ``words`` say that there was none at too many."""

    def __init__(self, folder: RunFolder) -> None:
        """Of the run in ``folder``."""
        self._folder = folder
        self._looks = 0
        self.words = _NOT_TOLD if folder.is_unknown else _GONE

    def lasts(self) -> bool:
        """Look once more: whether there has been none for so long that none is to be expected."""
        from qudag_tui.run.supervision import supervisor_alive

        self._looks = 0 if supervisor_alive(self._folder) else self._looks + 1
        return self._looks >= _PATIENCE
