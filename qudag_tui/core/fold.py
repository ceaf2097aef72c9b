"""How each kind of event changes the state. Total: a forged or future event marks the run, it never raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qudag_tui.core import event as ev
from qudag_tui.core.capture import Baseline, captured_of
from qudag_tui.core.fold_adoption import adopted
from qudag_tui.core.fold_arming import HANDLERS as ARMING
from qudag_tui.core.fold_arming import follow
from qudag_tui.core.fold_box import hold, open_next_phases, set_mark, stop_soak, touch
from qudag_tui.core.fold_execution import HANDLERS
from qudag_tui.core.fold_regression import regressed
from qudag_tui.core.instant import RunClock
from qudag_tui.core.item import Comment, ItemState, Kind, Mark
from qudag_tui.core.observation import Fired, Look
from qudag_tui.core.phase import Decided, Decision, SoakProgress

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State

# An extension that a forged event claims may not overflow what is shown.
MOST_SECONDS = 1e9
NEWER = "written by a newer version of qudag-tui"


def apply(state: State, event: Event) -> None:
    """Fold ``event`` into ``state``."""
    state.head_seq = event.seq
    state.last = event
    state.clock = state.clock.seen(event.at) if state.created else RunClock(event.at)
    if state.created is None:
        state.created = event.at
    handler = _HANDLERS.get(type(event.fact))
    if handler is None:
        state.read_only = f"event {event.seq} is of the kind “{event.kind}”, {NEWER}"
        return
    handler(state, event, event.fact)
    follow(state, event)


def _mark(state: State, event: Event, item_id: str, to_state: ItemState, *, reason: str = "", to: str = "") -> None:
    item = state.plan.items.get(item_id)
    if item is None:
        return
    set_mark(state, item, Mark(to_state, event.actor.by, event.at, event.seq, reason, to))
    touch(state, event, item.section)


def _created(state: State, _event: Event, fact: ev.RunCreated) -> None:
    if state.run is None:
        # No name has a NUL: a forged one is that of a file which is not there.
        state.run, state.file = fact, fact.file.replace("\0", "\u2400")
        if fact.format > ev.FORMAT:
            state.read_only = f"its format is {fact.format}, {NEWER}"


def _closed(state: State, event: Event, fact: ev.RunClosed) -> None:
    state.closed, state.closed_at = fact, event.at
    for item_id in list(state.soaks):
        stop_soak(state, item_id)
    state.look_requests.clear()


def _ticked(state: State, event: Event, fact: ev.ItemTicked) -> None:
    _mark(state, event, fact.item, ItemState.DONE, reason=fact.line)


def _unticked(state: State, event: Event, fact: ev.ItemUnticked) -> None:
    if fact.item in state.fired:
        del state.fired[fact.item]
        # Somebody has looked: what was seen until now does not fire it again.
        state.trigger_since[fact.item] = state.clock.at(event.at)
    state.soaks.pop(fact.item, None)
    state.look_requests.pop(fact.item, None)
    _mark(state, event, fact.item, ItemState.OPEN)


def _not_applicable(state: State, event: Event, fact: ev.ItemMarkedNotApplicable) -> None:
    _mark(state, event, fact.item, ItemState.NOT_APPLICABLE, reason=fact.reason)
    _set_aside(state, fact.item)


def _deferred(state: State, event: Event, fact: ev.ItemDeferred) -> None:
    _mark(state, event, fact.item, ItemState.DEFERRED, reason=fact.reason, to=fact.to)
    _set_aside(state, fact.item)


def _overridden(state: State, event: Event, fact: ev.ItemOverridden) -> None:
    _mark(state, event, fact.item, ItemState.OVERRIDDEN, reason=fact.reason)
    _set_aside(state, fact.item)


def _set_aside(state: State, item_id: str) -> None:
    stop_soak(state, item_id)
    state.look_requests.pop(item_id, None)


def _commented(state: State, event: Event, fact: ev.ItemCommented) -> None:
    state.comments[fact.item].append(Comment(fact.text, event.actor.by, event.at, event.seq))


def _undone(state: State, _event: Event, fact: ev.EventUndone) -> None:
    item = state.plan.items.get(fact.item)
    mark = state.mark(fact.item)
    if item is not None and mark is not None and mark.seq == fact.event:
        set_mark(state, item, None)
    state.comments[fact.item] = [c for c in state.comments[fact.item] if c.seq != fact.event]


def _soak_started(state: State, event: Event, fact: ev.SoakStarted) -> None:
    item = state.plan.items.get(fact.item)
    if item is None:
        return
    state.soaks[item.id] = SoakProgress(event.at, state.clock.at(event.at), event.actor.by, event.seq)
    for gate in (item, *state.plan.sections[item.section].below(item.id)):
        state.looks.pop(gate.id, None)
        vouched = state.item_state(gate) in {ItemState.DONE, ItemState.CLAIMED} and gate.kind is Kind.GATE
        if vouched or (gate is item and state.item_state(item) is not ItemState.OPEN):
            set_mark(state, gate, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, "soaking again"))
    progress = state.phases.get(item.section)
    if progress is not None:
        progress.held = ""
    touch(state, event, item.section)


def _soak_completed(state: State, event: Event, fact: ev.SoakCompleted) -> None:
    soak = state.soaks.get(fact.item)
    if soak is None or soak.seq != fact.started or soak.completed is not None:
        return
    state.soaks[fact.item] = replace(soak, completed=event.at, observed_seconds=fact.observed_seconds)
    item = state.plan.items[fact.item]
    set_mark(state, item, Mark(ItemState.DONE, soak.by, event.at, event.seq))


def _soak_extended(state: State, _event: Event, fact: ev.SoakExtended) -> None:
    soak = state.soaks.get(fact.item)
    if soak is None or soak.seq != fact.started or soak.completed is not None or not 0 < fact.seconds < MOST_SECONDS:
        return
    state.soaks[fact.item] = replace(
        soak, looks=fact.look, extended_seconds=min(soak.extended_seconds + fact.seconds, MOST_SECONDS)
    )


def _look_requested(state: State, event: Event, fact: ev.LookRequested) -> None:
    state.look_requests[fact.item] = event
    item = state.plan.items.get(fact.item)
    if item is not None:
        touch(state, event, item.section)


def _judged(state: State, event: Event, fact: ev.GateJudged) -> None:
    state.looks[fact.item] = Look(fact, event.seq, event.at)
    asked = state.look_requests.pop(fact.item, None)
    item = state.plan.items.get(fact.item)
    if item is not None and asked is not None and asked.seq == fact.request and fact.verdict == "pass":
        set_mark(state, item, Mark(ItemState.DONE, asked.actor.by, event.at, event.seq, fact.line))


def _captured(state: State, event: Event, fact: ev.BaselineCaptured) -> None:
    captured, before = captured_of(fact.metric, fact.bins), state.baselines.get(fact.metric)
    if captured is not None and fact.metric in state.plan.metrics:
        times = before.times + 1 if before else 1
        state.baselines[fact.metric] = Baseline(captured, event.actor.by, event.at, event.seq, times)


def _decided(state: State, event: Event, fact: ev.PhaseDecided) -> None:
    progress = state.phases.get(fact.phase)
    if progress is None or fact.decision not in set(Decision):
        return
    decision = Decision(fact.decision)
    progress.decisions = [
        *(progress.decisions or []),
        Decided(decision, event.actor.by, event.at, event.seq, fact.reason),
    ]
    section = state.plan.sections[fact.phase]
    if decision is Decision.NO_GO:
        hold(state, event, section, f"No-Go by {event.actor.by}: {fact.reason}".removesuffix(": "))
    else:
        progress.held = ""
        for item in section.items:
            if item.kind is Kind.SOAK:
                stop_soak(state, item.id)
            if item.kind is Kind.DECISION:
                set_mark(state, item, Mark(ItemState.DONE, event.actor.by, event.at, event.seq, fact.reason))
        open_next_phases(state)
    touch(state, event, fact.phase)


def _phase_overridden(state: State, event: Event, fact: ev.PhaseOverridden) -> None:
    progress = state.phases.get(fact.phase)
    if progress is not None:
        progress.opened = True
        open_next_phases(state)
        touch(state, event, fact.phase)


def _signed(state: State, event: Event, fact: ev.SignedOff) -> None:
    _mark(state, event, fact.item, ItemState.DONE, reason=fact.reason)


def _unprotected(state: State, _event: Event, fact: ev.UnprotectedAccepted) -> None:
    state.unprotected_accepted = fact.reason


def _fired(state: State, event: Event, fact: ev.TriggerFired | ev.TriggerBreached) -> None:
    breached = isinstance(fact, ev.TriggerBreached)
    state.fired[fact.trigger] = Fired(event.actor.by, event.at, event.seq, fact.line, breached=breached)


_HANDLERS: dict[type[ev.Fact], Callable[[Any, Any, Any], None]] = {
    ev.RunCreated: _created,
    ev.RunClosed: _closed,
    ev.PlanAdopted: adopted,
    ev.ItemTicked: _ticked,
    ev.ItemUnticked: _unticked,
    ev.ItemMarkedNotApplicable: _not_applicable,
    ev.ItemDeferred: _deferred,
    ev.ItemOverridden: _overridden,
    ev.ItemCommented: _commented,
    ev.EventUndone: _undone,
    ev.SoakStarted: _soak_started,
    ev.SoakCompleted: _soak_completed,
    ev.SoakExtended: _soak_extended,
    ev.LookRequested: _look_requested,
    ev.GateJudged: _judged,
    ev.GateRegressed: regressed,
    ev.BaselineCaptured: _captured,
    ev.PhaseDecided: _decided,
    ev.PhaseOverridden: _phase_overridden,
    ev.SignedOff: _signed,
    ev.UnprotectedAccepted: _unprotected,
    ev.TriggerFired: _fired,
    ev.TriggerBreached: _fired,
    **ARMING,
    **HANDLERS,
}
