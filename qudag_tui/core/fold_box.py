"""What several kinds of event do to boxes and phases: marks, counts, holds."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from qudag_tui.core.item import Item, ItemState, Kind, Mark
from qudag_tui.core.phase import PhaseState

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State


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
        open_next_phases(state)


def touch(state: State, event: Event, section_id: str) -> None:
    """Note that a phase has started with ``event``, if it has not before."""
    progress = state.phases.get(section_id)
    if progress is not None and progress.started is None:
        progress.started = event.at


def open_next_phases(state: State) -> None:
    """Open each phase after one that is go; one that has nothing left to do opens the one after it as well."""
    for phase, following in pairwise(state.plan.phases):
        if not state.phases[following.id].opened and state.phase_state(phase) is PhaseState.GO:
            state.phases[following.id].opened = True


def hold(state: State, event: Event, phase: Section, why: str) -> None:
    """Hold a phase: its soak stops counting, its decision is open again, and so are its gates that regressed."""
    progress = state.phases[phase.id]
    progress.held, progress.held_seq = why, event.seq
    for item in phase.items:
        if item.kind is Kind.SOAK:
            stop_soak(state, item.id)
        if item.kind is Kind.DECISION:
            set_mark(state, item, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, why))
        regression = state.regression(item.id)
        if regression is not None and state.item_state(item) in {ItemState.DONE, ItemState.CLAIMED}:
            # After a Go it reopened nothing; now there is to be decided anew.
            reason = f"regressed: {regression.seen.line}"
            set_mark(state, item, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, reason))


def stop_soak(state: State, item_id: str) -> None:
    """Forget a soak that counts; one that is complete stays."""
    soak = state.soaks.get(item_id)
    if soak is not None and soak.completed is None:
        del state.soaks[item_id]
