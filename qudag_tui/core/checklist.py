"""The plan: everything a checklist file says, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from qudag_tui.core.item import Item, Kind, Script
from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.metric import Metric, Source
    from qudag_tui.core.procedure import Procedure
    from qudag_tui.core.step import Step
    from qudag_tui.core.trigger import Trigger

TRIGGERS = "triggers"
PlanKey = tuple[str, tuple[tuple[str, str], ...]]


def plan_key(sha256: str, variables: Mapping[str, object]) -> PlanKey:
    """The :attr:`Plan.key` of the plan with that hash and those resolved variables."""
    return sha256, tuple(sorted((name, str(value)) for name, value in variables.items()))


@lean_dataclass(frozen=True, slots=True)
class Section:
    """Boxes under one heading, flat and in order (``Item.depth`` and ``Item.parent`` give the nesting).

    ``traffic`` makes it a phase. ``due_seconds`` is its offset from T. ``implicit`` marks the one section of a
    checklist that lists its items directly.
    """

    id: str
    title: str
    checklist: str
    items: tuple[Item, ...]
    traffic: str = ""
    metrics: tuple[str, ...] = ()
    due_seconds: float | None = None
    ordered: bool = False
    implicit: bool = False

    @property
    def is_phase(self) -> bool:
        """Whether it has a traffic share."""
        return bool(self.traffic)

    def first(self, kind: Kind) -> Item | None:
        """The first box of that kind, or None."""
        return next((item for item in self.items if item.kind is kind), None)

    def below(self, item_id: str) -> Iterator[Item]:
        """The boxes nested under ``item_id``, in order."""
        inside = {item_id}
        for item in self.items:
            if item.parent in inside:
                inside.add(item.id)
                yield item


@lean_dataclass(frozen=True, slots=True)
class Checklist:
    """Sections under one title."""

    id: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Plan:
    """A whole checklist file. ``sha256`` is of the file's bytes, ``vars`` are resolved."""

    title: str
    sha256: str
    checklists: tuple[Checklist, ...] = ()
    vars: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    procedures: Mapping[str, Procedure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    trusts: tuple[str, ...] = ()

    @cached_property
    def sections(self) -> Mapping[str, Section]:
        """Every section by its id, in order."""
        return {section.id: section for checklist in self.checklists for section in checklist.sections}

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Every box to be done on a good day, by its id, in order: what progress counts."""
        return {item.id: item for section in self.sections.values() for item in section.items}

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """Every step of every procedure by its id; the steps of script items are found under the item's id."""
        return {step.id: step for procedure in self.procedures.values() for step in procedure.walk()}

    @cached_property
    def gates(self) -> tuple[Item, ...]:
        """The sensed boxes, in order."""
        return tuple(item for item in self.items.values() if item.kind is Kind.GATE)

    @cached_property
    def phases(self) -> tuple[Section, ...]:
        """The sections with traffic, in order."""
        return tuple(section for section in self.sections.values() if section.is_phase)

    @cached_property
    def trigger_index(self) -> Mapping[str, Trigger]:
        """Every trigger by its id."""
        return {trigger.id: trigger for trigger in self.triggers}

    @cached_property
    def boxes(self) -> Mapping[str, Item]:
        """Every box: the items, then the triggers and the steps of the procedures as boxes of their own sections."""
        boxes = dict(self.items)
        for trigger in self.triggers:
            boxes[trigger.id] = Item(trigger.id, trigger.text, Kind.TRIGGER, 0, None, TRIGGERS, claimed=trigger.claimed)
        for procedure in self.procedures.values():
            for step in procedure.walk():
                boxes[step.id] = Item(
                    step.id, step.text, Kind.STEP, step.depth, step.parent, procedure.id, claimed=step.claimed
                )
        return boxes

    @property
    def key(self) -> PlanKey:
        """What tells it from every other plan: the file's bytes and the variables."""
        return plan_key(self.sha256, self.vars)

    def steps_of(self, target: str) -> tuple[Step, ...]:
        """The steps of what can be executed: a procedure, or an item that runs a command; none of anything else."""
        procedure, item = self.procedures.get(target), self.items.get(target)
        if procedure is not None:
            return procedure.steps
        return (item.spec.step,) if item is not None and isinstance(item.spec, Script) else ()

    def title_of(self, target: str) -> str:
        """What people call what can be executed: a procedure's title, an item's text; of what is gone its id."""
        procedure, item = self.procedures.get(target), self.items.get(target)
        return procedure.title if procedure is not None else item.text if item is not None else target

    def soak_of(self, item: Item) -> Item | None:
        """The nearest soak that a box stands in."""
        parent = item.parent
        while parent is not None:
            holder = self.items[parent]
            if holder.kind is Kind.SOAK:
                return holder
            parent = holder.parent
        return None

    def gates_of(self, soak: Item) -> tuple[Item, ...]:
        """The gates whose nearest soak ``soak`` is, in order."""
        inside = self.sections[soak.section].below(soak.id)
        return tuple(item for item in inside if item.kind is Kind.GATE and self.soak_of(item) is soak)
