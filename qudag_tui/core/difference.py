"""What is different between the plan that a run follows and another one, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.definition import gate_change, metric_change, trigger_change
from qudag_tui.core.duration import relative
from qudag_tui.core.item import Item, Kind, Script, Soak
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.rewording import Pair, pairs
from qudag_tui.core.same import Same

if TYPE_CHECKING:
    from qudag_tui.core.adoption import Carried
    from qudag_tui.core.checklist import Plan, Section
    from qudag_tui.core.procedure import Procedure


@lean_dataclass(frozen=True, slots=True)
class Difference:
    """``added``, ``removed`` and ``changed`` are boxes; ``reworded`` what may be the same under another id.

    ``lines`` tell the rest: sections, metrics, sources, procedures, variables.
    """

    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    reworded: tuple[Pair, ...]
    changed: tuple[tuple[Item, str], ...]
    lines: tuple[str, ...]

    def words(self, most: int = 40) -> Iterator[str]:
        """All of it, a line each; of new, gone and changed boxes the first ``most``."""
        for what, boxes in (("new", self.added), ("gone", self.removed)):
            yield from (f"{what}: “{box.text}”  {box.id}" for box in boxes[:most])
            if len(boxes) > most:
                yield f"{what}: {len(boxes) - most} more boxes"
        yield from (f"changed: “{box.text}”  {box.id}: {how}" for box, how in self.changed[:most])
        if len(self.changed) > most:
            yield f"changed: {len(self.changed) - most} more boxes"
        yield from self.lines
        if not (self.added or self.removed or self.changed or self.lines):
            yield "every box and every metric is as it was"

    def under(self, same: Mapping[str, str]) -> Difference:
        """The same once ``same`` says which boxes are which: those are neither added nor removed."""
        taken, said = set(same.values()), f"under another id, and the same: {len(same)}"
        return replace(
            self,
            added=tuple(box for box in self.added if box.id not in taken),
            removed=tuple(box for box in self.removed if box.id not in same),
            lines=(said, *self.lines) if same else self.lines,
        )


def difference(old: Plan, new: Plan, *, offers: bool = True) -> Difference:
    """Everything that adopting ``new`` would change; comparing texts for what it ``offers`` takes the most time."""
    before, after = old.boxes, new.boxes
    steps = (id_ for id_, box in before.items() if box.kind is Kind.STEP and id_ in after)
    kept = set(Same({}, old, new).boxes) | {id_ for id_ in steps if after[id_].kind is Kind.STEP}
    changes = ((after[id_], _change(before[id_], after[id_], old, new)) for id_ in before if id_ in kept)
    return Difference(
        tuple(box for box in after.values() if box.id not in kept),
        tuple(box for box in before.values() if box.id not in kept),
        pairs(old, new) if offers else (),
        tuple((box, what) for box, what in changes if what),
        tuple(_lines(old, new)),
    )


def _change(before: Item, after: Item, old: Plan, new: Plan) -> str:
    parts = [f"was “{before.text}”"] if before.text != after.text else []
    if before.section != after.section:
        section = old.sections.get(before.section)
        parts.append(f"moved here from “{section.title}”" if section else "moved")
    if isinstance(before.spec, Soak) and isinstance(after.spec, Soak):
        parts.append("its length was changed" if before.spec.seconds != after.spec.seconds else "")
    elif before.kind is Kind.GATE:
        parts.append(gate_change(before, after, old, new))
    elif before.kind is Kind.TRIGGER:
        one, other = old.trigger_index[before.id], new.trigger_index[after.id]
        parts.append(trigger_change(one, other, old, new))
        parts.append(f"“{one.then}” became “{other.then}”" if one.then is not other.then else "")
        parts.append("its countdown was changed" if one.countdown_seconds != other.countdown_seconds else "")
    elif isinstance(before.spec, Script) and isinstance(after.spec, Script):
        is_same = replace(before.spec.step, text="") == replace(after.spec.step, text="")
        parts.append("" if is_same else "what it runs was changed")
    elif before.kind is Kind.STEP:
        # What a branch holds is told step by step.
        one_step, other_step = old.steps[before.id], new.steps[after.id]
        is_same = replace(one_step, text="", steps=()) == replace(other_step, text="", steps=())
        parts.append("" if is_same else "what it does was changed")
    return ", ".join(part for part in parts if part)


def _lines(old: Plan, new: Plan) -> Iterator[str]:
    if old.title != new.title:
        yield f"the title was “{old.title}” and is “{new.title}”"
    yield from _names(
        "section",
        {section.id: section.title for section in old.sections.values()},
        {section.id: section.title for section in new.sections.values()},
    )
    for section in new.sections.values():
        before = old.sections.get(section.id)
        if before is not None and before.title != section.title:
            yield f"the section “{section.title}” was “{before.title}”"
        if before is not None and before.due_seconds != section.due_seconds:
            yield f"“{section.title}” is due {_due(section)}, was {_due(before)}"
        if before is not None and before.ordered != section.ordered:
            yield f"“{section.title}” is to be done {'in its order' if section.ordered else 'in any order'} now"
        if before is not None and before.traffic != section.traffic:
            yield f"the traffic of “{section.title}” was {before.traffic or 'none'} and is {section.traffic or 'none'}"
    for what, one, other in (
        ("metric", old.metrics, new.metrics),
        ("source", old.sources, new.sources),
        ("procedure", old.procedures, new.procedures),
    ):
        yield from _names(what, {name: name for name in one}, {name: name for name in other})
    yield from approval_lines(old, new)
    for id_, procedure in new.procedures.items():
        if id_ in old.procedures:
            yield from _procedure_lines(old.procedures[id_], procedure)
    for name in new.metrics:
        why = metric_change(name, old, new) if name in old.metrics else ""
        if why:
            yield f"{why}: it is measured anew"
    for name, value in new.vars.items():
        if old.vars.get(name) != value:
            yield f"the variable {name} is {value}" + (f", was {old.vars[name]}" if name in old.vars else "")
    yield from (f"the variable {name} is gone" for name in old.vars if name not in new.vars)


def _due(section: Section) -> str:
    return relative(section.due_seconds) if section.due_seconds is not None else "at no time"


def approval_lines(old: Plan, new: Plan) -> Iterator[str]:
    """Of which procedures another number of people is asked for; that stands in the journal as well."""
    for id_, procedure in new.procedures.items():
        before = old.procedures[id_].approvals if id_ in old.procedures else procedure.approvals
        if before != procedure.approvals:
            yield f"“{procedure.title}” asked for {_people(before)} and asks for {_people(procedure.approvals)}"


def _procedure_lines(old: Procedure, new: Procedure) -> Iterator[str]:
    """What is different about a procedure beyond its steps."""
    if old.title != new.title:
        yield f"the procedure “{new.title}” was “{old.title}”"
    if old.started_by != new.started_by:
        roles = ", ".join(new.started_by) or "anybody"
        yield f"“{new.title}” is started by {roles}, was by {', '.join(old.started_by) or 'anybody'}"
    before, after = [step.id for step in old.walk()], [step.id for step in new.walk()]
    if [id_ for id_ in before if id_ in after] != [id_ for id_ in after if id_ in before]:
        yield f"the steps of “{new.title}” are in another order"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _names(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    yield from (f"the {what} “{new[name]}” is new" for name in new if name not in old)
    yield from (f"the {what} “{old[name]}” is gone" for name in old if name not in new)


def summary(found: Difference, carried: Carried, approvals: Iterable[str] = ()) -> str:
    """One line for the journal: how much is different, what starts again, and what is said of ``approvals``."""
    renamed = {old: new for old, new in carried.same.boxes.items() if old != new}
    rest = found.under(renamed)
    counts = [
        (len(rest.added), "added"),
        (len(rest.removed), "removed"),
        (len(renamed), "under another id"),
        (len(found.changed), "changed"),
    ]
    parts = [f"{number} {word}" for number, word in counts if number]
    boxes = f"boxes: {', '.join(parts)}" if parts else "no box is another"
    return "; ".join([boxes, *approvals, *(str(restart) for restart in carried.restarts[:3])])
