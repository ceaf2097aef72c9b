"""What becomes of an intent: a fact for the journal, or a refusal that says why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.capture import bins_of
from qudag_tui.core.decide_execution import abort, execute, mark_step, resume, retry, skip
from qudag_tui.core.decide_record import record
from qudag_tui.core.item import Item, ItemState, Kind
from qudag_tui.core.phase import Decision, PhaseState
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

OUTCOMES = ("completed", "rolled-back", "abandoned")
MAX_TEXT = 10_000


def decide(state: State, intent: ask.Intent, actor: ev.Actor, now: Instant) -> ev.Fact | Refusal:
    """The fact that ``intent`` becomes at ``now``, or why not. Pure; a repeat of what is already so is refused."""
    if state.read_only:
        return Refusal(Because.REFUSED, f"this run is read-only here: {state.read_only}", "update qudag-tui")
    if isinstance(intent, ask.Record):
        return record(state, intent.fact, now)
    if state.closed is not None:
        return Refusal(Because.REFUSED, f"the run is closed ({state.closed.outcome})", "start another with new")
    if isinstance(intent, ask.CaptureBaseline):
        return _capture(state, intent)
    too_long = next(
        (name for name in intent.__slots__ if len(str(getattr(intent, name))) > MAX_TEXT),
        None,
    )
    if too_long:
        return Refusal(Because.REFUSED, f"the {too_long} is longer than {MAX_TEXT} characters", "keep it short")
    match intent:
        case ask.Tick():
            return _tick(state, intent)
        case ask.Untick():
            return _untick(state, intent)
        case ask.MarkNotApplicable() | ask.Defer():
            return _set_aside(state, intent)
        case ask.Override():
            return _override(state, intent)
        case ask.AddComment():
            return _comment(state, intent)
        case ask.Undo():
            return _undo(state, actor)
        case ask.Decide():
            return _decide_phase(state, intent)
        case ask.Sign():
            return _sign(state, intent)
        case ask.AcceptUnprotected():
            return _need_reason(intent.reason) or ev.UnprotectedAccepted(intent.reason)
        case ask.Execute():
            item = state.plan.items.get(intent.target)
            return (_locked(state, item.section) if item else None) or execute(state, intent)
        case ask.Abort():
            return abort(state)
        case ask.Retry():
            return retry(state, intent)
        case ask.Skip():
            return _need_reason(intent.reason) or skip(state, intent)
        case ask.MarkStep():
            return mark_step(state, intent)
        case ask.Resume():
            return resume(state)
        case ask.CloseRun():
            return _close(state, intent)


def _capture(state: State, intent: ask.CaptureBaseline) -> ev.Fact | Refusal:
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
    return ev.BaselineCaptured(captured.metric, bins_of(captured))


def _need_reason(reason: str) -> Refusal | None:
    if reason.strip():
        return None
    return Refusal(Because.REASON, "this needs a reason", "say why; it stays in the record")


def _no_box(item_id: str) -> Refusal:
    return Refusal(Because.NOT_FOUND, f"there is no box “{item_id}”", "status lists the ids")


def _locked(state: State, section_id: str) -> Refusal | None:
    if section_id not in state.phases:
        return None
    section = state.plan.sections[section_id]
    if state.is_locked(section.id):
        return Refusal(
            Because.REFUSED,
            f"“{section.title}” is locked until the phase before it is go",
            f"or open it out of turn: override {section.id} --why …",
        )
    return _unprotected(state, section_id)


def _unprotected(state: State, phase_id: str) -> Refusal | None:
    unprotected = state.supervisor.started.unprotected if state.supervisor else ""
    if unprotected and not state.unprotected_accepted and state.phases[phase_id].started is None:
        return Refusal(
            Because.REFUSED,
            f"background work ends when you log out here ({unprotected})",
            "enable lingering, or accept it with a reason: override unprotected --why …",
        )
    return None


def _tick(state: State, intent: ask.Tick) -> ev.Fact | Refusal:
    box = state.plan.boxes.get(intent.item)
    if box is None:
        return _no_box(intent.item)
    if box.kind is Kind.TRIGGER:
        if box.id in state.fired:
            return Refusal(Because.REFUSED, f"{state.fired[box.id].by} has already reported “{box.text}”")
        return ev.TriggerFired(box.id)
    refused_kinds = {
        Kind.DECISION: f"record the decision: decide {box.section} go|no-go",
        Kind.SIGNOFF: f"sign for the role: sign {box.id}",
        Kind.STEP: f"say how the step ended: mark {box.id}",
    }
    if box.kind in refused_kinds:
        return Refusal(Because.REFUSED, f"“{box.text}” is a {box.kind} and is not ticked", refused_kinds[box.kind])
    in_the_way = _locked(state, box.section)
    if in_the_way is not None:
        return in_the_way
    standing = state.item_state(box)
    mark = state.mark(box.id)
    if standing.is_settled and standing not in {ItemState.CLAIMED, ItemState.DEFERRED}:
        by = f" by {mark.by}" if mark else ""
        return Refusal(Because.REFUSED, f"“{box.text}” is already {standing}{by}", "untick reopens it")
    if box.kind is Kind.SOAK:
        return _start_soak(state, box)
    if box.kind is Kind.GATE:
        return _tick_gate(state, box)
    return _out_of_order(state, intent, box) or ev.ItemTicked(box.id)


def _out_of_order(state: State, intent: ask.Tick, box: Item) -> Refusal | None:
    section = state.plan.sections[box.section]
    if not section.ordered or intent.out_of_order:
        return None
    for earlier in section.items:
        if earlier.id == box.id:
            return None
        if earlier.parent == box.parent and state.item_state(earlier) is ItemState.OPEN:
            return Refusal(Because.CONFIRM, f"“{earlier.text}” comes first and is open", "tick out of order?")
    return None


def _start_soak(state: State, box: Item) -> ev.Fact | Refusal:
    if box.id in state.soaks and state.soaks[box.id].completed is None:
        return Refusal(Because.REFUSED, f"“{box.text}” is already counting", "it completes itself; untick stops it")
    section = state.plan.sections[box.section]
    other = state.running_soak(section)
    if other is not None:
        return Refusal(Because.REFUSED, f"“{other.text}” is counting", "one soak at a time")
    return ev.SoakStarted(box.id)


def _soak_of(state: State, gate: Item) -> Item | None:
    parent = gate.parent
    while parent is not None:
        item = state.plan.items[parent]
        if item.kind is Kind.SOAK:
            return item
        parent = item.parent
    return None


_VERDICT_REFUSALS = {
    Verdict.FAIL: Because.FAIL,
    Verdict.INCONCLUSIVE: Because.INCONCLUSIVE,
    Verdict.UNKNOWN: Because.UNKNOWN,
}


def _tick_gate(state: State, gate: Item) -> ev.Fact | Refusal:
    soak = _soak_of(state, gate)
    if soak is None:
        if gate.id in state.look_requests:
            return Refusal(Because.REFUSED, f"the final look at “{gate.text}” is already asked for", "wait for it")
        return ev.LookRequested(gate.id)
    progress = state.soaks.get(soak.id)
    if progress is None or progress.completed is None:
        return Refusal(
            Because.REFUSED,
            f"“{gate.text}” is acknowledged after its final look",
            f"tick “{soak.text}” to start the soak; its end takes the look"
            if progress is None
            else "the soak is counting",
        )
    look = state.looks.get(gate.id)
    if look is None:
        return Refusal(Because.UNKNOWN, f"“{gate.text}” has no final look", "soak again")
    verdict = state.gate_verdict(gate.id) or Verdict.UNKNOWN
    if verdict is not Verdict.PASS:
        return Refusal(
            _VERDICT_REFUSALS[verdict],
            f"the final look says {verdict}: {look.judged.line}",
            "only a pass can be ticked; soak again, override with a reason, or mark it not applicable",
        )
    return ev.ItemTicked(gate.id, look.seq, look.judged.line)


def _untick(state: State, intent: ask.Untick) -> ev.Fact | Refusal:
    box = state.plan.boxes.get(intent.item)
    if box is None:
        return _no_box(intent.item)
    if box.kind is Kind.TRIGGER and box.id in state.fired:
        return ev.ItemUnticked(box.id)
    if box.kind in {Kind.DECISION, Kind.SIGNOFF, Kind.STEP, Kind.TRIGGER}:
        return Refusal(Because.REFUSED, f"“{box.text}” is a {box.kind}", "it is superseded, never taken back")
    in_the_way = _locked(state, box.section)
    if in_the_way is not None:
        return in_the_way
    standing = state.item_state(box)
    if standing is ItemState.OVERRIDDEN:
        return Refusal(Because.REFUSED, f"“{box.text}” was overridden", "that stays in the record")
    counting = (box.id in state.soaks and state.soaks[box.id].completed is None) or box.id in state.look_requests
    if standing is ItemState.OPEN and not counting:
        return Refusal(Because.REFUSED, f"“{box.text}” is open already")
    return ev.ItemUnticked(box.id)


def _of_the_rollback(state: State, item_id: str) -> Refusal:
    box = state.plan.boxes.get(item_id)
    if box is None:
        return _no_box(item_id)
    hint = "a step that waits is skipped" if box.kind is Kind.STEP else "untick it if it was not so"
    return Refusal(Because.REFUSED, f"“{box.text}” is a {box.kind}: it is never set aside", hint)


def _set_aside(state: State, intent: ask.MarkNotApplicable | ask.Defer) -> ev.Fact | Refusal:
    item = state.plan.items.get(intent.item)
    if item is None:
        return _of_the_rollback(state, intent.item)
    in_the_way = _need_reason(intent.reason) or _locked(state, item.section)
    if in_the_way is not None:
        return in_the_way
    if item.kind is Kind.DECISION:
        return Refusal(Because.REFUSED, "a decision is taken, not set aside", f"decide {item.section} go|no-go")
    standing = state.item_state(item)
    if standing in {ItemState.DONE, ItemState.OVERRIDDEN, ItemState.NOT_APPLICABLE}:
        return Refusal(Because.REFUSED, f"“{item.text}” is already {standing}", "untick reopens it")
    if isinstance(intent, ask.MarkNotApplicable):
        return ev.ItemMarkedNotApplicable(item.id, intent.reason)
    if intent.to not in state.plan.sections:
        return Refusal(Because.NOT_FOUND, f"there is no section “{intent.to}”", "status lists the sections")
    if intent.to == item.section:
        return Refusal(Because.REFUSED, f"“{item.text}” is in that section already", "name another")
    return ev.ItemDeferred(item.id, intent.to, intent.reason)


def _override(state: State, intent: ask.Override) -> ev.Fact | Refusal:
    reason = _need_reason(intent.reason)
    if reason is not None:
        return reason
    if intent.target in state.phases:
        if not state.is_locked(intent.target):
            return Refusal(Because.REFUSED, f"“{state.plan.sections[intent.target].title}” is not locked")
        return _unprotected(state, intent.target) or ev.PhaseOverridden(intent.target, intent.reason)
    item = state.plan.items.get(intent.target)
    if item is None:
        return _of_the_rollback(state, intent.target)
    if item.kind in {Kind.DECISION, Kind.SIGNOFF}:
        return Refusal(Because.REFUSED, f"a {item.kind} cannot be overridden", "it is a person's own word")
    standing = state.item_state(item)
    if standing in {ItemState.DONE, ItemState.OVERRIDDEN}:
        return Refusal(Because.REFUSED, f"“{item.text}” is already {standing}")
    return _locked(state, item.section) or ev.ItemOverridden(item.id, intent.reason)


def _comment(state: State, intent: ask.AddComment) -> ev.Fact | Refusal:
    if intent.item not in state.plan.boxes:
        return _no_box(intent.item)
    if not intent.text.strip():
        return Refusal(Because.REASON, "an empty comment says nothing", "write something")
    return ev.ItemCommented(intent.item, intent.text)


def _undo(state: State, actor: ev.Actor) -> ev.Fact | Refusal:
    undoable = {ItemState.DONE, ItemState.NOT_APPLICABLE, ItemState.DEFERRED}
    mine: list[tuple[int, str]] = []
    for item_id, marks in state.marks.items():
        kind = state.plan.items[item_id].kind
        if not marks or marks[-1].by != actor.by or marks[-1].state not in undoable:
            continue
        if marks[-1].state is not ItemState.DONE or kind in {Kind.MANUAL, Kind.GATE}:
            mine.append((marks[-1].seq, item_id))
    for item_id, comments in state.comments.items():
        mine.extend((comment.seq, item_id) for comment in comments if comment.by == actor.by)
    if not mine:
        return Refusal(
            Because.REFUSED, f"there is nothing of {actor.by}'s to undo", "undo takes back your own last tick"
        )
    seq, item_id = max(mine)
    return ev.EventUndone(seq, item_id)


def _decide_phase(state: State, intent: ask.Decide) -> ev.Fact | Refusal:
    section = state.plan.sections.get(intent.phase)
    if section is None or section.id not in state.phases:
        return Refusal(Because.NOT_FOUND, f"there is no phase “{intent.phase}”", "status lists the phases")
    if intent.decision not in set(Decision):
        return Refusal(Because.REFUSED, f"“{intent.decision}” is not a decision", "say go or no-go")
    phase_state = state.phase_state(section)
    if phase_state is PhaseState.LOCKED:
        return _locked(state, section.id) or Refusal(Because.REFUSED, "the phase is locked")
    if section.first(Kind.DECISION) is None and not state.phases[section.id].held:
        return Refusal(Because.REFUSED, f"“{section.title}” has no decision", "it is go when all its boxes are settled")
    claimed = tuple(item.id for item in section.items if state.item_state(item) is ItemState.CLAIMED)
    if intent.decision == Decision.NO_GO:
        return _need_reason(intent.reason) or ev.PhaseDecided(section.id, intent.decision, intent.reason, claimed)
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
    """Why a Go of this phase must say why: it was held, or a gate did not pass. Empty where it need not."""
    why = []
    if state.phases[phase_id].held:
        why.append(f"the phase is held ({state.phases[phase_id].held})")
    why.extend(
        f"“{item.text}” is {state.item_state(item)}"
        for item in state.plan.sections[phase_id].items
        if item.kind is Kind.GATE and state.item_state(item) is not ItemState.DONE
    )
    return why


def _sign(state: State, intent: ask.Sign) -> ev.Fact | Refusal:
    signoffs = {item.id: item for item in state.plan.items.values() if item.kind is Kind.SIGNOFF}
    item = signoffs.get(intent.role) or next(
        (item for item in signoffs.values() if getattr(item.spec, "role", "").casefold() == intent.role.casefold()),
        None,
    )
    if item is None:
        roles = ", ".join(getattr(item.spec, "role", "") for item in signoffs.values()) or "none"
        return Refusal(Because.NOT_FOUND, f"there is no role “{intent.role}”", f"the roles are: {roles}")
    return _locked(state, item.section) or ev.SignedOff(item.id, getattr(item.spec, "role", item.text), intent.reason)


def _close(state: State, intent: ask.CloseRun) -> ev.Fact | Refusal:
    if intent.outcome not in OUTCOMES:
        return Refusal(Because.REFUSED, f"“{intent.outcome}” is no way to close a run", f"say {', '.join(OUTCOMES)}")
    active = state.active_execution
    if active is not None:
        return Refusal(Because.REFUSED, f"“{active.target}” has not ended", "abort it or see it through first")
    left = tuple(item.id for item in state.plan.items.values() if not state.item_state(item).is_settled)
    return ev.RunClosed(intent.outcome, left, intent.reason)
