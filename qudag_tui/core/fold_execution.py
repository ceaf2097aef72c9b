"""How the events of executing change the state; total, like all of the fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qudag_tui.core import event as ev
from qudag_tui.core.execution import Attempt, Execution, ExecutionState, StepState
from qudag_tui.core.fold_approval import approvals_of, approved
from qudag_tui.core.fold_box import hold, set_mark, touch
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.item import ItemState, Mark
from qudag_tui.core.observation import Supervisor
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.step import Outcome
from qudag_tui.core.undoing import undo_steps, undone_id

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State

# A century: a run clock that a forged event puts further ahead may not overflow what is shown.
_MOST_RUN_NS = 100 * 366 * 86_400 * NANOSECONDS


def _requested(state: State, event: Event, fact: ev.ExecutionRequested) -> None:
    stopped = state.executions.get(fact.stops)
    if stopped is not None and not stopped.state.is_over:
        stopped.aborted_by, stopped.held = event.actor.by, False
    undone = state.executions.get(fact.undoes)
    steps = undo_steps(undone) if undone is not None else state.plan.steps_of(fact.target) if not fact.undoes else ()
    execution = Execution(event.seq, fact.target, steps, event.actor.by, event.at, fact.reason, fact.stops, fact.undoes)
    execution.approvals = approvals_of(state, event, fact)
    state.executions[event.seq] = execution
    item = state.plan.items.get(fact.target)
    if item is not None and not fact.undoes:
        touch(state, event, item.section)
        # Who starts the one step of an item has confirmed that very step.
        for step in steps:
            execution.of(step.id).confirmed = event.actor.by


def _claimed(state: State, event: Event, fact: ev.RequestClaimed) -> None:
    execution = state.executions.get(fact.request)
    if execution is None or execution.state is not ExecutionState.REQUESTED or execution.approvals.missing:
        return
    execution.state, execution.claimed = ExecutionState.RUNNING, event.at
    if execution.target == ROLLBACK and not execution.undoes:
        phase = state.current_phase
        if phase is not None:
            hold(state, event, phase, f"rollback started by {execution.by}")


def _expired(state: State, _event: Event, fact: ev.RequestExpired) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.state is ExecutionState.REQUESTED:
        execution.state = ExecutionState.EXPIRED
        execution.held, execution.why = False, fact.reason
    for item_id, asked in list(state.look_requests.items()):
        if asked.seq == fact.request:
            del state.look_requests[item_id]


def _refused(state: State, _event: Event, fact: ev.RequestRefused) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and not execution.state.is_over:
        execution.state, execution.why = ExecutionState.REFUSED, fact.reason
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
    progress.undone = False


def _step_confirmed(state: State, event: Event, fact: ev.StepConfirmed) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step):
        execution.of(fact.step).confirmed = event.actor.by


def _step_refused(state: State, event: Event, fact: ev.StepRefused) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and execution.step(fact.step):
        _end_step(state, event, execution, fact.step, Outcome.NEVER_STARTED)
        execution.of(fact.step).reason = fact.reason


def _step_ended(state: State, event: Event, fact: ev.StepEnded) -> None:
    execution = state.executions.get(fact.request)
    if execution is None or execution.step(fact.step) is None or fact.outcome not in set(Outcome):
        return
    progress, outcome = execution.of(fact.step), Outcome(fact.outcome)
    ended = event.at
    # Not before it began, whatever stands there.
    if progress.since is not None and 0 < fact.unseen_seconds <= event.at.seconds_since(progress.since):
        ended = event.at.plus(-fact.unseen_seconds)
    if progress.attempts and progress.attempts[-1].number == fact.attempt:
        progress.attempts[-1] = replace(
            progress.attempts[-1],
            outcome=outcome,
            ended=ended,
            code=fact.code,
            signal=fact.signal,
            seconds=fact.seconds,
            error=fact.error,
            left=fact.left,
        )
    _end_step(state, event, execution, fact.step, outcome)
    progress.ended, progress.reason = ended, fact.error
    step = execution.step(fact.step)
    tries = step.attempts if step is not None and step.idempotent else 1
    again = outcome in {Outcome.FAILED, Outcome.TIMED_OUT} and len(progress.attempts) < tries
    if again and not execution.aborted_by:
        progress.state, progress.outcome = StepState.PENDING, None


def _end_step(
    state: State, event: Event, execution: Execution, step_id: str, outcome: Outcome, *, by: str = ""
) -> None:
    progress = execution.of(step_id)
    progress.state, progress.outcome, progress.ended, progress.by = StepState.ENDED, outcome, event.at, by
    if outcome is not Outcome.PASSED:
        return
    undone = state.executions.get(execution.undoes)
    if undone is not None:
        _take_back(state, undone, undone_id(step_id))
    item = state.plan.items.get(execution.target)
    if item is not None:
        standing = ItemState.OPEN if execution.undoes else ItemState.DONE
        set_mark(state, item, Mark(standing, by or execution.by, event.at, event.seq))


def _take_back(state: State, undone: Execution, step_id: str) -> None:
    """With what an execution did of a step, what earlier ones did of it is taken back as well, and not once more."""
    for earlier in state.executions.values():
        is_of_it = earlier.target == undone.target and not earlier.undoes and earlier.request <= undone.request
        if is_of_it and step_id in earlier.progress:
            earlier.of(step_id).undone = True


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
    if execution is not None and execution.step(fact.step) and not execution.approvals.missing:
        progress = execution.of(fact.step)
        progress.state, progress.outcome, progress.since = StepState.PENDING, None, event.at
        progress.confirmed = ""
        execution.state, execution.aborted_by, execution.outcome = ExecutionState.RUNNING, "", None
        execution.held = False


def _abort(state: State, event: Event, fact: ev.AbortRequested) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and not execution.state.is_over:
        execution.aborted_by, execution.held = event.actor.by, False


def _finished(state: State, _event: Event, fact: ev.ExecutionFinished) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None and fact.outcome in set(Outcome):
        execution.state = ExecutionState.FINISHED
        execution.outcome, execution.held = Outcome(fact.outcome), False


def _supervisor_started(state: State, event: Event, fact: ev.SupervisorStarted) -> None:
    if fact.run_ns > state.clock.run_ns:
        state.clock = state.clock.seen(event.at, min(fact.run_ns, _MOST_RUN_NS))
    before = state.supervisor
    restarted = before is not None and before.stopped is None
    state.supervisor = Supervisor(fact, event.at, restarted=restarted, missing=fact.missing)
    for execution in state.executions.values():
        # What waits for approval starts by nothing but a person's new word.
        if not execution.state.is_over and not execution.awaits_approval:
            execution.held = True
            _withdraw_confirmations(execution)


def _withdraw_confirmations(execution: Execution) -> None:
    """A confirmation was for then: what has not started by now is confirmed anew once the execution goes on."""
    for step in execution.walk():
        leaves = [leaf for leaf in step.walk() if not leaf.steps]
        if all(execution.of(leaf.id).state is StepState.PENDING for leaf in leaves):
            execution.of(step.id).confirmed = ""


def _environment_checked(state: State, _event: Event, fact: ev.EnvironmentChecked) -> None:
    # Of another plan than the one that is followed it says nothing.
    if state.supervisor is not None and fact.plan == state.plan.sha256:
        state.supervisor = replace(state.supervisor, missing=fact.missing)


def _supervisor_stopped(state: State, _event: Event, fact: ev.SupervisorStopped) -> None:
    if state.supervisor is not None:
        state.supervisor = replace(state.supervisor, stopped=fact)


def _resumed(state: State, event: Event, fact: ev.ResumeConfirmed) -> None:
    execution = state.executions.get(fact.request)
    if execution is not None:
        execution.held, execution.asked = False, event.at


HANDLERS: Mapping[type[ev.Fact], Callable[[Any, Any, Any], None]] = {
    ev.ExecutionRequested: _requested,
    ev.ApprovalGiven: approved,
    ev.RequestClaimed: _claimed,
    ev.RequestExpired: _expired,
    ev.RequestRefused: _refused,
    ev.StepConfirmed: _step_confirmed,
    ev.StepRefused: _step_refused,
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
    ev.EnvironmentChecked: _environment_checked,
    ev.SupervisorStopped: _supervisor_stopped,
    ev.ResumeConfirmed: _resumed,
}
