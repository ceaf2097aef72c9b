"""What a request needs of other people, and how an approval changes that. Total: what is not allowed counts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.approval import Approval, Approvals, why_not
from qudag_tui.core.offering import reason_of

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State


def approvals_of(state: State, event: Event, fact: ev.ExecutionRequested) -> Approvals:
    """What ``fact`` needs, by the plan as it is now."""
    procedure = state.plan.procedures.get(fact.target)
    fired = ((trigger, state.fired.get(trigger.id)) for trigger in state.plan.triggers)
    return Approvals(
        wanted=procedure.approvals if procedure else 1,
        alone=fact.alone.strip(),
        own_keys=fact.own_keys,
        whence=f"{event.actor.login} on {event.actor.host}",
        plan=state.plan.sha256,
        causes=tuple(reason_of(trigger, seen.line) for trigger, seen in fired if seen is not None),
    )


def approved(state: State, event: Event, fact: ev.ApprovalGiven) -> None:
    """One person more; the request is as old as the last of them."""
    execution = state.executions.get(fact.request)
    if execution is None or why_not(execution, fact.principal, fact.key, event.at):
        return
    execution.approvals.given.append(
        Approval(fact.principal, fact.key, event.actor.by, event.at, event.seq, fact.payload, fact.signature)
    )
    execution.asked = event.at
