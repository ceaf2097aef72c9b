"""One row of the tree as it is drawn: its fold, box, text, sparklines, and what stands at the right. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.style import Style

from qudag_tui.core.item import ItemState
from qudag_tui.core.rows import Row, RowKind
from qudag_tui.tui.facts import Fact, Tone, fact_of
from qudag_tui.tui.verdicts import verdict_of, verdicts_of
from qudag_tui.tui.widgets import beside
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, cut, spread, width_of

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

_LEAST_TEXT = 24


class RowDrawing(NamedTuple):
    """What every row is drawn with. ``folded`` are keys of rows, ``current`` is the id of the current box.

    ``titles`` is how many cells the widest title of a phase takes.
    """

    glyphs: Glyphs
    colours: Palette
    shot: Snapshot
    width: int
    folded: AbstractSet[str]
    current: str
    titles: int

    def draw(self, row: Row) -> list[Piece]:
        """One row, at most ``width`` cells wide."""
        shot, width = self.shot, self.width
        if row.kind is RowKind.SERIES:
            return self._series_line(row)
        fact = fact_of(row, shot)
        base = self._base_style(row, fact)
        lead = self._lead(row)
        lead_width = width_of(lead)
        sparks: list[Piece] = []
        text = row.text
        if row.kind is RowKind.SECTION and row.id in shot.state.phases:
            section = shot.plan.sections[row.id]
            text = beside.short_title(section, shot)
            count = beside.places(width, self.titles)
            is_narrow = row.key in self.folded and beside.has_narrow(width, self.titles)
            if (count or is_narrow) and section.metrics:
                gap = 4 + self.titles + 1 - lead_width - cell_len(self.glyphs.text(text))
                sparks.append((" " * max(1, gap), NO_STYLE))
                sparks.extend(self._slots(section, 0, count) if count else self._narrow_slot(section))
        right = self._right(row, fact, width - lead_width - 1 - width_of(sparks), text)
        room = width - lead_width - width_of(right) - width_of(sparks) - 1
        shown = cut(text, room, self.glyphs)
        left = [*lead, (shown, base), *sparks]
        return spread(left, right, width, self.glyphs)

    def _base_style(self, row: Row, fact: Fact) -> Style:
        if row.id == self.current and row.kind is RowKind.BOX:
            return self.colours.strong
        if row.kind is RowKind.CHECKLIST:
            return self.colours.strong
        if row.kind is RowKind.BOX:
            state = self.shot.state.item_state(self.shot.plan.items[row.id])
            return self.colours.dim if state.is_settled and state is not ItemState.CLAIMED else self.colours.plain
        return self.colours.dim if fact.tone is Tone.DIM or row.kind is RowKind.NOTE else self.colours.plain

    def _lead(self, row: Row) -> list[Piece]:
        indent = "  " * row.depth
        fold = self.glyphs.folded if row.key in self.folded else self.glyphs.unfolded
        if row.kind in {RowKind.CHECKLIST, RowKind.SECTION, RowKind.NOTES}:
            return [(f"{indent}{fold if row.has_children else ' '} ", self.colours.dim)]
        if row.kind is RowKind.NOTE:
            return [(f"{indent}{self.glyphs.dot} ", self.colours.dim)]
        if row.kind is RowKind.REFERENCE:
            return [(f"{indent}{self.glyphs.deferred}   ", self.colours.dim)]
        state = self.shot.state.item_state(self.shot.plan.items[row.id])
        box = f"[{self._mark_of(state)}] "
        style = self.colours.dim if state.is_settled and state is not ItemState.CLAIMED else self.colours.plain
        if row.has_children and row.key in self.folded:
            indent = indent[:-2] + self.glyphs.folded + " "
        if row.id == self.current:
            return [(indent[:-2], NO_STYLE), (self.glyphs.current, self.colours.accent), (" ", NO_STYLE), (box, style)]
        return [(indent, NO_STYLE), (box, style)]

    def _mark_of(self, state: ItemState) -> str:
        return {
            ItemState.OPEN: " ",
            ItemState.DONE: self.glyphs.done,
            ItemState.CLAIMED: self.glyphs.claimed,
            ItemState.NOT_APPLICABLE: self.glyphs.not_applicable,
            ItemState.DEFERRED: self.glyphs.deferred,
            ItemState.OVERRIDDEN: self.glyphs.overridden,
        }[state]

    def _right(self, row: Row, fact: Fact, room: int, text: str) -> list[Piece]:
        styles = {
            Tone.PLAIN: self.colours.plain,
            Tone.DIM: self.colours.dim,
            Tone.CURRENT: self.colours.accent,
            Tone.WRONG: self.colours.wrong,
        }
        is_phase = row.kind is RowKind.SECTION and row.id in self.shot.state.phases
        count = f"{fact.column:>7} " if fact.column else " "
        needed = min(cell_len(text), max(_LEAST_TEXT, room // 2)) + 1 + cell_len(count)
        wording = next((w for w in fact.wordings if cell_len(w) + needed <= room), "")
        if not wording and fact.wordings:
            wording = cut(fact.wordings[-1], max(0, room - needed), self.glyphs)
        if is_phase and cell_len(wording) > beside.FACT - 9 and beside.places(self.width, self.titles):
            wording = fact.wordings[-1]
        shown = self.glyphs.text(cut(wording, max(0, room), self.glyphs))
        return [(shown, styles[fact.tone]), (count, self.colours.dim if fact.tone is Tone.DIM else self.colours.plain)]

    def _series_line(self, row: Row) -> list[Piece]:
        section = self.shot.plan.sections[row.id]
        each = beside.line_places(self.width)
        first = beside.places(self.width, self.titles) + (row.number - 1) * each
        return [("      ", NO_STYLE), *self._slots(section, first, each)]

    def _slots(self, section: Section, first: int, count: int) -> list[Piece]:
        """``count`` sparklines of a phase, from number ``first`` on."""
        verdicts = verdicts_of(section.items, self.shot)
        shown = beside.ordered(section, self.shot, beside.room_for(section, self.shot, self.width, self.titles))
        slots = (
            beside.slot(metric, verdict_of(metric.id, verdicts, self.shot), self.shot, self.glyphs, self.colours)
            for metric in shown[first : first + count]
        )
        return [piece for slot in slots for piece in slot]

    def _narrow_slot(self, section: Section) -> list[Piece]:
        """The one sparkline of a folded phase."""
        metric = beside.telling(section, self.shot)
        if metric is None:
            return []
        verdict = verdict_of(metric.id, verdicts_of(section.items, self.shot), self.shot)
        return [beside.narrow(metric, verdict, self.shot, self.glyphs, self.colours)]
