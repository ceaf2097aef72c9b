"""Which observations of the supervisor become facts: each only once, and only where the state allows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.arming import starts
from qudag_tui.core.execution import EXPIRES_SECONDS, Execution, ExecutionState, StepState
from qudag_tui.core.item import Kind
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.regression import can_regress
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

_REPEAT = Refusal(Because.REFUSED, "this is already recorded, or no longer so")


def record(state: State, fact: ev.Fact, now: Instant) -> ev.Fact | Refusal:
    """``fact`` itself where it is new and possible, else a refusal; so a second supervisor cannot double anything."""
    return fact if _is_allowed(state, fact, now) else _REPEAT


def _is_allowed(state: State, fact: ev.Fact, now: Instant) -> bool:
    match fact:
        case ev.SupervisorStarted() | ev.SupervisorStopped():
            return True
        case ev.EnvironmentChecked(plan=plan, missing=missing):
            there = state.supervisor
            return there is not None and plan == state.plan.sha256 and missing != there.missing
        case ev.ExecutionRequested():
            # By itself the supervisor asks for one thing only: what a countdown that is over asks for.
            return fact in starts(state, now)
        case ev.RequestClaimed(request=request):
            return _may_claim(state, request, now)
        case ev.RequestExpired(request=request):
            execution = state.executions.get(request)
            if execution is not None:
                return execution.state is ExecutionState.REQUESTED
            return any(asked.seq == request for asked in state.look_requests.values())
        case ev.RequestRefused(request=request):
            execution = state.executions.get(request)
            return execution is not None and not execution.state.is_over and execution.running_step is None
        case ev.StepStarted():
            execution = state.executions.get(fact.request)
            return _may_start(state, execution, fact.step) and fact.attempt == _attempts(execution, fact.step) + 1
        case ev.StepRefused():
            return _may_start(state, state.executions.get(fact.request), fact.step)
        case ev.WatchStarted():
            return _may_start(state, state.executions.get(fact.request), fact.step)
        case ev.StepEnded():
            execution = state.executions.get(fact.request)
            running = execution.of(fact.step).running if execution and execution.step(fact.step) else None
            return running is not None and running.number == fact.attempt
        case ev.WatchEnded():
            execution = state.executions.get(fact.request)
            return (
                execution is not None
                and execution.step(fact.step) is not None
                and execution.of(fact.step).state is StepState.WATCHING
            )
        case ev.ExecutionFinished(request=request):
            execution = state.executions.get(request)
            return (
                execution is not None
                and not execution.state.is_over
                and execution.running_step is None
                and bool(execution.aborted_by or execution.next_step() is None)
            )
        case ev.TriggerBreached():
            known = any(t.id == fact.trigger and t.condition is not None for t in state.plan.triggers)
            return known and state.may_breach(fact.trigger) and state.is_under_way
        case ev.SoakCompleted():
            soak = state.soaks.get(fact.item)
            return soak is not None and soak.completed is None and soak.seq == fact.started
        case ev.SoakExtended():
            soak = state.soaks.get(fact.item)
            return (
                soak is not None
                and soak.completed is None
                and soak.seq == fact.started
                and fact.look == soak.looks + 1
                and 0 < fact.seconds < math.inf
            )
        case ev.GateJudged():
            return _may_judge(state, fact)
        case ev.GateRegressed():
            gate, look = state.plan.items.get(fact.item), state.looks.get(fact.item)
            return gate is not None and look is not None and look.seq == fact.look and can_regress(state, gate)
        case _:
            return False


def _attempts(execution: Execution | None, step_id: str) -> int:
    return len(execution.of(step_id).attempts) if execution else 0


def _may_claim(state: State, request: int, now: Instant) -> bool:
    execution = state.executions.get(request)
    if execution is None or execution.state is not ExecutionState.REQUESTED or state.closed is not None:
        return False
    others = [e for e in state.executions.values() if e.state is ExecutionState.RUNNING and not e.aborted_by]
    fresh = now.seconds_since(execution.asked) <= EXPIRES_SECONDS
    may_start = not execution.held and not execution.aborted_by and not execution.awaits_approval
    return fresh and may_start and not others


def _may_start(state: State, execution: Execution | None, step_id: str) -> bool:
    if execution is None or execution.state is not ExecutionState.RUNNING or execution.held or execution.aborted_by:
        return False
    if any(e.running_step is not None for e in state.executions.values()):
        return False
    following = execution.next_step()
    return (
        following is not None
        and following.id == step_id
        and execution.of(step_id).state is StepState.PENDING
        and not following.is_persons
        and execution.to_confirm(following) is None
    )


def _may_judge(state: State, fact: ev.GateJudged) -> bool:
    gate = state.plan.items.get(fact.item)
    if gate is None or gate.kind is not Kind.GATE:
        return False
    asked = state.look_requests.get(fact.item)
    if asked is not None:
        return asked.seq == fact.request and fact.look == state.next_look(fact.item)
    look = state.looks.get(fact.item)
    if look is not None and look.judged.request == fact.request:
        before = look.judged
        if before.verdict != Verdict.INCONCLUSIVE or fact.look <= before.look:
            return False
    return any(
        soak.completed is None and soak.seq == fact.request and fact.look == soak.looks + 1
        for soak in state.soaks.values()
    )
