"""A line where two areas meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.tui.widgets.line import Piece
from qudag_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.theme import Palette


class Rule(Lines):
    """``split`` is the column at which an upright rule meets it; -1 for none."""

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; }"

    def __init__(self, glyphs: Glyphs, colours: Palette, joint: str = "") -> None:
        """``joint`` is drawn where the upright rule meets it."""
        super().__init__(glyphs, colours)
        self.joint = joint
        self.split = -1

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """One line."""
        del height
        line = self.glyphs.rule * width
        if 0 <= self.split < width:
            line = line[: self.split] + (self.joint or self.glyphs.rule) + line[self.split + 1 :]
        return [[(line, self.colours.dim)]]
