"""What adopting another plan does to what a run recorded so far: what is carried over, what starts again, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from qudag_tui.core.definition import changed_metrics, gate_change, soak_change, trigger_change
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.item import Item, ItemState, Kind, Mark
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.same import Same

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.observation import Fired
    from qudag_tui.core.state import State

SOAKING = "soaking"
# A person's word on these holds whatever is measured; the others are looked at, or decided, anew.
RESTORED = (Kind.MANUAL, Kind.SCRIPT, Kind.SIGNOFF)


@lean_dataclass(frozen=True, slots=True)
class Removed:
    """A box that the plan no longer has, and how far it was; ``marks`` are all that was said of it, oldest first.

    ``state`` is its last state in words, ``by`` and ``at`` who said so and when; ``seq`` is the adoption.
    """

    id: str
    text: str
    kind: Kind
    state: str
    by: str
    at: Instant | None
    seq: int = 0
    marks: tuple[Mark, ...] = ()


@lean_dataclass(frozen=True, slots=True)
class Restart:
    """A soak, or a gate outside one, that is looked at anew, under its new id.

    ``gates`` are the gates of the soak; ``is_running`` says that it counted, and counts again from the adoption.
    """

    id: str
    text: str
    why: str
    gates: tuple[str, ...] = ()
    is_soak: bool = False
    is_running: bool = False

    def __str__(self) -> str:
        if not self.is_soak:
            return f"the gate “{self.text}” is open again: {self.why}"
        what = "starts again" if self.is_running else "is to be soaked again"
        return f"the soak “{self.text}” {what}: {self.why}"


@lean_dataclass(frozen=True, slots=True)
class Adoption:
    """A plan that the run followed from event ``seq`` on; ``renamed`` are ids that it has under another one."""

    seq: int
    plan: Plan
    by: str = ""
    at: Instant | None = None
    restarts: tuple[Restart, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@lean_dataclass(frozen=True, slots=True)
class Carried:
    """``same`` says which box is which; ``metrics`` and ``triggers`` are watched anew, under their new ids."""

    same: Same
    removed: tuple[Removed, ...]
    restarts: tuple[Restart, ...]
    metrics: tuple[str, ...]
    triggers: tuple[str, ...]


def carry(state: State, new: Plan, table: Mapping[str, Any]) -> Carried:
    """What becomes of ``state`` under the plan ``new``, ``table`` naming ids that were changed. Nothing is changed."""
    same = Same(table, state.plan, new)
    removed = tuple(
        found
        for box in state.plan.boxes.values()
        if box.id not in same.boxes and not (box.kind is Kind.STEP and _is_step(new, box.id))
        if (found := _removed(state, box)) is not None
    )
    restarts = (*_soaks(state, new, same), *_gates(state, new, same))
    return Carried(
        same, removed, restarts, tuple(changed_metrics(state.plan, new)), tuple(_triggers(state.plan, new, same))
    )


def has_progress(state: State, id_: str) -> bool:
    """Whether anything was recorded that a new id of this box, or section, has to take along."""
    if id_ in state.plan.sections:
        progress = state.phases.get(id_)
        is_target = any(marks and marks[-1].to == id_ for marks in state.marks.values())
        return is_target or (progress is not None and bool(progress.started or progress.held or progress.decisions))
    box = state.plan.boxes.get(id_)
    return box is not None and (_removed(state, box) is not None or bool(state.comments.get(id_)))


def _is_step(plan: Plan, id_: str) -> bool:
    box = plan.boxes.get(id_)
    return box is not None and box.kind is Kind.STEP


def _removed(state: State, box: Item) -> Removed | None:
    """What is to be kept of a box that goes, or None where nothing was recorded of it."""
    if box.kind is Kind.STEP:
        return _removed_step(state, box)
    fired: Fired | None = state.fired.get(box.id) if box.kind is Kind.TRIGGER else None
    if fired is not None:
        return Removed(box.id, box.text, box.kind, "fired", fired.by, fired.at)
    soak = state.soaks.get(box.id)
    if soak is not None and soak.completed is None:
        return Removed(box.id, box.text, box.kind, SOAKING, soak.by, soak.started)
    marks = tuple(state.marks.get(box.id, ()))
    if not marks:
        return None
    return Removed(box.id, box.text, box.kind, str(marks[-1].state), marks[-1].by, marks[-1].at, marks=marks)


def _removed_step(state: State, box: Item) -> Removed | None:
    execution = state.last_execution(box.section)
    progress = execution.progress.get(box.id) if execution is not None else None
    if execution is None or progress is None or progress.outcome is None:
        return None
    return Removed(
        box.id, box.text, box.kind, outcome_words(progress.outcome), progress.by or execution.by, progress.ended
    )


def _is_go(state: State, section_id: str) -> bool:
    section = state.plan.sections[section_id]
    return section_id in state.phases and state.phase_state(section) is PhaseState.GO


def _soaks(state: State, new: Plan, same: Same) -> Iterator[Restart]:
    for box in state.plan.items.values():
        there = new.items.get(same.boxes.get(box.id, "")) if box.kind is Kind.SOAK else None
        soak = state.soaks.get(box.id)
        standing = state.item_state(box)
        counts = standing is ItemState.DONE or (soak is not None and standing is ItemState.OPEN)
        if there is None or not counts or _is_go(state, box.section):
            continue
        why = soak_change(box, there, state.plan, new, same.came_from)
        if why:
            is_running = soak is not None and soak.completed is None
            gates = tuple(gate.id for gate in new.gates_of(there))
            yield Restart(there.id, there.text, why, gates, is_soak=True, is_running=is_running)


def _gates(state: State, new: Plan, same: Same) -> Iterator[Restart]:
    for box in state.plan.items.values():
        there = new.items.get(same.boxes.get(box.id, "")) if box.kind is Kind.GATE else None
        if there is None or new.soak_of(there) is not None or _is_go(state, box.section):
            continue
        was_seen = box.id in state.looks or box.id in state.look_requests or state.item_state(box) is ItemState.DONE
        why = gate_change(box, there, state.plan, new) if was_seen else ""
        if why:
            yield Restart(there.id, there.text, why)


def _triggers(old: Plan, new: Plan, same: Same) -> Iterator[str]:
    for trigger in new.triggers:
        before = old.trigger_index.get(same.came_from.get(trigger.id, ""))
        if before is None or trigger_change(before, trigger, old, new):
            yield trigger.id
