"""What a regression changes: the box of its gate is open again, unless its phase is go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.fold_box import set_mark
from qudag_tui.core.item import ItemState, Mark
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.regression import Regression

if TYPE_CHECKING:
    from qudag_tui.core.event import Event
    from qudag_tui.core.regression_event import GateRegressed
    from qudag_tui.core.state import State


def regressed(state: State, event: Event, fact: GateRegressed) -> None:
    """Remember it; of a look that is not the newest one there is nothing to say any more."""
    look, gate = state.looks.get(fact.item), state.plan.items.get(fact.item)
    if gate is None or look is None or look.seq != fact.look:
        return
    state.regressions[gate.id] = Regression(fact, event.at, event.seq)
    section = state.plan.sections[gate.section]
    if section.id in state.phases and state.phase_state(section) is PhaseState.GO:
        return
    if state.item_state(gate) in {ItemState.DONE, ItemState.CLAIMED}:
        reason = f"regressed: {fact.line}"
        set_mark(state, gate, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, reason))
