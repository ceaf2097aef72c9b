"""How events change what an armed run may start: countdowns begin with a breach, and much makes them void."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qudag_tui.core import event as ev
from qudag_tui.core.arming import Armed, Countdown
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.trigger import Then

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State


def _armed(state: State, event: Event, fact: ev.RunArmed) -> None:
    if state.closed is None:
        # What began under an earlier arming, of another plan perhaps, does not come to life again.
        _void(state, f"{event.actor.by} armed the run anew")
        triggers = frozenset(fact.triggers)
        state.arming = Armed(event.actor.by, event.at, event.seq, fact.reason, triggers, fact.plan)


def _disarmed(state: State, event: Event, _fact: ev.RunDisarmed) -> None:
    disarm(state, f"{event.actor.by} disarmed the run")


def disarm(state: State, why: str) -> None:
    """Let nothing start by itself any more: no trigger, and no countdown that runs."""
    state.arming = None
    _void(state, why)


def _stopped(state: State, event: Event, fact: ev.CountdownStopped) -> None:
    _void(state, f"{event.actor.by} stopped the countdown", *fact.triggers)


HANDLERS: Mapping[type[ev.Fact], Callable[[Any, Any, Any], None]] = {
    ev.RunArmed: _armed,
    ev.RunDisarmed: _disarmed,
    ev.CountdownStopped: _stopped,
}


def follow(state: State, event: Event) -> None:
    """What an event that was folded already means for countdowns."""
    fact = event.fact
    match fact:
        case ev.TriggerBreached():
            _begin(state, event, fact)
        case ev.ItemUnticked():
            state.countdowns.pop(fact.item, None)
        case ev.ExecutionRequested(target=target) if target == ROLLBACK:
            # It answers every breach before it, whoever asked.
            state.countdowns.clear()
        case ev.RequestClaimed(request=request):
            execution = state.executions.get(request)
            if execution is not None and execution.target == ROLLBACK and execution.claimed is not None:
                # What was let happen has happened: no step runs again by itself, and nobody who aborts is fought.
                state.arming = None
        case ev.RetryRequested(request=request):
            execution = state.executions.get(request)
            if execution is not None and execution.target == ROLLBACK:
                _void(state, f"{event.actor.by} went on with the rollback")
        case ev.SupervisorStarted():
            # Nothing that was due before a restart, or a suspend, starts late.
            _void(state, "the supervisor was restarted")
        case ev.RunClosed():
            state.arming = None
            state.countdowns.clear()
        case _:
            return


def _begin(state: State, event: Event, fact: ev.TriggerBreached) -> None:
    trigger, armed = state.plan.trigger_index.get(fact.trigger), state.armed
    if armed is None or trigger is None or trigger.id not in armed.triggers or trigger.then is not Then.START:
        return
    busy = any(e.target == ROLLBACK and not e.state.is_over for e in state.executions.values())
    void = "the rollback was under way" if busy else ""
    state.countdowns[trigger.id] = Countdown(
        trigger.id, event.seq, event.at, trigger.countdown_seconds, fact.line, void
    )


def _void(state: State, why: str, *triggers: str) -> None:
    """Make countdowns start nothing: of ``triggers``, or all of them. The first reason stays."""
    for name, countdown in state.countdowns.items():
        if not countdown.void and (not triggers or name in triggers):
            state.countdowns[name] = replace(countdown, void=why)
