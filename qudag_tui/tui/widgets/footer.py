"""The last line: the keys that matter here, or what was just answered, which may take more than one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.tui.keymap import Where, footer_keys
from qudag_tui.tui.widgets.line import Piece, cut, width_of, wrapped
from qudag_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.theme import Palette

_WIDE = 100
_MARGIN = 2
_MOST_LINES = 3
# What is left out first where there is little room; all of it stands in the help.
_DISPENSABLE = ("palette", "pause", "copy", "operator", "follow", "defer", "not_applicable", "undo", "search")


class Footer(Lines):
    """One line that fits 80 columns; a notice stands in its place until the next key.

    A notice says at its end what to do next: one that is longer than the line takes as many as it needs, three at the most.
    """

    DEFAULT_CSS = "Footer { height: 1; width: 1fr; }"

    def __init__(self, glyphs: Glyphs, colours: Palette, where: Where) -> None:
        """``where`` is the view that it stands below."""
        super().__init__(glyphs, colours)
        self.where = where
        self.notice = ""
        self.is_wrong = False
        self.without: frozenset[str] = frozenset()

    def leave_out(self, acts: frozenset[str]) -> None:
        """Do not offer what would be refused as things stand."""
        if acts != self.without:
            self.without = acts
            self.repaint()

    def say(self, notice: str, *, wrong: bool = False) -> None:
        """Show ``notice`` in place of the keys (an empty one: the keys again)."""
        if (notice, wrong) != (self.notice, self.is_wrong):
            self.notice, self.is_wrong = notice, wrong
            wanted = max(1, len(self._wrapped(self.size.width)))
            if self.styles.height is None or self.styles.height.value != wanted:
                self.styles.height = wanted
            self.repaint()

    def _wrapped(self, width: int) -> list[str]:
        if not self.notice or width <= _MARGIN:
            return []
        lines = wrapped(self.notice, width - _MARGIN, self.glyphs)
        head, rest = lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1 :]
        return [*head, cut(" ".join(rest), width - _MARGIN, self.glyphs)] if rest else head

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The keys, as many as fit; help is always among them."""
        if self.notice:
            style = self.colours.wrong if self.is_wrong else self.colours.accent
            lines = self._wrapped(width) if height > 1 else [cut(self.notice, width - _MARGIN, self.glyphs)]
            return [[(f" {line}", style)] for line in lines]
        keys = [key for key in footer_keys(self.where) if key.act not in self.without]
        gap = " " * (3 if width >= _WIDE else 2)
        for act in (*_DISPENSABLE, *(key.act for key in reversed(keys) if key.act != "help"), ""):
            pieces: list[Piece] = [(" ", self.colours.plain)]
            for key in keys:
                pieces.extend(
                    [(key.shown.split(",")[0], self.colours.strong), (f" {key.short}{gap}", self.colours.dim)]
                )
            if width_of(pieces) - len(gap) <= width:
                return [pieces]
            keys = [key for key in keys if key.act != act]
        return [[]]
