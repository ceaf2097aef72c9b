"""The plan as rows to be drawn: an outline once, and of it what is visible now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.item import Item
    from qudag_tui.core.state import State

NOTES = "notes:"


class RowKind(StrEnum):
    """What a row stands for."""

    CHECKLIST = "checklist"
    SECTION = "section"
    BOX = "box"
    REFERENCE = "reference"
    SERIES = "series"
    NOTES = "notes"
    NOTE = "note"


class Row(NamedTuple):
    """One row. ``depth`` is 0 for a checklist, 1 for a section, 2 and more for boxes.

    ``key`` is unique; ``id`` names the checklist, section or box. A *reference* repeats, in the section that it was
    deferred to, a box of another; ``number`` counts the extra *series* lines of a phase, and the notes, from 0.
    """

    key: str
    kind: RowKind
    id: str
    depth: int
    text: str
    has_children: bool = False
    number: int = 0

    @property
    def is_selectable(self) -> bool:
        """Whether the cursor stops here."""
        return self.kind is not RowKind.SERIES


@dataclass(frozen=True)
class Outline:
    """Every row of a plan in order; the rows from ``n + 1`` to ``ends[n]`` (exclusive) are below row ``n``."""

    rows: tuple[Row, ...]
    ends: tuple[int, ...]
    index: Mapping[str, int] = field(default_factory=dict)

    def above(self, number: int) -> Iterator[Row]:
        """The rows that hold row ``number``, the innermost first."""
        depth = self.rows[number].depth
        for earlier in range(number - 1, -1, -1):
            if depth == 0:
                return
            if self.rows[earlier].depth < depth:
                depth = self.rows[earlier].depth
                yield self.rows[earlier]

    def below(self, number: int) -> tuple[Row, ...]:
        """The rows that row ``number`` holds."""
        return self.rows[number + 1 : self.ends[number]]


def outline(plan: Plan) -> Outline:
    """The rows of ``plan``: checklists, their sections, their boxes nested as they are, then the notes."""
    rows: list[Row] = []
    for checklist in plan.checklists:
        rows.append(Row(checklist.id, RowKind.CHECKLIST, checklist.id, 0, checklist.title, bool(checklist.sections)))
        for section in checklist.sections:
            base = 1 if section.implicit else 2
            if not section.implicit:
                rows.append(Row(section.id, RowKind.SECTION, section.id, 1, section.title, bool(section.items)))
            rows.extend(_boxes(section.items, base))
    if plan.notes:
        rows.append(Row(NOTES, RowKind.NOTES, NOTES, 0, "Notes", True))
        rows.extend(
            Row(f"{NOTES}{number}", RowKind.NOTE, NOTES, 1, note, number=number)
            for number, note in enumerate(plan.notes)
        )
    return Outline(tuple(rows), _ends(rows), {row.key: number for number, row in enumerate(rows)})


def _boxes(items: Sequence[Item], base: int) -> Iterator[Row]:
    for item, following in zip(items, [*items[1:], None], strict=True):
        has_children = following is not None and following.depth > item.depth
        yield Row(item.id, RowKind.BOX, item.id, base + item.depth, item.text, has_children)


def _ends(rows: Sequence[Row]) -> tuple[int, ...]:
    ends = [0] * len(rows)
    open_rows: list[int] = []
    for number, row in enumerate(rows):
        while open_rows and rows[open_rows[-1]].depth >= row.depth:
            ends[open_rows.pop()] = number
        open_rows.append(number)
    for number in open_rows:
        ends[number] = len(rows)
    return tuple(ends)


def visible(
    whole: Outline,
    folded: Collection[str],
    series_lines: Mapping[str, int] | None = None,
    deferred: Mapping[str, Sequence[Item]] | None = None,
) -> list[Row]:
    """The rows that are shown where the rows named in ``folded`` hide what they hold.

    ``series_lines`` says how many extra lines of sparklines stand below the row of an unfolded section, ``deferred``
    which boxes of other sections are repeated at its end.
    """
    shown: list[Row] = []
    pending: list[tuple[int, list[Row]]] = []
    number = 0
    while number < len(whole.rows):
        while pending and pending[-1][0] <= number:
            shown.extend(pending.pop()[1])
        row = whole.rows[number]
        shown.append(row)
        if row.key in folded:
            number = whole.ends[number]
            continue
        if row.kind is RowKind.SECTION or row.kind is RowKind.CHECKLIST:
            extra = series_lines.get(row.id, 0) if series_lines and row.kind is RowKind.SECTION else 0
            shown.extend(
                Row(f"{row.id}\0series{line}", RowKind.SERIES, row.id, row.depth, "", number=line)
                for line in range(1, extra + 1)
            )
            here = deferred.get(row.id, ()) if deferred else ()
            if here:
                references = [
                    Row(f"{row.id}\0{item.id}", RowKind.REFERENCE, item.id, row.depth + 1, item.text) for item in here
                ]
                pending.append((whole.ends[number], references))
        number += 1
    while pending:
        shown.extend(pending.pop()[1])
    return shown


def deferrals(state: State) -> dict[str, list[Item]]:
    """For every section that something was deferred to: those boxes."""
    targets = {marks[-1].to for marks in state.marks.values() if marks and marks[-1].to}
    return {target: items for target in targets if (items := state.deferred_to(target))}


def folded_at_first(whole: Outline, state: State) -> set[str]:
    """What is folded when a run is opened: all but the way to the current box, and the phases that are under way."""
    plan = state.plan
    keep: set[str] = {section.checklist for section in plan.phases}
    keep.update(id_ for id_, progress in state.phases.items() if progress.started and not state.is_locked(id_))
    keep.difference_update(
        section.id
        for section in plan.phases
        if section.id in keep and state.done[section.id] == state.total[section.id] and section.items
    )
    keep.update(way_to(whole, state))
    return {row.key for row in whole.rows if row.has_children and row.depth <= 1 and row.key not in keep}


def way_to(whole: Outline, state: State) -> set[str]:
    """The rows that must be unfolded for the current box to be seen."""
    current = state.current_item()
    if current is None or current.id not in whole.index:
        return set()
    return {row.key for row in whole.above(whole.index[current.id])}


def matches(whole: Outline, needle: str) -> list[int]:
    """The numbers of the rows whose text holds ``needle``, whatever the case; of an empty one: none."""
    wanted = needle.casefold()
    if not wanted:
        return []
    return [number for number, row in enumerate(whole.rows) if wanted in row.text.casefold()]
