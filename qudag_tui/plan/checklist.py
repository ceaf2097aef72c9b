"""``[[checklists]]`` and their sections."""

from __future__ import annotations

from typing import Any

from qudag_tui.core.checklist import Checklist, Section
from qudag_tui.core.duration import parse_offset
from qudag_tui.core.item import Item, Kind
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.item import Boxes
from qudag_tui.plan.problem import Path, quoted
from qudag_tui.plan.step import read_id
from qudag_tui.plan.table import MOST_DURATION_CHARACTERS, Table


def read_checklist(table: Table, draft: Draft) -> Checklist:
    """One checklist with its sections, or with the one implicit section that its items are in."""
    title = table.text("title")
    checklist_id = read_id(table, "", title, draft)
    forms = [key for key in ("sections", "items") if key in table]
    if len(forms) != 1:
        what = "both sections and items" if forms else "neither"
        draft.problems.add(f"a checklist has sections or items; this one has {what}", table.path, absence=not forms)
    if "items" in table:
        items = _items(checklist_id, table, draft)
        _check_phase(items, "", table, draft)
        sections: tuple[Section, ...] = (Section(checklist_id, title, checklist_id, items, implicit=True),)
    else:
        sections = tuple(_section(entry, checklist_id, draft) for entry in table.tables("sections", "section"))
    return Checklist(checklist_id, title, sections)


def _items(section_id: str, table: Table, draft: Draft) -> tuple[Item, ...]:
    boxes = Boxes(section_id, draft)
    if "items" in table:
        boxes.read(table.values["items"], (*table.path, "items"), section_id)
    return tuple(boxes.items)


def _section(table: Table, checklist_id: str, draft: Draft) -> Section:
    title = table.text("title")
    section_id = read_id(table, checklist_id, title, draft)
    items = _items(section_id, table, draft)
    traffic = _traffic(table)
    _check_phase(items, traffic, table, draft)
    return Section(
        id=section_id,
        title=title,
        checklist=checklist_id,
        items=items,
        traffic=traffic,
        metrics=_metrics(table, draft),
        due_seconds=_offset(table),
        ordered=table.flag("ordered"),
    )


def _check_phase(items: tuple[Item, ...], traffic: str, table: Table, draft: Draft) -> None:
    """A phase has one soak and one decision; a decision stands nowhere else."""
    places: dict[str, Path] = draft.ids.taken
    for kind in (Kind.SOAK, Kind.DECISION):
        of_kind = [item for item in items if item.kind is kind]
        for extra in of_kind[1:] if traffic else ():
            message = f"a phase has one {kind}; this is another beside {quoted(of_kind[0].text)}"
            draft.problems.add(message, places.get(extra.id, table.path))
        for item in of_kind if kind is Kind.DECISION and "traffic" not in table else ():
            message = "a decision belongs to a phase; give the section its traffic"
            draft.problems.add(message, places.get(item.id, table.path), absence=True)


def _traffic(table: Table) -> str:
    share = table.percent("traffic", 100.0)
    if share == 0.0:
        table.wrong("traffic")
    return f"{share:g}%" if share else ""


def _metrics(table: Table, draft: Draft) -> tuple[str, ...]:
    names = table.strings("metrics")
    for index, name in enumerate(names):
        if name not in draft.metrics:
            end = draft.problems.nearest(name, list(draft.metrics))
            message = f"no metric has the name {quoted(name)}{end}"
            draft.problems.add(message, (*table.path, "metrics", index), absence=True)
        elif name in names[:index]:
            draft.problems.add(f"{quoted(name)} is listed twice", (*table.path, "metrics", index))
    return names


def _offset(table: Table) -> float | None:
    value: Any = table.values.get("at")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MOST_DURATION_CHARACTERS:
        table.wrong("at")
        return None
    try:
        return parse_offset(value)
    except ValueError as error:
        table.refuse("at", f"at: {error}")
        return None
