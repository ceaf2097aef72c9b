"""What becomes of intents about executing: requests, retries, a person's word on a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.execution import Execution, ExecutionState, StepState
from qudag_tui.core.item import ItemState, Kind
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.step import Outcome, Step

if TYPE_CHECKING:
    from qudag_tui.core.state import State


def execute(state: State, intent: ask.Execute) -> ev.Fact | Refusal:
    """Ask for a procedure or a script item; one at a time, the newer stopping the older once that is confirmed."""
    item = state.plan.items.get(intent.target)
    if intent.target not in state.plan.procedures and (item is None or item.kind is not Kind.SCRIPT):
        return Refusal(Because.NOT_FOUND, f"there is nothing to execute called “{intent.target}”", "info lists what is")
    standing = state.item_state(item) if item is not None else ItemState.OPEN
    if item is not None and not intent.undo and standing not in {ItemState.OPEN, ItemState.CLAIMED}:
        return Refusal(Because.REFUSED, f"“{item.text}” is already {standing}", "untick reopens it")
    undone = state.undoable(intent.target) if intent.undo else None
    if intent.undo and undone is None:
        return Refusal(
            Because.REFUSED, f"nothing of “{intent.target}” can be taken back", "no step that has an undo was started"
        )
    before = state.in_progress
    stopped = None if before is None else _stopped_first(before, intent)
    if isinstance(stopped, Refusal):
        return stopped
    return ev.ExecutionRequested(intent.target, intent.reason, stopped or 0, undone.request if undone else 0)


def _stopped_first(before: Execution, intent: ask.Execute) -> int | Refusal:
    """The request that the new one ends first; a refusal where it is what is asked for, or nobody has confirmed it."""
    asked = before.state is ExecutionState.REQUESTED
    if before.target == intent.target and bool(before.undoes) is intent.undo and not (asked and before.held):
        if asked:
            return Refusal(Because.REFUSED, f"“{before.label}” is already asked for", "wait, or abort it")
        if before.held:
            why = f"“{before.label}” waits since the supervisor's restart"
            return Refusal(Because.REFUSED, why, "resume it, or abort it first")
        return Refusal(Because.REFUSED, f"“{before.label}” is running", "abort it first, or retry one of its steps")
    if not intent.stop_first:
        said = "is asked for and has not started" if asked else "has not ended"
        return Refusal(Because.CONFIRM, f"“{before.stands_at}” {said}", "confirm that it is stopped first")
    return before.request


def abort(state: State) -> ev.Fact | Refusal:
    """Stop the execution that runs, or the request that waits."""
    execution = state.in_progress or state.active_execution or next(iter(state.open_requests()), None)
    if execution is None:
        return Refusal(Because.REFUSED, "nothing is running", "there is nothing to abort")
    if execution.aborted_by:
        return Refusal(
            Because.REFUSED, f"{execution.aborted_by} has already asked to abort it", "it ends after its grace"
        )
    return ev.AbortRequested(execution.request)


def _find(state: State, step_id: str) -> tuple[Execution, Step] | Refusal:
    execution = state.execution_of_step(step_id)
    step = execution.step(step_id) if execution else None
    if execution is None or step is None:
        if step_id in state.plan.boxes:
            return Refusal(
                Because.REFUSED,
                f"“{state.plan.boxes[step_id].text}” belongs to nothing that was started",
                "start it first",
            )
        return Refusal(Because.NOT_FOUND, f"there is no step “{step_id}”", "status lists the steps")
    return execution, step


def retry(state: State, intent: ask.Retry) -> ev.Fact | Refusal:
    """Another attempt at a step that ended other than passed."""
    found = _find(state, intent.step)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    active = state.active_execution
    other = active if active is not execution else state.in_progress
    if other is not None and other is not execution:
        return Refusal(Because.REFUSED, f"“{other.label}” is running", "abort it first")
    progress = execution.of(step.id)
    if execution.running_step is not None:
        return Refusal(Because.REFUSED, f"“{execution.running_step.text}” is running", "wait for it, or abort")
    if step.is_persons or step.steps or progress.state is not StepState.ENDED or progress.outcome is Outcome.PASSED:
        return Refusal(
            Because.REFUSED, f"“{step.text}” has no failed attempt", "only a step that did not pass is retried"
        )
    return ev.RetryRequested(step.id, execution.request)


def _waiting(state: State, step_id: str) -> tuple[Execution, Step] | Refusal:
    found = _find(state, step_id)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    if execution.state is not ExecutionState.RUNNING:
        return Refusal(Because.REFUSED, f"“{execution.label}” is {execution.state}", "retry one of its steps to go on")
    waits = execution.waits_for
    if waits is None or waits.id != step.id:
        other = execution.running_step or execution.next_step()
        where = f"“{other.text}” comes first" if other else "everything is settled"
        return Refusal(Because.REFUSED, f"“{step.text}” does not wait for anybody: {where}", "steps go one by one")
    return execution, step


def required_hint(step: Step, execution: Execution) -> str:
    """What can be done with a required step that waits, in place of skipping it."""
    if step.is_persons:
        return "mark how it ended, or abort"
    ended = execution.of(step.id).state is StepState.ENDED
    first = "retry it" if ended else "confirm it"
    return f"{first}, mark how it ended, or abort" if not step.steps else f"{first}, or abort"


def skip(state: State, intent: ask.Skip) -> ev.Fact | Refusal:
    """Go on without the step that waits."""
    found = _waiting(state, intent.step)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    if step.required:
        return Refusal(Because.REFUSED, f"“{step.text}” is required", required_hint(step, execution))
    return ev.StepSkipped(step.id, execution.request, intent.reason)


def confirm_step(state: State, intent: ask.ConfirmStep) -> ev.Fact | Refusal:
    """Let the step that waits for it start; what is held since a restart is resumed before that."""
    active = state.active_execution
    waits = active.waits_for if active is not None and active.waits_for_confirmation else None
    if active is None or waits is None or intent.step not in {"", waits.id}:
        return Refusal(Because.REFUSED, "no step waits to be confirmed", "status shows what waits")
    if active.held:
        return Refusal(Because.REFUSED, f"“{waits.text}” waits since the supervisor's restart", "resume comes first")
    return ev.StepConfirmed(waits.id, active.request)


def mark_step(state: State, intent: ask.MarkStep) -> ev.Fact | Refusal:
    """A person's word on the step that waits: their own, or one that failed or whose end nobody saw."""
    if intent.outcome not in {Outcome.PASSED, Outcome.FAILED}:
        return Refusal(Because.REFUSED, f"“{intent.outcome}” is not how a person marks a step", "say passed or failed")
    found = _waiting(state, intent.step)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    if step.steps:
        return Refusal(Because.REFUSED, f"“{step.text}” holds other steps", "confirm it, skip it, or abort")
    if not step.is_persons and not intent.reason.strip():
        was = "was run by the tool" if execution.of(step.id).attempts else "is run by the tool"
        return Refusal(Because.REASON, f"“{step.text}” {was}", "say how you know how it ended")
    return ev.StepMarked(step.id, execution.request, intent.outcome, intent.reason)


def resume(state: State) -> ev.Fact | Refusal:
    """Let go on what waited since the supervisor's restart, oldest first."""
    held = state.held_executions
    if not held:
        return Refusal(Because.REFUSED, "nothing waits for a confirmation", "there is nothing to resume")
    return ev.ResumeConfirmed(held[0].request)
