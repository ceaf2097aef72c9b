"""What was seen in a run: a supervisor, a final look at a gate, a trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.event import GateJudged, SupervisorStarted, SupervisorStopped
    from qudag_tui.core.instant import Instant


@lean_dataclass(frozen=True, slots=True)
class Supervisor:
    """The last supervisor that the journal knows of; whether it lives is the lock's word, not the journal's.

    ``restarted`` says that the one before it never said that it left, or that this one slept through a while;
    ``missing`` are the declared names that its environment does not have, of the plan that it has looked at last.
    """

    started: SupervisorStarted
    at: Instant
    stopped: SupervisorStopped | None = None
    restarted: bool = False
    missing: tuple[str, ...] = ()


@lean_dataclass(frozen=True, slots=True)
class Look:
    """The final look at a gate, and the event that recorded it."""

    judged: GateJudged
    seq: int
    at: Instant


@lean_dataclass(frozen=True, slots=True)
class Fired:
    """Who saw a trigger, and when; ``line`` is what the tool showed of it then.

    ``breached`` is whether the supervisor measured it; else it is a person's word.
    """

    by: str
    at: Instant
    seq: int
    line: str
    breached: bool = False
