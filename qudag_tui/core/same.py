"""Which boxes and sections of one plan are which of another: by their ids, or because somebody said so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qudag_tui.core.item import Item, Kind

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan


def carried_boxes(plan: Plan) -> dict[str, Item]:
    """The boxes that keep what was said of them: items and triggers. Steps belong to the execution that ran them."""
    return {id_: box for id_, box in plan.boxes.items() if box.kind is not Kind.STEP}


def misfits(same: Mapping[str, Any], old: Plan, new: Plan) -> list[str]:
    """What is wrong with a table of old and new ids, a sentence each; nothing, if all is well."""
    before, after = carried_boxes(old), carried_boxes(new)
    found, taken = [], {_unchanged(id_, same, before, after) for id_ in before}
    taken |= {id_ for id_ in old.sections if id_ not in same and id_ in new.sections}
    for old_id, raw in same.items():
        new_id = str(raw)
        found += _misfit(old_id, new_id, (old, before), (new, after))
        if new_id in taken:
            found.append(f"“{new_id}” would be two of the boxes that there were")
        taken.add(new_id)
    return found


def _unchanged(id_: str, same: Mapping[str, Any], before: Mapping[str, Item], after: Mapping[str, Item]) -> str:
    kept = id_ not in same and id_ in after and after[id_].kind is before[id_].kind
    return id_ if kept else ""


def _misfit(
    old_id: str, new_id: str, old: tuple[Plan, Mapping[str, Item]], new: tuple[Plan, Mapping[str, Item]]
) -> list[str]:
    (old_plan, before), (new_plan, after) = old, new
    if old_id in old_plan.sections and new_id in new_plan.sections:
        return []
    found = [] if old_id in before or old_id in old_plan.sections else [f"the plan has no box or section “{old_id}”"]
    if new_id not in after and new_id not in new_plan.sections:
        return [*found, f"the new plan has no box or section “{new_id}”"]
    if found:
        return found
    if old_id not in before or new_id not in after:
        return [f"“{old_id}” and “{new_id}” are a box and a section"]
    if before[old_id].kind is not after[new_id].kind:
        return [f"“{old_id}” is a {before[old_id].kind} and “{new_id}” is a {after[new_id].kind}"]
    return []


class Same:
    """Where each box and section of ``old`` is in ``new``. A table that does not fit is taken as an empty one."""

    def __init__(self, table: Mapping[str, Any], old: Plan, new: Plan) -> None:
        """``table`` is what the journal says; nothing here raises."""
        self._new = new
        self.table: dict[str, str] = {}
        if table and not misfits(table, old, new):
            self.table = {old_id: str(new_id) for old_id, new_id in table.items()}
        after = carried_boxes(new)
        self.boxes: dict[str, str] = {}
        for id_, box in carried_boxes(old).items():
            there = after.get(self.table.get(id_, id_))
            if there is not None and there.kind is box.kind:
                self.boxes[id_] = there.id
        self.came_from = {new_id: old_id for old_id, new_id in self.boxes.items()}

    def section(self, id_: str) -> str:
        """The id of the section that ``id_`` was, or ""."""
        there = self.table.get(id_, id_)
        return there if there in self._new.sections else ""
