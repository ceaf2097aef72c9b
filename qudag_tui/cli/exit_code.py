"""What the program's exit code means; scripts may rely on it."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

_SIGNALS = 128


class ExitCode(IntEnum):
    """Every exit code; each member's ``meaning`` is what ``info`` and the documentation print."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """The member ``value``, with what it means."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    DONE = 0, "done, or the answer is yes"
    NO = 1, "the answer is no: a gate fails, an execution did not pass, verify found something"
    USAGE = 2, "wrong usage, or an invalid file"
    REFUSED = 3, "refused: untrusted, locked, not allowed, not confirmed, expired"
    NOT_FOUND = 4, "not found: no such run, box or file"
    CANNOT_WRITE = 5, "cannot write: nothing was saved"
    INCONCLUSIVE = 6, "inconclusive: more evidence is needed"
    UNKNOWN = 7, "unknown: nobody can say, or something waits for a person"


SIGNALLED_MEANING = "ended by signal n"


def signalled(number: int) -> int:
    """The exit code of a process that signal ``number`` ended."""
    return _SIGNALS + number
