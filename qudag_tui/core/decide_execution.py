"""What becomes of intents about executing: requests, retries, a person's word on a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.decide_approval import superseded
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
    if item is not None and state.item_state(item) not in {ItemState.OPEN, ItemState.CLAIMED}:
        return Refusal(Because.REFUSED, f"“{item.text}” is already {state.item_state(item)}", "untick reopens it")
    waiting = next(iter(state.open_requests()), None)
    if waiting is not None:
        already = Refusal(Because.REFUSED, f"“{waiting.target}” is already asked for", "wait, or abort it")
        return superseded(waiting, intent) or already
    active = state.active_execution
    if active is None:
        return ev.ExecutionRequested(intent.target, intent.reason, 0, intent.alone, intent.own_keys)
    if active.target == intent.target:
        return Refusal(Because.REFUSED, f"“{intent.target}” is running", "abort it first, or retry one of its steps")
    if not intent.stop_first:
        running = active.running_step
        what = running.text if running else active.target
        return Refusal(Because.CONFIRM, f"“{what}” has not ended", "confirm that it is stopped first")
    return ev.ExecutionRequested(intent.target, intent.reason, active.request, intent.alone, intent.own_keys)


def abort(state: State) -> ev.Fact | Refusal:
    """Stop the execution that runs, or the request that waits."""
    execution = state.active_execution or next(iter(state.open_requests()), None)
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
    if active is not None and active is not execution:
        return Refusal(Because.REFUSED, f"“{active.target}” is running", "abort it first")
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
        return Refusal(Because.REFUSED, f"“{execution.target}” is {execution.state}", "retry one of its steps to go on")
    waits = execution.waits_for
    if waits is None or waits.id != step.id:
        other = execution.running_step or execution.next_step()
        where = f"“{other.text}” comes first" if other else "everything is settled"
        return Refusal(Because.REFUSED, f"“{step.text}” does not wait for anybody: {where}", "steps go one by one")
    return execution, step


def skip(state: State, intent: ask.Skip) -> ev.Fact | Refusal:
    """Go on without the step that waits."""
    found = _waiting(state, intent.step)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    if step.required:
        return Refusal(Because.REFUSED, f"“{step.text}” is required", "retry it, mark how it ended, or abort")
    return ev.StepSkipped(step.id, execution.request, intent.reason)


def mark_step(state: State, intent: ask.MarkStep) -> ev.Fact | Refusal:
    """A person's word on the step that waits: their own, or one that failed or whose end nobody saw."""
    if intent.outcome not in {Outcome.PASSED, Outcome.FAILED}:
        return Refusal(Because.REFUSED, f"“{intent.outcome}” is not how a person marks a step", "say passed or failed")
    found = _waiting(state, intent.step)
    if isinstance(found, Refusal):
        return found
    execution, step = found
    if not step.is_persons and not intent.reason.strip():
        return Refusal(Because.REASON, f"“{step.text}” was run by the tool", "say how you know how it ended")
    return ev.StepMarked(step.id, execution.request, intent.outcome, intent.reason)


def resume(state: State) -> ev.Fact | Refusal:
    """Let go on what waited since the supervisor's restart, oldest first."""
    held = state.held_executions
    if not held:
        return Refusal(Because.REFUSED, "nothing waits for a confirmation", "there is nothing to resume")
    return ev.ResumeConfirmed(held[0].request)
