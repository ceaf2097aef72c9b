"""Which triggers offer the rollback now: those that fired since it was last asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.procedure import ROLLBACK

if TYPE_CHECKING:
    from qudag_tui.core.observation import Fired
    from qudag_tui.core.state import State
    from qudag_tui.core.trigger import Trigger


def offering(state: State) -> list[tuple[Trigger, Fired]]:
    """The triggers that fired, or were reported, and that no rollback has answered yet; the newest first."""
    answer = state.last_execution(ROLLBACK)
    answered = answer.request if answer is not None else 0
    found = [
        (trigger, state.fired[trigger.id])
        for trigger in state.plan.triggers
        if trigger.id in state.fired and state.fired[trigger.id].seq > answered
    ]
    return sorted(found, key=lambda one: -one[1].seq)


def reason_of(trigger: Trigger, line: str) -> str:
    """The reason that a trigger gives for the rollback; ``line`` is what was seen of it."""
    return f"{trigger.text}: {line}" if line else trigger.text
