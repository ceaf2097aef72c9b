"""What becomes of intents about armed runs: arming, disarming, stopping a countdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.arming import counting, starting
from qudag_tui.core.decide_execution import abort
from qudag_tui.core.in_the_way import ends_at_logout
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.core import intent as ask
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State


def arm(state: State, intent: ask.Arm) -> ev.Fact | Refusal:
    """Let triggers start the rollback. That the plan is trusted is for whoever asks to see to."""
    armed, triggers = state.armed, starting(state.plan)
    if armed is not None:
        return Refusal(Because.REFUSED, f"{armed.by} has already armed this run", "arm --off disarms it")
    if intent.plan not in {None, state.plan.key}:
        return Refusal(Because.REFUSED, "the run follows another plan by now", "look at what that one lets start")
    if ROLLBACK not in state.plan.procedures:
        return Refusal(Because.REFUSED, "the plan has no rollback to start", "it would be [procedures.rollback]")
    if state.plan.procedures[ROLLBACK].approvals > 1:
        why = (
            f"the rollback needs {state.plan.procedures[ROLLBACK].approvals} people, and what starts by itself has none"
        )
        return Refusal(Because.REFUSED, why, "its triggers offer it; approvals = 1 would let one person arm it")
    if not triggers:
        return Refusal(
            Because.REFUSED,
            "no trigger of the plan may start the rollback",
            'then = "start" in the checklist file lets one',
        )
    return ends_at_logout(state) or ev.RunArmed(
        tuple(trigger.id for trigger in triggers), state.plan.sha256, intent.reason
    )


def disarm(state: State, intent: ask.Disarm) -> ev.Fact | Refusal:
    """Let triggers only offer the rollback again."""
    if state.armed is None:
        return Refusal(Because.REFUSED, "this run is not armed", "there is nothing to disarm")
    return ev.RunDisarmed(intent.reason)


def stop_countdown(state: State, now: Instant) -> ev.Fact | Refusal:
    """Stop every countdown that runs: whoever stops one wants no rollback to start a moment later by another."""
    running = counting(state, now)
    if not running:
        return Refusal(Because.REFUSED, "no countdown runs", "there is nothing to stop")
    return ev.CountdownStopped(tuple(countdown.trigger for countdown in running))


def abort_or_stop(state: State, now: Instant) -> ev.Fact | Refusal:
    """Abort what runs; where nothing does, stop the countdown that would start something."""
    idle = state.active_execution is None and next(iter(state.open_requests()), None) is None
    return stop_countdown(state, now) if idle and counting(state, now) else abort(state)
