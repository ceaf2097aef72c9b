"""Approval by other people: how many an execution asks for, who has approved, or why it starts without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qudag_tui.core.duration import clock
from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

NAMESPACE = "approval@qudag-tui"
VALID_SECONDS = 600.0
UNAPPROVED = "nobody approved it within 10 minutes"


@lean_dataclass(frozen=True, slots=True)
class Approval:
    """One signature, as the journal has it. ``by`` handed it in at ``at``; ``seq`` is the event that recorded it."""

    principal: str
    key: str
    by: str
    at: Instant
    seq: int
    payload: str
    signature: str


@dataclass(slots=True)
class Approvals:
    """What one request needs of other people.

    ``wanted`` counts people, the one who asked included; ``alone`` is why that one goes on without the others.
    ``own_keys`` are fingerprints of the keys of whoever asked, ``whence`` their login and host, ``plan`` is the
    SHA-256 of the plan then; ``causes`` are the triggers that spoke for it.
    """

    wanted: int = 1
    alone: str = ""
    own_keys: tuple[str, ...] = ()
    whence: str = ""
    plan: str = ""
    causes: tuple[str, ...] = ()
    given: list[Approval] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """How many people have still to approve; none where somebody goes on alone."""
        return 0 if self.alone else max(0, self.wanted - 1 - len(self.given))


def is_same_person(principal: str, by: str) -> bool:
    """Whether a principal is the operator called ``by``: the whole of it, or what stands before its @."""
    return by.casefold() in {principal.casefold(), principal.partition("@")[0].casefold()}


def left_seconds(execution: Execution, now: Instant) -> float:
    """How long a request that waits for approval is still valid, in seconds; 0 once it has expired."""
    return max(0.0, VALID_SECONDS - now.seconds_since(execution.at))


def missing_words(execution: Execution) -> str:
    """``a second signature``."""
    approvals = execution.approvals
    if approvals.wanted == 2:
        return "a second signature"
    return "one more signature" if approvals.missing == 1 else f"{approvals.missing} more signatures"


def waits_words(execution: Execution, now: Instant) -> str:
    """``waits for a second signature, 08:12 left``."""
    return f"waits for {missing_words(execution)}, {clock(left_seconds(execution, now))} left"


def why_not(execution: Execution, principal: str, key: str, at: Instant) -> str:
    """Why ``principal`` cannot approve of a request with ``key`` at ``at``; "" if nothing but a bad signature can."""
    approvals = execution.approvals
    if not execution.is_requested or execution.aborted_by or not approvals.missing:
        return "it waits for no approval"
    if not left_seconds(execution, at):
        return "it came too late: a request is valid for 10 minutes"
    if key in approvals.own_keys or is_same_person(principal, execution.by):
        return f"it is by {principal}, who asked for it: a second person has to approve"
    if any(one.key == key or one.principal.casefold() == principal.casefold() for one in approvals.given):
        return f"{principal} has approved already: another person has to"
    return ""


def alone_executions(state: State) -> list[Execution]:
    """What started in this run without the people who would have had to approve."""
    return [e for e in state.executions.values() if e.approvals.alone and e.claimed is not None]


def alone_words(execution: Execution) -> str:
    """What is said for ever of an execution that started without the others; "" where it did not."""
    approvals = execution.approvals
    return f"{execution.by} alone, without a second signature: “{approvals.alone}”" if approvals.alone else ""
