"""How each kind of event changes the state. Total: a forged or future event marks the run, it never raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qudag_tui.core import event as ev
from qudag_tui.core.execution import Attempt, Execution, ExecutionState, StepState
from qudag_tui.core.instant import RunClock
from qudag_tui.core.item import Comment, Item, ItemState, Kind, Mark, Script
from qudag_tui.core.observation import Fired, Look, Supervisor
from qudag_tui.core.phase import Decided, Decision, PhaseState, SoakProgress
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.step import Outcome, Step

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State

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


def set_mark(state: State, item: Item, mark: Mark | None) -> None:
    """Add ``mark`` to a box (None takes the last one away) and keep the counts right."""
    before = state.item_state(item).counts_as_done
    marks = state.marks.setdefault(item.id, [])
    if mark is None:
        if marks:
            marks.pop()
    else:
        marks.append(mark)
    after = state.item_state(item).counts_as_done
    if before != after:
        state.count(item, 1 if after else -1, state.done)
    if item.section in state.phases:
        _open_next_phase(state, item.section)


def _mark(state: State, event: Event, item_id: str, to_state: ItemState, *, reason: str = "", to: str = "") -> None:
    item = state.plan.items.get(item_id)
    if item is None:
        return
    set_mark(state, item, Mark(to_state, event.actor.by, event.at, event.seq, reason, to))
    _touch(state, event, item.section)


def _touch(state: State, event: Event, section_id: str) -> None:
    progress = state.phases.get(section_id)
    if progress is not None and progress.started is None:
        progress.started = event.at


def _open_next_phase(state: State, section_id: str) -> None:
    phases = state.plan.phases
    position = next(number for number, phase in enumerate(phases) if phase.id == section_id)
    if position + 1 < len(phases) and not state.phases[phases[position + 1].id].opened:
        state.phases[phases[position + 1].id].opened = state.phase_state(phases[position]) is PhaseState.GO


def _created(state: State, _event: Event, fact: ev.RunCreated) -> None:
    if state.run is None:
        state.run = fact
        if fact.format > ev.FORMAT:
            state.read_only = f"its format is {fact.format}, {NEWER}"


def _closed(state: State, event: Event, fact: ev.RunClosed) -> None:
    state.closed, state.closed_at = fact, event.at


def _ticked(state: State, event: Event, fact: ev.ItemTicked) -> None:
    _mark(state, event, fact.item, ItemState.DONE, reason=fact.line)


def _unticked(state: State, event: Event, fact: ev.ItemUnticked) -> None:
    if fact.item in state.fired:
        del state.fired[fact.item]
    state.soaks.pop(fact.item, None)
    state.look_requests.pop(fact.item, None)
    _mark(state, event, fact.item, ItemState.OPEN)


def _not_applicable(state: State, event: Event, fact: ev.ItemMarkedNotApplicable) -> None:
    _mark(state, event, fact.item, ItemState.NOT_APPLICABLE, reason=fact.reason)
    _stop_soak(state, fact.item)


def _deferred(state: State, event: Event, fact: ev.ItemDeferred) -> None:
    _mark(state, event, fact.item, ItemState.DEFERRED, reason=fact.reason, to=fact.to)
    _stop_soak(state, fact.item)


def _overridden(state: State, event: Event, fact: ev.ItemOverridden) -> None:
    _mark(state, event, fact.item, ItemState.OVERRIDDEN, reason=fact.reason)
    _stop_soak(state, fact.item)


def _stop_soak(state: State, item_id: str) -> None:
    soak = state.soaks.get(item_id)
    if soak is not None and soak.completed is None:
        del state.soaks[item_id]


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
        if state.item_state(gate) is not ItemState.OPEN and gate.kind in {Kind.GATE, Kind.SOAK}:
            set_mark(state, gate, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, "soaking again"))
    progress = state.phases.get(item.section)
    if progress is not None:
        progress.held = ""
    _touch(state, event, item.section)


def _soak_completed(state: State, event: Event, fact: ev.SoakCompleted) -> None:
    soak = state.soaks.get(fact.item)
    if soak is None or soak.seq != fact.started or soak.completed is not None:
        return
    state.soaks[fact.item] = replace(soak, completed=event.at, observed_seconds=fact.observed_seconds)
    item = state.plan.items[fact.item]
    set_mark(state, item, Mark(ItemState.DONE, soak.by, event.at, event.seq))


def _look_requested(state: State, event: Event, fact: ev.LookRequested) -> None:
    state.look_requests[fact.item] = event
    item = state.plan.items.get(fact.item)
    if item is not None:
        _touch(state, event, item.section)


def _judged(state: State, event: Event, fact: ev.GateJudged) -> None:
    state.looks[fact.item] = Look(fact, event.seq, event.at)
    asked = state.look_requests.pop(fact.item, None)
    item = state.plan.items.get(fact.item)
    if item is not None and asked is not None and asked.seq == fact.request and fact.verdict == "pass":
        set_mark(state, item, Mark(ItemState.DONE, asked.actor.by, event.at, event.seq, fact.line))


def _decided(state: State, event: Event, fact: ev.PhaseDecided) -> None:
    progress = state.phases.get(fact.phase)
    if progress is None or fact.decision not in set(Decision):
        return
    decision = Decision(fact.decision)
    progress.decisions = [
        *(progress.decisions or []),
        Decided(decision, event.actor.by, event.at, event.seq, fact.reason),
    ]
    progress.held = "" if decision is Decision.GO else f"No-Go by {event.actor.by}: {fact.reason}".removesuffix(": ")
    section = state.plan.sections[fact.phase]
    for item in section.items:
        if item.kind is Kind.SOAK:
            _stop_soak(state, item.id)
        if item.kind is Kind.DECISION:
            to_state = ItemState.DONE if decision is Decision.GO else ItemState.OPEN
            set_mark(state, item, Mark(to_state, event.actor.by, event.at, event.seq, fact.reason))
    _open_next_phase(state, fact.phase)
    _touch(state, event, fact.phase)


def _phase_overridden(state: State, event: Event, fact: ev.PhaseOverridden) -> None:
    progress = state.phases.get(fact.phase)
    if progress is not None:
        progress.opened, progress.opened_by_override = True, f"{event.actor.by}: {fact.reason}"
        _touch(state, event, fact.phase)


def _signed(state: State, event: Event, fact: ev.SignedOff) -> None:
    _mark(state, event, fact.item, ItemState.DONE, reason=fact.reason)


def _unprotected(state: State, _event: Event, fact: ev.UnprotectedAccepted) -> None:
    state.unprotected_accepted = fact.reason


def _fired(state: State, event: Event, fact: ev.TriggerFired) -> None:
    state.fired[fact.trigger] = Fired(event.actor.by, event.at, event.seq, fact.line)


# Executing


def _steps_of(state: State, target: str) -> tuple[Step, ...]:
    procedure = state.plan.procedures.get(target)
    if procedure is not None:
        return procedure.steps
    item = state.plan.items.get(target)
    return (item.spec.step,) if item is not None and isinstance(item.spec, Script) else ()


def _requested(state: State, event: Event, fact: ev.ExecutionRequested) -> None:
    steps = _steps_of(state, fact.target)
    state.executions[event.seq] = Execution(
        event.seq, fact.target, steps, event.actor.by, event.at, fact.reason, fact.stops
    )
    stopped = state.executions.get(fact.stops)
    if stopped is not None and not stopped.state.is_over:
        stopped.aborted_by, stopped.held = event.actor.by, False
    item = state.plan.items.get(fact.target)
    if item is not None:
        _touch(state, event, item.section)


def _claimed(state: State, event: Event, fact: ev.RequestClaimed) -> None:
    execution = state.executions.get(fact.request)
    if execution is None or execution.state is not ExecutionState.REQUESTED:
        return
    execution.state, execution.claimed = ExecutionState.RUNNING, event.at
    if execution.target == ROLLBACK:
        phase = state.current_phase
        if phase is not None:
            running = state.running_soak(phase)
            state.phases[phase.id].held = f"rollback started by {execution.by}"
            if running is not None:
                _stop_soak(state, running.id)


def _expired(state: State, event: Event, fact: ev.RequestExpired) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.state is ExecutionState.REQUESTED:
        execution.state, execution.finished = ExecutionState.EXPIRED, event.at
        execution.held = False
    for item_id, asked in list(state.look_requests.items()):
        if asked.seq == fact.request:
            del state.look_requests[item_id]


def _refused(state: State, event: Event, fact: ev.RequestRefused) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and not execution.state.is_over:
        execution.state, execution.finished, execution.why = ExecutionState.REFUSED, event.at, fact.reason
        execution.held = False


def _step_started(state: State, event: Event, fact: ev.StepStarted) -> None:
    execution = state.executions.get(fact.request)
    if execution is None or execution.step(fact.step) is None:
        return
    progress = execution.of(fact.step)
    progress.attempts.append(
        Attempt(fact.attempt, event.at, fact.pid, fact.ticks, fact.shim_pid, fact.shim_ticks, fact.log)
    )
    progress.state, progress.outcome, progress.since, progress.ended = StepState.RUNNING, None, event.at, None


def _step_ended(state: State, event: Event, fact: ev.StepEnded) -> None:
    execution = state.executions.get(fact.request)
    if execution is None or execution.step(fact.step) is None or fact.outcome not in set(Outcome):
        return
    progress, outcome = execution.of(fact.step), Outcome(fact.outcome)
    if progress.attempts and progress.attempts[-1].number == fact.attempt:
        progress.attempts[-1] = replace(
            progress.attempts[-1],
            outcome=outcome,
            ended=event.at,
            code=fact.code,
            signal=fact.signal,
            seconds=fact.seconds,
            error=fact.error,
            left=fact.left,
        )
    _end_step(state, event, execution, fact.step, outcome)
    progress.reason = fact.error


def _end_step(
    state: State, event: Event, execution: Execution, step_id: str, outcome: Outcome, *, by: str = ""
) -> None:
    progress = execution.of(step_id)
    progress.state, progress.outcome, progress.ended, progress.by = StepState.ENDED, outcome, event.at, by
    item = state.plan.items.get(execution.target)
    if item is not None and outcome is Outcome.PASSED:
        set_mark(state, item, Mark(ItemState.DONE, by or execution.by, event.at, event.seq))


def _watch_started(state: State, event: Event, fact: ev.WatchStarted) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step):
        progress = execution.of(fact.step)
        progress.state, progress.since, progress.outcome = StepState.WATCHING, event.at, None


def _watch_ended(state: State, event: Event, fact: ev.WatchEnded) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step) and fact.outcome in set(Outcome):
        _end_step(state, event, execution, fact.step, Outcome(fact.outcome))
        execution.of(fact.step).line = fact.line


def _step_marked(state: State, event: Event, fact: ev.StepMarked) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step) and fact.outcome in set(Outcome):
        _end_step(state, event, execution, fact.step, Outcome(fact.outcome), by=event.actor.by)
        execution.of(fact.step).reason = fact.reason


def _step_skipped(state: State, event: Event, fact: ev.StepSkipped) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step):
        progress = execution.of(fact.step)
        progress.state, progress.ended = StepState.SKIPPED, event.at
        progress.by, progress.reason = event.actor.by, fact.reason


def _retry(state: State, event: Event, fact: ev.RetryRequested) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step):
        progress = execution.of(fact.step)
        progress.state, progress.outcome, progress.since = StepState.PENDING, None, event.at
        execution.state, execution.aborted_by, execution.outcome = ExecutionState.RUNNING, "", None
        execution.held = False


def _abort(state: State, event: Event, fact: ev.AbortRequested) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and not execution.state.is_over:
        execution.aborted_by, execution.held = event.actor.by, False


def _finished(state: State, event: Event, fact: ev.ExecutionFinished) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and fact.outcome in set(Outcome):
        execution.state, execution.finished = ExecutionState.FINISHED, event.at
        execution.outcome, execution.held = Outcome(fact.outcome), False


def _supervisor_started(state: State, event: Event, fact: ev.SupervisorStarted) -> None:
    state.supervisor = Supervisor(fact, event.at)
    for execution in state.executions.values():
        if not execution.state.is_over:
            execution.held = True


def _supervisor_stopped(state: State, _event: Event, fact: ev.SupervisorStopped) -> None:
    if state.supervisor is not None:
        state.supervisor = replace(state.supervisor, stopped=fact)


def _resumed(state: State, event: Event, fact: ev.ResumeConfirmed) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None:
        execution.held, execution.asked = False, event.at


_HANDLERS: dict[type[ev.Fact], Callable[[Any, Any, Any], None]] = {
    ev.RunCreated: _created,
    ev.RunClosed: _closed,
    ev.ItemTicked: _ticked,
    ev.ItemUnticked: _unticked,
    ev.ItemMarkedNotApplicable: _not_applicable,
    ev.ItemDeferred: _deferred,
    ev.ItemOverridden: _overridden,
    ev.ItemCommented: _commented,
    ev.EventUndone: _undone,
    ev.SoakStarted: _soak_started,
    ev.SoakCompleted: _soak_completed,
    ev.LookRequested: _look_requested,
    ev.GateJudged: _judged,
    ev.PhaseDecided: _decided,
    ev.PhaseOverridden: _phase_overridden,
    ev.SignedOff: _signed,
    ev.UnprotectedAccepted: _unprotected,
    ev.TriggerFired: _fired,
    ev.ExecutionRequested: _requested,
    ev.RequestClaimed: _claimed,
    ev.RequestExpired: _expired,
    ev.RequestRefused: _refused,
    ev.StepStarted: _step_started,
    ev.StepEnded: _step_ended,
    ev.WatchStarted: _watch_started,
    ev.WatchEnded: _watch_ended,
    ev.StepMarked: _step_marked,
    ev.StepSkipped: _step_skipped,
    ev.RetryRequested: _retry,
    ev.AbortRequested: _abort,
    ev.ExecutionFinished: _finished,
    ev.SupervisorStarted: _supervisor_started,
    ev.SupervisorStopped: _supervisor_stopped,
    ev.ResumeConfirmed: _resumed,
}
