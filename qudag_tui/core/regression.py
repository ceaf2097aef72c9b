"""Gates that regressed: what is known of each, and which of them still wait for somebody's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.item import SET_ASIDE, ItemState
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.item import Item
    from qudag_tui.core.regression_event import GateRegressed
    from qudag_tui.core.state import State


@lean_dataclass(frozen=True, slots=True)
class Regression:
    """One regression of one gate: what was seen, when it was recorded, and as which event."""

    seen: GateRegressed
    at: Instant
    seq: int


def can_regress(state: State, gate: Item) -> bool:
    """Whether the final look at ``gate`` passed, stands, and is watched: not set aside, and not regressed before."""
    look = state.looks.get(gate.id)
    return (
        look is not None
        and look.judged.verdict == Verdict.PASS
        and state.regression(gate.id) is None
        and state.item_state(gate) not in SET_ASIDE
        and state.closed is None
    )


def unanswered(state: State) -> list[tuple[Item, Regression]]:
    """The regressions after a Go: they reopen nothing, and are shown until somebody decides a phase knowing of them."""
    last = max((p.decision.seq for p in state.phases.values() if p.decision is not None), default=0)
    found = []
    for item_id in state.regressions:
        item, regression = state.plan.items.get(item_id), state.regression(item_id)
        if item is not None and regression is not None and regression.seq > last:
            is_vouched = state.item_state(item) in {ItemState.DONE, ItemState.CLAIMED}
            if is_vouched:
                found.append((item, regression))
    return found


def outstanding(state: State) -> list[Item]:
    """Every gate whose regression waits for somebody: those that it reopened, and those after a Go (:func:`unanswered`)."""
    late = {gate.id for gate, _ in unanswered(state)}
    gates = [gate for gate in state.plan.gates if state.regression(gate.id) is not None]
    return [gate for gate in gates if gate.id in late or state.item_state(gate) is ItemState.OPEN]
