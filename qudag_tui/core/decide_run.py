"""What becomes of intents about phases and the whole run: decisions, sign-offs, baselines, the close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.capture import bins_of
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.in_the_way import locked, need_reason
from qudag_tui.core.item import ItemState, Kind
from qudag_tui.core.phase import Decision, PhaseState
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.regression import unanswered
from qudag_tui.core.step import Outcome

if TYPE_CHECKING:
    from qudag_tui.core.state import State

ROLLED_BACK = "rolled-back"
OUTCOMES = ("completed", ROLLED_BACK, "abandoned")


def decide_phase(state: State, intent: ask.Decide) -> ev.Fact | Refusal:
    """Go or No-Go of a phase."""
    section = state.plan.sections.get(intent.phase)
    if section is None or section.id not in state.phases:
        return Refusal(Because.NOT_FOUND, f"there is no phase “{intent.phase}”", "status lists the phases")
    if intent.decision not in set(Decision):
        return Refusal(Because.REFUSED, f"“{intent.decision}” is not a decision", "say go or no-go")
    phase_state = state.phase_state(section)
    if phase_state is PhaseState.LOCKED:
        return locked(state, section.id) or Refusal(Because.REFUSED, "the phase is locked")
    if section.first(Kind.DECISION) is None and not state.phases[section.id].held:
        return Refusal(Because.REFUSED, f"“{section.title}” has no decision", "it is go when all its boxes are settled")
    claimed = tuple(item.id for item in section.items if state.item_state(item) is ItemState.CLAIMED)
    if intent.decision == Decision.NO_GO:
        return need_reason(intent.reason) or ev.PhaseDecided(section.id, intent.decision, intent.reason, claimed)
    if phase_state is PhaseState.GO:
        return Refusal(Because.REFUSED, f"“{section.title}” is go already")
    left = state.unsettled(section)
    if left:
        names = ", ".join(f"“{item.text}”" for item in left[:5]) + (" …" if len(left) > 5 else "")
        return Refusal(
            Because.REFUSED,
            f"{len(left)} of its boxes are open: {names}",
            "a Go asks that each is done, not applicable, deferred or overridden",
        )
    why = reasons_needed(state, section.id)
    if why and not intent.reason.strip():
        return Refusal(Because.REASON, f"a Go now needs a reason: {'; '.join(why)}", "say why")
    return ev.PhaseDecided(section.id, intent.decision, intent.reason, claimed)


def reasons_needed(state: State, phase_id: str) -> list[str]:
    """Why a Go of this phase must say why: it was held, a gate did not pass, or one has regressed. Empty where it need not."""
    why = []
    if state.phases[phase_id].held:
        why.append(f"the phase is held ({state.phases[phase_id].held})")
    why.extend(
        f"“{item.text}” is {state.item_state(item)}"
        for item in state.plan.sections[phase_id].items
        if item.kind is Kind.GATE and state.item_state(item) is not ItemState.DONE
    )
    why.extend(f"“{gate.text}” has regressed" for gate, _ in unanswered(state))
    return why


def sign(state: State, intent: ask.Sign) -> ev.Fact | Refusal:
    """A role signs."""
    signoffs = {item.id: item for item in state.plan.items.values() if item.kind is Kind.SIGNOFF}
    item = signoffs.get(intent.role) or next(
        (item for item in signoffs.values() if getattr(item.spec, "role", "").casefold() == intent.role.casefold()),
        None,
    )
    if item is None:
        roles = ", ".join(getattr(item.spec, "role", "") for item in signoffs.values()) or "none"
        return Refusal(Because.NOT_FOUND, f"there is no role “{intent.role}”", f"the roles are: {roles}")
    return locked(state, item.section) or ev.SignedOff(item.id, getattr(item.spec, "role", item.text), intent.reason)


def close(state: State, intent: ask.CloseRun) -> ev.Fact | Refusal:
    """End the run; what is left is named."""
    if intent.outcome not in OUTCOMES:
        return Refusal(Because.REFUSED, f"“{intent.outcome}” is no way to close a run", f"say {', '.join(OUTCOMES)}")
    active = state.active_execution
    if active is not None:
        return Refusal(Because.REFUSED, f"“{active.label}” has not ended", "abort it or see it through first")
    doubt = _doubt(state) if intent.outcome == ROLLED_BACK else ""
    if doubt and not intent.reason.strip():
        return Refusal(Because.REASON, doubt, "say how you know that the release is back")
    left = tuple(item.id for item in state.plan.items.values() if not state.item_state(item).is_settled)
    return ev.RunClosed(intent.outcome, left, intent.reason)


def _doubt(state: State) -> str:
    """Why the record does not show that the release was rolled back, or nothing."""
    last = state.last_execution(ROLLBACK)
    if last is None:
        return "no rollback was executed in this run"
    if any(progress.undone for progress in last.progress.values()):
        return "steps of the last rollback were undone"
    if last.outcome is not Outcome.PASSED:
        return f"the last rollback is {outcome_words(last.outcome or last.state)}"
    return ""


def capture(state: State, intent: ask.CaptureBaseline) -> ev.Fact | Refusal:
    """A baseline is replaced by what was captured."""
    captured = intent.captured
    metric = state.plan.metrics.get(captured.metric)
    if metric is None:
        return Refusal(Because.NOT_FOUND, f"the plan has no metric “{captured.metric}”", "metrics lists them")
    if captured.samples == 0:
        why = f"nothing was measured of “{metric.title}” in that window"
        return Refusal(Because.REFUSED, why, "metrics says why; capture it once there are samples")
    if metric.concurrent is not None or metric.baseline is not None:
        kind = "another query" if metric.concurrent is not None else "a fixed number"
        why = f"“{metric.title}” is compared with {kind}, as the checklist file says"
        return Refusal(Because.REFUSED, why, 'write baseline = "captured" there')
    before = state.baselines.get(captured.metric)
    return ev.BaselineCaptured(captured.metric, bins_of(captured), before.seq if before else 0)
