"""What the supervisor has to do at a moment: expire, claim, start, cancel, watch, finish. Pure; nothing is done here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.approval import UNAPPROVED, left_seconds
from qudag_tui.core.arming import starts
from qudag_tui.core.execution import EXPIRES_SECONDS, Execution, ExecutionState, StepState
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State
    from qudag_tui.core.step import Step


@lean_dataclass(frozen=True, slots=True)
class StartStep:
    """Start an attempt at a step's command."""

    execution: Execution
    step: Step
    attempt: int


@lean_dataclass(frozen=True, slots=True)
class CancelStep:
    """Stop the running attempt of an aborted execution."""

    execution: Execution
    step: Step


@lean_dataclass(frozen=True, slots=True)
class JudgeWatch:
    """Look whether a watched condition holds, ``left_seconds`` before its deadline (0: at it)."""

    execution: Execution
    step: Step
    left_seconds: float


Action = StartStep | CancelStep | JudgeWatch | ev.Fact


def due(state: State, now: Instant) -> list[Action]:
    """Everything that is to be done at ``now``, in order; facts are to be recorded, the rest to be carried out."""
    actions: list[Action] = []
    actions.extend(
        ev.RequestExpired(asked.seq)
        for asked in state.look_requests.values()
        if now.seconds_since(asked.at) > EXPIRES_SECONDS
    )
    actions.extend(starts(state, now))
    for execution in state.executions.values():
        if execution.state is ExecutionState.REQUESTED:
            actions.extend(_request(execution, now))
        elif execution.state is ExecutionState.RUNNING:
            actions.extend(_running(state, execution, now))
    return actions


def _request(execution: Execution, now: Instant) -> list[Action]:
    if execution.aborted_by:
        return [ev.ExecutionFinished(execution.request, "cancelled")]
    if execution.awaits_approval:
        return [] if left_seconds(execution, now) else [ev.RequestExpired(execution.request, UNAPPROVED)]
    if now.seconds_since(execution.asked) > EXPIRES_SECONDS:
        return [ev.RequestExpired(execution.request)]
    return [] if execution.held else [ev.RequestClaimed(execution.request)]


def _running(state: State, execution: Execution, now: Instant) -> list[Action]:
    running = execution.running_step
    if running is not None:
        return _under_way(state, execution, running, now)
    if execution.aborted_by:
        return [ev.ExecutionFinished(execution.request, execution.result())]
    if execution.held:
        return []
    following = execution.next_step()
    if following is None:
        return [ev.ExecutionFinished(execution.request, execution.result())]
    progress = execution.of(following.id)
    if following.is_persons or progress.state is not StepState.PENDING or execution.to_confirm(following):
        return []
    if any(other.running_step is not None for other in state.executions.values()):
        return []
    if following.until is not None:
        return [ev.WatchStarted(following.id, execution.request)]
    return [StartStep(execution, following, len(progress.attempts) + 1)]


def _under_way(state: State, execution: Execution, step: Step, now: Instant) -> list[Action]:
    progress = execution.of(step.id)
    if progress.state is StepState.RUNNING:
        return [CancelStep(execution, step)] if execution.aborted_by else []
    if execution.aborted_by:
        return [ev.WatchEnded(step.id, execution.request, "cancelled", "unknown", f"aborted by {execution.aborted_by}")]
    if execution.held or step.until is None or progress.since is None:
        return []
    waited_seconds = (state.clock.at(now) - state.clock.at(progress.since)) / NANOSECONDS
    return [JudgeWatch(execution, step, max(0.0, step.until.within_seconds - waited_seconds))]
