"""Why an intent did not become an event."""

from __future__ import annotations

from enum import StrEnum

from qudag_tui.core.lean_dataclass import lean_dataclass


class Because(StrEnum):
    """What kind of no it is; the command line maps it to an exit code, the screen to a dialog."""

    REFUSED = "refused"
    NOT_FOUND = "not found"
    CONFIRM = "confirm"
    REASON = "reason"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    UNKNOWN = "unknown"


@lean_dataclass(frozen=True, slots=True)
class Refusal:
    """``message`` says what is in the way, ``hint`` what to do next.

    ``CONFIRM`` asks for the intent again with its confirmation, ``REASON`` for the intent again with a reason.
    """

    because: Because
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message
