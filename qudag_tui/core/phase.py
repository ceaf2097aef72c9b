"""A section with a share of the traffic: where it stands between locked and go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant


class PhaseState(StrEnum):
    """locked → open → soaking → deciding → go, or held after a No-Go or a rollback."""

    LOCKED = "locked"
    OPEN = "open"
    SOAKING = "soaking"
    DECIDING = "deciding"
    GO = "go"
    HELD = "held"


class Decision(StrEnum):
    """The two answers; a time-out is neither."""

    GO = "go"
    NO_GO = "no-go"


@lean_dataclass(frozen=True, slots=True)
class Decided:
    """A recorded decision."""

    decision: Decision
    by: str
    at: Instant
    seq: int
    reason: str = ""


@dataclass(slots=True)
class PhaseProgress:
    """What the journal says of one phase; its state is derived from this and its boxes."""

    opened: bool = False
    started: Instant | None = None
    held: str = ""
    held_seq: int = 0
    decisions: list[Decided] | None = None

    @property
    def decision(self) -> Decided | None:
        """The last decision, which supersedes those before it."""
        return self.decisions[-1] if self.decisions else None

    @property
    def is_go(self) -> bool:
        """Whether the last decision is a Go that no hold came after."""
        decision = self.decision
        return decision is not None and decision.decision is Decision.GO and decision.seq > self.held_seq


@lean_dataclass(frozen=True, slots=True)
class SoakProgress:
    """One soak of one item: since when, and, after its final look, how much of it was observed.

    ``looks`` is how many final looks could not tell, ``extended_seconds`` what was added for them.
    """

    started: Instant
    started_run_ns: int
    by: str
    seq: int
    completed: Instant | None = None
    observed_seconds: float = 0.0
    looks: int = 0
    extended_seconds: float = 0.0
