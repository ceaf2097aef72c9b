"""What becomes of intents about single boxes: ticks, final looks, setting aside, comments, undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.in_the_way import locked, need_reason, no_box, unprotected
from qudag_tui.core.item import Item, ItemState, Kind
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.state import State


def tick(state: State, intent: ask.Tick) -> ev.Fact | Refusal:
    """A person vouches for a box; a soak starts, a gate outside one asks for its final look."""
    box = state.plan.boxes.get(intent.item)
    if box is None:
        return no_box(intent.item)
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
    in_the_way = locked(state, box.section)
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


_VERDICT_REFUSALS = {
    Verdict.FAIL: Because.FAIL,
    Verdict.INCONCLUSIVE: Because.INCONCLUSIVE,
    Verdict.UNKNOWN: Because.UNKNOWN,
}


def _tick_gate(state: State, gate: Item) -> ev.Fact | Refusal:
    soak = state.plan.soak_of(gate)
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
    regression = state.regression(gate.id)
    if regression is not None:
        return Refusal(
            Because.FAIL,
            f"“{gate.text}” has regressed since its final look: {regression.seen.line}",
            "soak again, override with a reason, or mark it not applicable",
        )
    verdict = state.gate_verdict(gate.id) or Verdict.UNKNOWN
    if verdict is not Verdict.PASS:
        return Refusal(
            _VERDICT_REFUSALS[verdict],
            f"the final look says {verdict}: {look.judged.line}",
            "only a pass can be ticked; soak again, override with a reason, or mark it not applicable",
        )
    return ev.ItemTicked(gate.id, look.seq, look.judged.line)


def untick(state: State, intent: ask.Untick) -> ev.Fact | Refusal:
    """Reopen a box; nothing that is superseded rather than taken back."""
    box = state.plan.boxes.get(intent.item)
    if box is None:
        return no_box(intent.item)
    if box.kind is Kind.TRIGGER and box.id in state.fired:
        return ev.ItemUnticked(box.id)
    if box.kind in {Kind.DECISION, Kind.SIGNOFF, Kind.STEP, Kind.TRIGGER}:
        return Refusal(Because.REFUSED, f"“{box.text}” is a {box.kind}", "it is superseded, never taken back")
    in_the_way = locked(state, box.section)
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
        return no_box(item_id)
    hint = "a step that waits is skipped" if box.kind is Kind.STEP else "untick it if it was not so"
    return Refusal(Because.REFUSED, f"“{box.text}” is a {box.kind}: it is never set aside", hint)


def set_aside(state: State, intent: ask.MarkNotApplicable | ask.Defer) -> ev.Fact | Refusal:
    """Not applicable, or deferred to another section."""
    item = state.plan.items.get(intent.item)
    if item is None:
        return _of_the_rollback(state, intent.item)
    in_the_way = need_reason(intent.reason) or locked(state, item.section)
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


def override(state: State, intent: ask.Override) -> ev.Fact | Refusal:
    """Count a box as done, or open a locked phase, out of turn."""
    reason = need_reason(intent.reason)
    if reason is not None:
        return reason
    if intent.target in state.phases:
        if not state.is_locked(intent.target):
            return Refusal(Because.REFUSED, f"“{state.plan.sections[intent.target].title}” is not locked")
        return unprotected(state, intent.target) or ev.PhaseOverridden(intent.target, intent.reason)
    item = state.plan.items.get(intent.target)
    if item is None:
        return _of_the_rollback(state, intent.target)
    if item.kind in {Kind.DECISION, Kind.SIGNOFF}:
        return Refusal(Because.REFUSED, f"a {item.kind} cannot be overridden", "it is a person's own word")
    standing = state.item_state(item)
    if standing in {ItemState.DONE, ItemState.OVERRIDDEN}:
        return Refusal(Because.REFUSED, f"“{item.text}” is already {standing}")
    return locked(state, item.section) or ev.ItemOverridden(item.id, intent.reason)


def comment(state: State, intent: ask.AddComment) -> ev.Fact | Refusal:
    """A remark on any box."""
    if intent.item not in state.plan.boxes:
        return no_box(intent.item)
    if not intent.text.strip():
        return Refusal(Because.REASON, "an empty comment says nothing", "write something")
    return ev.ItemCommented(intent.item, intent.text)


def undo(state: State, actor: ev.Actor) -> ev.Fact | Refusal:
    """Take back one's own last tick, not applicable, defer or comment."""
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
