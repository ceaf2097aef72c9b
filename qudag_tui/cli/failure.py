"""The one place that turns everything that can go wrong into a message and an exit code."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.run.error import RunError


class Stop(Exception):  # noqa: N818  # it ends a verb, with or without an error
    """Ends the verb with ``code`` and ``message``."""

    def __init__(self, code: ExitCode, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class Refused(Exception):  # noqa: N818  # named for the refusal that it carries
    """An intent was refused."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(str(refusal))


EXIT_CODES: dict[Because, ExitCode] = {
    Because.REFUSED: ExitCode.REFUSED,
    Because.NOT_FOUND: ExitCode.NOT_FOUND,
    Because.CONFIRM: ExitCode.REFUSED,
    Because.REASON: ExitCode.REFUSED,
    Because.FAIL: ExitCode.NO,
    Because.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Because.UNKNOWN: ExitCode.UNKNOWN,
}
_FLAGS = {Because.CONFIRM: "--yes confirms it", Because.REASON: "--why TEXT gives it"}
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ESRCH}


def explain(error: Exception) -> tuple[ExitCode, str] | None:
    """The exit code and the message of a foreseen error; None for one that nobody foresaw."""
    if isinstance(error, Stop):
        return error.code, error.message
    if isinstance(error, Refused):
        refusal = error.refusal
        flag = _FLAGS.get(refusal.because)
        return EXIT_CODES[refusal.because], f"{refusal} ({flag})" if flag else str(refusal)
    if isinstance(error, OSError):
        return _of_system(error)
    return _of_plan(error) or _of_run(error)


def _of_system(error: OSError) -> tuple[ExitCode, str]:
    where = f"{error.filename}: " if error.filename is not None else ""
    what = error.strerror or str(error)
    code = ExitCode.NOT_FOUND if error.errno in _NOT_THERE else ExitCode.CANNOT_WRITE
    return code, f"{where}{what}"


def _of_plan(error: Exception) -> tuple[ExitCode, str] | None:
    from qudag_tui.plan import NothingFound, PlanErrors, SeveralFound  # only on the way out

    if isinstance(error, PlanErrors | SeveralFound):
        return ExitCode.USAGE, str(error)
    if isinstance(error, NothingFound):
        return ExitCode.NOT_FOUND, str(error)
    return None


def _of_run(error: Exception) -> tuple[ExitCode, str] | None:
    from qudag_tui.run import error as run_error  # only on the way out

    if not isinstance(error, run_error.RunError):
        return None
    codes: dict[type[RunError], ExitCode] = {
        run_error.RunRefused: ExitCode.REFUSED,
        run_error.RunExists: ExitCode.REFUSED,
        run_error.RunNotFound: ExitCode.NOT_FOUND,
        run_error.RunGone: ExitCode.NOT_FOUND,
        run_error.NotSaved: ExitCode.CANNOT_WRITE,
        run_error.ReadOnly: ExitCode.CANNOT_WRITE,
        run_error.LockTimeout: ExitCode.CANNOT_WRITE,
        run_error.Behind: ExitCode.CANNOT_WRITE,
    }
    code = next((codes[kind] for kind in type(error).__mro__ if kind in codes), ExitCode.USAGE)
    return code, str(error)
