"""``status --json``: the stable interface of DESIGN section 10. Keys are added, never renamed or taken away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.moment import stamp
from qudag_tui.cli.trigger_json import armed_json, countdown_json, trigger_json
from qudag_tui.core.approval import VALID_SECONDS, alone_executions
from qudag_tui.core.execution import Attempt, Execution, StepState
from qudag_tui.core.gate_said import by_metric, of_metric
from qudag_tui.core.item import Item, Kind
from qudag_tui.core.requirement import plain
from qudag_tui.core.step import Outcome
from qudag_tui.run import clock

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.adoption import Removed
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.procedure import Procedure
    from qudag_tui.core.state import State
    from qudag_tui.core.step import Step
    from qudag_tui.run.lock import Holder
    from qudag_tui.run.standings import Standings

OPEN = "open"


def status_json(session: Session, standings: Standings) -> dict[str, Any]:
    """Everything, as plain values."""
    from qudag_tui.run.supervision import supervisor_holder

    state, plan = session.state, session.plan
    boxes, now = plan.boxes, clock.now()
    return {
        "run": _run(session),
        "counts": {"boxes": len(boxes), "total": state.total[""], "done": state.done[""]},
        "items": [_item(box, state, standings) for box in boxes.values()],
        "phases": [_phase(phase, state) for phase in plan.phases],
        "metrics": [metric_json(metric_id, session, standings) for metric_id in plan.metrics],
        "triggers": [trigger_json(trigger, state, standings, now) for trigger in plan.triggers],
        "procedures": [_procedure(procedure, session) for procedure in plan.procedures.values()],
        "armed": armed_json(state),
        "countdown": countdown_json(state, standings, now),
        "removed": [_removed(removed) for removed in state.removed.values()],
        "supervisor": _supervisor(
            state, standings, supervisor_holder(session.opened) if standings.supervised else None
        ),
    }


def run_state(state: State) -> str:
    """``open``, or how it was closed."""
    return state.closed.outcome if state.closed else OPEN


def _run(session: Session) -> dict[str, Any]:
    state, created = session.state, session.state.run
    current, starts = state.current_item(), state.starts
    return {
        "id": session.opened.id,
        "folder": str(session.opened.path),
        "title": session.plan.title,
        "release": created.release if created else "",
        "previous": created.previous if created else "",
        "file": state.file,
        "plan": session.plan.sha256,
        "adopted": len(state.adoptions) - 1,
        "starts": stamp(starts) if starts else None,
        "state": run_state(state),
        "created": stamp(state.created.wall) if state.created else None,
        "closed": stamp(state.closed_at.wall) if state.closed_at else None,
        "seq": state.head_seq,
        "current": current.id if current else None,
        "read_only": state.read_only or session.opened.read_only,
    }


def _item(box: Item, state: State, standings: Standings) -> dict[str, Any]:
    by, at = who_and_when(box, state)
    value: dict[str, Any] = {
        "id": box.id,
        "text": box.text,
        "kind": str(box.kind),
        "state": str(state.box_state(box)),
        "depth": box.depth,
        "parent": box.parent,
        "section": box.section,
        "by": by,
        "at": at,
    }
    if box.kind is Kind.GATE:
        value |= gate_json(box, state, standings)
    if box.kind is Kind.SOAK:
        soak = state.soaks.get(box.id)
        observed = soak.observed_seconds if soak and soak.completed else standings.observed_seconds.get(box.id)
        value |= {"soak_seconds": getattr(box.spec, "seconds", None), "observed_seconds": finite(observed)}
        value["extended_seconds"] = soak.extended_seconds if soak else 0.0
    mark = state.mark(box.id)
    if mark is not None and mark.reason:
        value["reason"] = mark.reason
    return value


def who_and_when(box: Item, state: State) -> tuple[str | None, str | None]:
    """Who said the last word on a box, and when; None and None where nobody did."""
    if box.kind is Kind.TRIGGER:
        fired = state.fired.get(box.id)
        return (fired.by, stamp(fired.at.wall)) if fired else (None, None)
    if box.kind is Kind.STEP:
        execution = state.last_execution(box.section)
        progress = execution.progress.get(box.id) if execution else None
        if execution is None or progress is None or progress.ended is None:
            return None, None
        return progress.by or execution.by, stamp(progress.ended.wall)
    mark = state.mark(box.id)
    return (mark.by, stamp(mark.at.wall)) if mark else (None, None)


def gate_json(gate: Item, state: State, standings: Standings) -> dict[str, Any]:
    """What a gate says, what it needs, and, before its soak, whether that will do."""
    said, ahead = standings.said(gate, state), standings.forecast(gate, state)
    return {
        "verdict": str(said.verdict) if said else None,
        "line": said.line if said else "",
        "final": bool(said and said.is_final),
        "regressed": bool(said and said.has_regressed),
        "needs": said.needs if said else "",
        "requirements": plain(said.requirements) if said else [],
        "forecast": {
            "verdict": str(ahead.verdict),
            "line": ahead.line,
            "needs_seconds": finite(ahead.value),
            "soak_seconds": finite(ahead.limit),
        }
        if ahead
        else None,
    }


def _phase(phase: Section, state: State) -> dict[str, Any]:
    progress = state.phases[phase.id]
    decision = progress.decision
    return {
        "id": phase.id,
        "title": phase.title,
        "traffic": phase.traffic,
        "state": str(state.phase_state(phase)),
        "total": state.total[phase.id],
        "done": state.done[phase.id],
        "started": stamp(progress.started.wall) if progress.started else None,
        "held": progress.held,
        "decision": str(decision.decision) if decision else None,
        "by": decision.by if decision else None,
        "at": stamp(decision.at.wall) if decision else None,
    }


def metric_json(metric_id: str, session: Session, standings: Standings) -> dict[str, Any]:
    """One metric with its latest number."""
    metric, seen = session.plan.metrics[metric_id], standings.metrics.get(metric_id)
    return {
        "id": metric_id,
        "title": metric.title,
        "value": finite(seen.value) if seen else None,
        "unit": str(metric.unit),
        "at": seen.at or None if seen else None,
        "verdict": _metric_verdict(metric_id, session, standings),
        "error": seen.error if seen else "",
        "baseline": finite(standings.baseline(metric, session.state)),
    }


def _metric_verdict(metric_id: str, session: Session, standings: Standings) -> str | None:
    """The worst that gates which look at it say now; at best unknown without a number, None where no gate looks."""
    seen, state = standings.metrics.get(metric_id), session.state
    found = by_metric(((gate, standings.said(gate, state)) for gate in session.plan.gates), state).get(metric_id)
    is_measured = seen is not None and seen.value is not None and standings.is_live
    verdict = of_metric(found, is_measured=is_measured)
    return str(verdict) if verdict is not None else None


def _procedure(procedure: Procedure, session: Session) -> dict[str, Any]:
    state = session.state
    execution = state.last_execution(procedure.id)
    undo = next((e for e in reversed(state.executions.values()) if execution and e.undoes == execution.request), None)
    return {
        "id": procedure.id,
        "title": procedure.title,
        **_execution(execution),
        "approvals": _approvals(procedure, execution, state),
        "steps": [_step(step, execution, session) for step in procedure.walk()],
        "undo": {**_execution(undo), "steps": [_step(step, undo, session) for step in undo.walk()]} if undo else None,
    }


def _execution(execution: Execution | None) -> dict[str, Any]:
    waits = execution.waits_for if execution else None
    return {
        "state": str(execution.state) if execution else None,
        "outcome": str(execution.outcome) if execution and execution.outcome else None,
        "by": execution.by if execution else None,
        "at": stamp(execution.at.wall) if execution else None,
        "held": bool(execution and execution.held),
        "waits_for": waits.id if waits else None,
        "waits_for_confirmation": bool(execution and execution.waits_for_confirmation),
    }


def _approvals(procedure: Procedure, execution: Execution | None, state: State) -> dict[str, Any]:
    """How many people it wants, who has approved, and every time that it went on without them."""
    alone = [e for e in alone_executions(state) if e.target == procedure.id]
    unapproved = (e for e in state.open_requests() if e.target == procedure.id and e.awaits_approval)
    execution = next(unapproved, execution)
    approvals = execution.approvals if execution else None
    given = approvals.given if approvals else []
    waits = execution is not None and execution.awaits_approval
    return {
        "wanted": approvals.wanted if approvals else procedure.approvals,
        "given": [{"principal": a.principal, "key": a.key, "by": a.by, "at": stamp(a.at.wall)} for a in given],
        "missing": approvals.missing if approvals and waits else 0,
        "expires": stamp(execution.at.plus(VALID_SECONDS).wall) if execution and waits else None,
        "alone": [{"by": e.by, "at": stamp(e.at.wall), "reason": e.approvals.alone} for e in alone],
    }


def _step(step: Step, execution: Execution | None, session: Session) -> dict[str, Any]:
    progress = execution.progress.get(step.id) if execution else None
    state = execution.standing(step) if execution is not None else StepState.PENDING
    attempt = progress.attempts[-1] if progress and progress.attempts else None
    return {
        "id": step.id,
        "text": step.text,
        "depth": step.depth,
        "parent": step.parent,
        "state": str(state),
        "outcome": str(progress.outcome) if progress and progress.outcome else None,
        "attempts": len(progress.attempts) if progress else 0,
        "by": progress.by or None if progress else None,
        "since": stamp(progress.since.wall) if progress and progress.since else None,
        "ended": stamp(progress.ended.wall) if progress and progress.ended else None,
        "seconds": finite(attempt.seconds) if attempt else None,
        "code": attempt.code if attempt else None,
        "signal": attempt.signal if attempt else None,
        "reason": progress.reason if progress else "",
        "last_line": _last_line(attempt, session) if attempt and attempt.outcome is not Outcome.PASSED else None,
        "confirmed": progress.confirmed or None if progress else None,
        "undone": bool(progress and progress.undone),
    }


def _last_line(attempt: Attempt, session: Session) -> str | None:
    from qudag_tui.run.step_output import last_lines  # only of what did not pass

    return next(iter(last_lines(session.opened, attempt.log, 1)), None)


def _removed(removed: Removed) -> dict[str, Any]:
    return {
        "id": removed.id,
        "text": removed.text,
        "kind": str(removed.kind),
        "state": removed.state,
        "by": removed.by,
        "at": stamp(removed.at.wall) if removed.at else None,
    }


def _supervisor(state: State, standings: Standings, holder: Holder | None) -> dict[str, Any]:
    known = state.supervisor
    return {
        "alive": bool(standings.supervised),
        "trouble": standings.trouble or None,
        "pid": known.started.pid if known and standings.supervised else None,
        "since": holder.since if holder else None,
        "purpose": holder.aim if holder else None,
        "took_over": known.started.took_over or None if known else None,
        "started": stamp(known.at.wall) if known else None,
        "missing": list(known.missing) if known else [],
        "unprotected": known.started.unprotected if known else "",
    }


def finite(value: float | None) -> float | None:
    """``value``, or None where JSON has no such number."""
    return value if value is not None and math.isfinite(value) else None
