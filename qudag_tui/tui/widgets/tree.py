"""The checklists as a tree of any depth and size: only visible lines are drawn, only changed cells are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events

from qudag_tui.core.rows import Outline, Row, folded_at_first, matches, visible, way_to
from qudag_tui.tui.widgets import beside
from qudag_tui.tui.widgets.line import Piece
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.tree_row import RowDrawing

if TYPE_CHECKING:
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

_EMPTY = Outline((), ())


class Tree(Lines, can_focus=True):
    """Rows of the plan with a cursor of their own; what is *current* is the run's word and only drawn here."""

    def __init__(self, glyphs: Glyphs, colours: Palette, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """Empty until :meth:`show` is called. ``moved`` is called when the cursor stands on another row.

        A message would take three turns of the event loop, and a key has to be answered in a few milliseconds.
        """
        super().__init__(glyphs, colours, id=id)
        self.moved: Callable[[], object] = lambda: None
        self.shot: Snapshot | None = None
        self.outline = _EMPTY
        self.folded: set[str] = set()
        self.rows: list[Row] = []
        self.cursor = 0
        self.top = 0
        self.needle = ""
        self._current = ""
        self._shape: object = None
        self._under: list[Piece] = []
        self._titles = 0

    # What is shown

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot; a run starts at its current box, and another plan leaves the cursor where it is."""
        fresh, former = shot.rows is not self.outline, self.outline
        self.shot = shot
        if fresh:
            self.outline = shot.rows
            folded = folded_at_first(shot.rows, shot.state)
            if former is not _EMPTY:
                self._keep_place(former, shot.state.adoptions[-1].renamed, folded)
            else:
                self.folded = folded
            self._titles = max((cell_len(beside.short_title(phase, shot)) for phase in shot.plan.phases), default=0)
            self._current = shot.current
            self._arrange()
            if former is _EMPTY:
                self.go_to_current()
        elif shot.current != self._current:
            self._current = shot.current
            self.folded -= way_to(self.outline, shot.state)
            self._shape = None
        self._arrange()
        self.repaint()

    def _keep_place(self, former: Outline, renamed: Mapping[str, str], folded: set[str]) -> None:
        """What was folded stays so, under its new key; of what is new as ``folded`` has it."""
        keys = {renamed.get(key, key) for key in former.index}
        self.folded = {renamed.get(key, key) for key in self.folded} & self.outline.index.keys()
        self.folded |= {key for key in folded if key not in keys}
        self.rows = [row._replace(key=renamed.get(row.key, row.key)) for row in self.rows]

    def _arrange(self) -> None:
        """Find the visible rows again where what they depend on has changed; the cursor stays on its row."""
        shot = self.shot
        if shot is None:
            return
        width = self.size.width
        lines = {
            phase.id: beside.extra_lines(phase, shot, width, self._titles) for phase in shot.plan.phases if width > 0
        }
        shape = (self.outline, frozenset(self.folded), tuple(lines.items()), str(shot.deferred))
        if shape == self._shape:
            return
        self._shape = shape
        key = self.rows[self.cursor].key if self.rows else ""
        offset = self.cursor - self.top
        self.rows = visible(self.outline, self.folded, lines, shot.deferred)
        self.cursor = self._find(key)
        self.top = self.cursor - offset
        self._keep_in_sight()

    def _find(self, key: str) -> int:
        position = next((number for number, row in enumerate(self.rows) if row.key == key), None)
        if position is not None:
            return position
        if key in self.outline.index:
            for holder in self.outline.above(self.outline.index[key]):
                above = next((number for number, row in enumerate(self.rows) if row.key == holder.key), None)
                if above is not None:
                    return above
        return min(self.cursor, max(0, len(self.rows) - 1))

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def on_resize(self, _event: events.Resize) -> None:
        """The number of sparkline lines depends on the width."""
        self._shape = None
        self._arrange()
        self._keep_in_sight()
        self.forget()

    # Drawing

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The rows from ``top`` on."""
        if self.shot is None:
            return []
        lines = [self._draw_row(row, width, self.shot) for row in self.rows[self.top : self.top + height]]
        under = self.cursor - self.top
        if 0 <= under < len(lines):
            self._under = lines[under]
            lines[under] = self._highlighted(lines[under])
        return lines

    def _highlighted(self, pieces: list[Piece]) -> list[Piece]:
        cursor, strong = self.colours.cursor, self.colours.strong_cursor
        return [(text, strong if style.bold else cursor) for text, style in pieces]

    def _draw_row(self, row: Row, width: int, shot: Snapshot) -> list[Piece]:
        return RowDrawing(self.glyphs, self.colours, shot, width, self.folded, self._current, self._titles).draw(row)

    # Moving

    def move_to(self, position: int) -> None:
        """Put the cursor on the row at ``position``, or the nearest one that it may stand on."""
        if not self.rows:
            return
        step = 1 if position >= self.cursor else -1
        position = max(0, min(len(self.rows) - 1, position))
        while not self.rows[position].is_selectable and 0 <= position + step < len(self.rows):
            position += step
        before, top = self.cursor, self.top
        if position != before:
            self.cursor = position
            self.moved()
        self._keep_in_sight()
        if self.top != top or self.shot is None:
            self.repaint()
            return
        if position != before:
            self.repaint_line(before - top, self._under)
            self._under = self._draw_row(self.rows[position], self.size.width, self.shot)
            self.repaint_line(position - top, self._highlighted(self._under))

    def move(self, by: int) -> None:
        """Move the cursor down ``by`` rows, or up."""
        self.move_to(self.cursor + by)

    def page(self, by: int) -> None:
        """Move by screens."""
        self.move(by * max(1, self.size.height - 2))

    def _keep_in_sight(self) -> None:
        height = max(1, self.size.height)
        jump = max(1, height // 3)
        if self.cursor < self.top:
            self.top = self.cursor - jump
        elif self.cursor >= self.top + height:
            self.top = self.cursor - height + 1 + jump
        self.top = max(0, min(self.top, len(self.rows) - height))

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, unfolding what hides it."""
        if key not in self.outline.index:
            return
        for holder in self.outline.above(self.outline.index[key]):
            self.folded.discard(holder.key)
        self._arrange()
        self.move_to(self._find(key))

    def go_to_current(self) -> None:
        """Put the cursor on the current box."""
        self.go_to(self._current)

    def jump_phase(self, by: int) -> None:
        """Put the cursor on the next phase, or the one before."""
        if self.shot is None or self.row is None:
            return
        here = self.outline.index.get(self.row.key, 0)
        phases = [self.outline.index[phase.id] for phase in self.shot.plan.phases if phase.id in self.outline.index]
        wanted = [n for n in phases if n > here] if by > 0 else [n for n in reversed(phases) if n < here]
        if wanted:
            self.go_to(self.outline.rows[wanted[0]].key)

    # Folding

    def fold(self, row: Row, *, folded: bool) -> None:
        """Hide or show what a row holds."""
        if not row.has_children or (row.key in self.folded) == folded:
            return
        self.folded.symmetric_difference_update({row.key})
        self._arrange()
        self.repaint()

    def toggle(self) -> None:
        """Fold or unfold the row under the cursor."""
        if self.row is not None:
            self.fold(self.row, folded=self.row.key not in self.folded)

    def out(self) -> None:
        """Fold the row under the cursor, or go to the one that holds it."""
        row = self.row
        if row is None:
            return
        if row.has_children and row.key not in self.folded:
            self.fold(row, folded=True)
        elif row.key in self.outline.index:
            holder = next(self.outline.above(self.outline.index[row.key]), None)
            if holder is not None:
                self.go_to(holder.key)

    def into(self) -> None:
        """Unfold the row under the cursor, or go to the first that it holds."""
        row = self.row
        if row is None or not row.has_children:
            return
        if row.key in self.folded:
            self.fold(row, folded=False)
        else:
            self.move(1)

    # Searching

    def search(self, needle: str, direction: int = 1, *, stay: bool = False) -> tuple[int, int]:
        """Go to the next row that holds ``needle``: its place among the matches (from 1) and their number.

        ``stay`` counts the row under the cursor as a candidate. Without a match: (0, 0), and the cursor stays.
        """
        self.needle = needle
        found = matches(self.outline, needle)
        if not found:
            return 0, 0
        here = self.outline.index.get(self.row.key, -1) if self.row else -1
        if direction > 0:
            position = next((n for n, at in enumerate(found) if at > here or (stay and at == here)), 0)
        else:
            position = next((n for n in range(len(found) - 1, -1, -1) if found[n] < here), len(found) - 1)
        self.go_to(self.outline.rows[found[position]].key)
        return position + 1, len(found)

    # The mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving what is current."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        event.stop()
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click there folds."""
        position = self.top + event.y
        if position >= len(self.rows):
            return
        if position == self.cursor:
            self.toggle()
        else:
            self.move_to(position)
