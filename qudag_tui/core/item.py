"""One line of a checklist, and the states it can be in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from qudag_tui.core.extension import EXTEND
from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.condition import Condition
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.step import Step


class Kind(StrEnum):
    """What sort of box it is."""

    MANUAL = "manual"
    GATE = "gate"
    SCRIPT = "script"
    SOAK = "soak"
    DECISION = "decision"
    SIGNOFF = "signoff"
    TRIGGER = "trigger"
    STEP = "step"


class ItemState(StrEnum):
    """Where a box stands."""

    OPEN = "open"
    DONE = "done"
    CLAIMED = "claimed"
    NOT_APPLICABLE = "not applicable"
    DEFERRED = "deferred"
    OVERRIDDEN = "overridden"

    @property
    def counts_as_done(self) -> bool:
        """Whether progress counts it; a deferred box is settled here and still to be done elsewhere."""
        return self not in {ItemState.OPEN, ItemState.DEFERRED}

    @property
    def is_settled(self) -> bool:
        """Whether it no longer stands in the way of a Go."""
        return self is not ItemState.OPEN


# What a person has said is not to be done here, or not now.
SET_ASIDE = frozenset({ItemState.OVERRIDDEN, ItemState.NOT_APPLICABLE, ItemState.DEFERRED})


@lean_dataclass(frozen=True, slots=True)
class Gate:
    """A condition that must hold over a soak, or over ``window_seconds`` ending now where it stands outside one.

    ``source`` is the condition as written; ``tolerate`` the share of time (0 to 1) that may be in violation;
    ``extend`` how often its soak may be extended because it could not tell.
    """

    condition: Condition
    source: str
    window_seconds: float = 600.0
    tolerate: float = 0.01
    extend: int = EXTEND


@lean_dataclass(frozen=True, slots=True)
class Soak:
    """A time of watching that counts only what was observed."""

    seconds: float


@lean_dataclass(frozen=True, slots=True)
class Signoff:
    """A role that signs."""

    role: str


@lean_dataclass(frozen=True, slots=True)
class Script:
    """A step that a checklist item executes."""

    step: Step


@lean_dataclass(frozen=True, slots=True)
class Item:
    """One box. ``depth`` is 0 directly in a section; ``parent`` is the id of the box above it, if any."""

    id: str
    text: str
    kind: Kind
    depth: int
    parent: str | None
    section: str
    claimed: bool = False
    spec: Gate | Soak | Signoff | Script | None = None
    note: str = ""


@lean_dataclass(frozen=True, slots=True)
class Mark:
    """What was said of a box, by whom and when; ``seq`` is the event that said it."""

    state: ItemState
    by: str
    at: Instant
    seq: int
    reason: str = ""
    to: str = ""


@lean_dataclass(frozen=True, slots=True)
class Comment:
    """A remark on a box."""

    text: str
    by: str
    at: Instant
    seq: int
