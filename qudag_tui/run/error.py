"""What can go wrong with a run on disk: each error says what happened, where, and what to do next."""

# ruff: noqa: N818 - each is named for what is so, and the package says that it is an error

from __future__ import annotations

from pathlib import Path

from qudag_tui.core.printable import visible


class RunError(Exception):
    """Base of everything that this package raises on purpose.

    ``what`` is one clause, ``where`` the file or folder, ``hint`` what to do next; all are safe to print.
    """

    def __init__(self, what: str, *, where: Path | str = "", hint: str = "") -> None:
        self.what = visible(what)
        self.where = visible(str(where))
        self.hint = visible(hint)
        super().__init__(self.what, self.where, self.hint)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.hint) if part)


class RunRefused(RunError):
    """The folder, or a file in it, is not safe to use: a link, another owner, a network filesystem."""


class RunGone(RunError):
    """The run's folder was deleted or moved while it was in use."""


class RunBroken(RunError):
    """It is not a run, or what it needs (its plan, its first event) is missing or damaged."""


class RunExists(RunError):
    """The id is taken."""


class RunNotFound(RunError):
    """No run by that name, or none open."""


class SeveralRuns(RunError):
    """More than one run is open, and none was named."""


class InvalidRunId(RunError):
    """The id cannot be the name of a folder."""


class LockTimeout(RunError):
    """Somebody else held a lock for too long."""


class NotSaved(RunError):
    """An event, or another file of the run, is not on disk: nothing of it counts."""


class ReadOnly(RunError):
    """Nothing can be written to this run from here, and why."""


class Behind(RunError):
    """Events that were read earlier are no longer on disk; they were kept in ``progress.toml.lost``."""


class NotRecordable(RunError, ValueError):
    """A value that TOML cannot hold: a lone surrogate, NaN, a number beyond 64 bits, a time without a zone."""
