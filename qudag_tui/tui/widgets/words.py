"""Lines that are given once, scrolled where there is no room for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qudag_tui.tui.widgets.line import Piece, fit
from qudag_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.theme import Palette


class Words(Lines):
    """What a dialog says."""

    DEFAULT_CSS = "Words { height: auto; width: 1fr; }"

    def __init__(
        self,
        glyphs: Glyphs,
        colours: Palette,
        lines: Sequence[Sequence[Piece]],
        *,
        id: str | None = None,  # noqa: A002  # Textual's own name
    ) -> None:
        """``lines`` are cut to the width where they are drawn."""
        super().__init__(glyphs, colours, id=id)
        self.lines = [list(line) for line in lines]
        self.top = 0

    def put(self, lines: Sequence[Sequence[Piece]]) -> None:
        """Say something else."""
        is_other_height = len(lines) != len(self.lines)
        self.lines = [list(line) for line in lines]
        if is_other_height:
            self.refresh(layout=True)
        self.repaint()

    def get_content_height(self, *_: object) -> int:
        """One line each."""
        return len(self.lines)

    def scroll(self, by: int) -> None:
        """Show what is further down, or up."""
        self.top = max(0, min(self.top + by, len(self.lines) - self.size.height))
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """From ``top`` on."""
        return [fit(line, width, self.glyphs) for line in self.lines[self.top : self.top + height]]
