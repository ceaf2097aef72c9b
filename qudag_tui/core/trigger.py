"""A condition that offers, or starts, the rollback."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.condition import Condition


# How long people have to stop the rollback that a trigger starts, where the file does not say.
COUNTDOWN_SECONDS = 60.0


class Then(StrEnum):
    """What a fired trigger does."""

    OFFER = "offer"
    START = "start"


@lean_dataclass(frozen=True, slots=True)
class Trigger:
    """``condition`` is None where only a person can tell; ``for_seconds`` is how long it must hold.

    ``countdown_seconds`` pass, in an armed run, between its firing and the start of the rollback.
    """

    id: str
    text: str
    condition: Condition | None = None
    source: str = ""
    for_seconds: float = 0.0
    then: Then = Then.OFFER
    countdown_seconds: float = COUNTDOWN_SECONDS
    claimed: bool = False
