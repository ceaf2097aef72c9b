"""View 1: the checklists as a tree, and from 110 columns what is known of the row under the cursor."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from qudag_tui.core.rows import Row, RowKind
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.screens.view import View, bindings
from qudag_tui.tui.widgets.detail import Detail
from qudag_tui.tui.widgets.rule import Rule
from qudag_tui.tui.widgets.tree import Tree

if TYPE_CHECKING:
    from textual.timer import Timer

    from qudag_tui.core.item import Item
    from qudag_tui.tui.snapshot import Snapshot

DETAIL_FROM = 110
DETAIL_WIDTH = 47
SETTLE_SECONDS = 0.12


class Body(Horizontal):
    """Has nothing of its own to draw."""

    BLANK: ClassVar[bool] = True


class Checklists(View):
    """Browsing never moves what is current; every key acts on the row under the cursor."""

    where = Where.CHECKLISTS
    CSS_PATH = "checklists.tcss"
    BINDINGS: ClassVar = bindings(Where.CHECKLISTS)

    def body(self) -> ComposeResult:
        """The tree, and the detail beside it."""
        desk = self.desk
        self.tree_view = Tree(desk.glyphs, desk.colours, id="tree")
        self.tree_view.moved = self._cursor_moved
        self.detail = Detail(desk.glyphs, desk.colours, id="detail")
        self.above = Rule(desk.glyphs, desk.colours, desk.glyphs.joint_down)
        self.below = Rule(desk.glyphs, desk.colours, desk.glyphs.joint_up)
        self._settle: Timer | None = None
        self._moved = 0.0
        yield self.above
        with Body(id="body"):
            yield self.tree_view
            yield self.detail
        yield self.below

    def on_resize(self, event: events.Resize) -> None:
        """The detail and the rules need room."""
        wide = event.size.width >= DETAIL_FROM
        for part in (self.detail, self.above, self.below):
            part.display = wide
        self.set_class(event.size.height < 6, "tiny")
        split = event.size.width - DETAIL_WIDTH if wide else -1
        self.above.split = self.below.split = split

    def focus_target(self) -> Widget | None:
        """The tree."""
        return self.tree_view

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.tree_view.show(shot)
        self._show_detail()

    def _show_detail(self) -> None:
        self._settle = None
        shot = self.desk.held or self.desk.shot
        if shot is not None and self.detail.display and shot.rows is self.tree_view.outline:
            self.detail.show(self.tree_view.row, shot, self.desk.history)

    def _cursor_moved(self) -> None:
        """The detail follows when the cursor has come to rest."""
        self._moved = monotonic()
        if self._settle is None and self.detail.display:
            self._settle = self.set_timer(SETTLE_SECONDS, self._settled)

    def _settled(self) -> None:
        left = self._moved + SETTLE_SECONDS - monotonic()
        if left > 0:
            self._settle = self.set_timer(left, self._settled)
        else:
            self._show_detail()

    @property
    def item(self) -> Item | None:
        """The box under the cursor, if it is one."""
        row, shot = self.tree_view.row, self.desk.shot
        if row is None or shot is None or row.kind not in {RowKind.BOX, RowKind.REFERENCE}:
            return None
        # The rows may be those of a display that is held, and the plan another one since.
        return shot.plan.items.get(row.id)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.tree_view.row

    # Moving

    def act_down(self) -> None:
        """One row down."""
        self.tree_view.move(1)

    def act_up(self) -> None:
        """One row up."""
        self.tree_view.move(-1)

    def act_page_down(self) -> None:
        """One screen down."""
        self.tree_view.page(1)

    def act_page_up(self) -> None:
        """One screen up."""
        self.tree_view.page(-1)

    def act_first(self) -> None:
        """The first row."""
        self.tree_view.move_to(0)

    def act_last(self) -> None:
        """The last row."""
        self.tree_view.move_to(len(self.tree_view.rows) - 1)

    def act_out(self) -> None:
        """Fold, or go out."""
        self.tree_view.out()

    def act_into(self) -> None:
        """Unfold, or go in."""
        self.tree_view.into()

    def act_toggle(self) -> None:
        """Fold or unfold."""
        self.tree_view.toggle()

    def act_current(self) -> None:
        """The next to do."""
        self.tree_view.go_to_current()

    def act_phase_before(self) -> None:
        """The phase before."""
        self.tree_view.jump_phase(-1)

    def act_phase_after(self) -> None:
        """The next phase."""
        self.tree_view.jump_phase(1)

    # Searching

    def search(self, needle: str, direction: int, *, stay: bool = False) -> None:
        """Go to a row with that text, and say which of how many it is."""
        place, number = self.tree_view.search(needle, direction, stay=stay)
        if needle:
            self.footer.say(
                f"“{needle}”: {place} of {number}" if number else f"“{needle}” is nowhere", wrong=not number
            )

    def act_next_match(self) -> None:
        """On."""
        self.search(self.tree_view.needle, 1)

    def act_match_before(self) -> None:
        """Back."""
        self.search(self.tree_view.needle, -1)

    def act_back(self) -> None:
        """Clear the search."""
        self.tree_view.needle = ""

    def copy_text(self) -> str:
        """The text of the row."""
        return self.row.text if self.row else ""
