"""A widget that is a column of lines, and repaints only the cells that have changed."""

from __future__ import annotations

from typing import ClassVar

from textual.color import TRANSPARENT
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from qudag_tui.tui.glyphs import UNICODE, Glyphs
from qudag_tui.tui.theme import Palette, palette
from qudag_tui.tui.widgets.line import Piece, changed_spans, strip


class Lines(Widget):
    """Subclasses say what each line is; :meth:`repaint` finds out what of it is new and paints only that."""

    DEFAULT_CSS: ClassVar[str] = "Lines { height: 1fr; width: 1fr; }"
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, glyphs: Glyphs = UNICODE, colours: Palette | None = None, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """``colours`` default to the terminal's sixteen."""
        super().__init__(id=id)
        self.glyphs = glyphs
        self.colours = colours or palette(exact=False, colourless=False)
        self._strips: list[Strip] = []
        self._drawn = Size(0, 0)

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """What stands in the ``height`` lines of ``width`` cells; missing lines are blank."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw again, and have the terminal told of the cells that differ."""
        size = self.size
        if not size:
            return
        if size != self._drawn:
            self.refresh()
            return
        fresh = self._draw_strips(size)
        regions = []
        for y, (old, new) in enumerate(zip(self._strips, fresh, strict=True)):
            if old is not new:
                regions += [Region(start, y, end - start, 1) for start, end in changed_spans(old, new)]
        self._strips = fresh
        if sum(region.width for region in regions) * 2 > size.width * size.height:
            self.refresh()
        elif regions:
            self.refresh(*regions)

    def repaint_line(self, y: int, pieces: list[Piece]) -> None:
        """Put ``pieces`` into line ``y``, and have the terminal told of the whole of it."""
        size = self.size
        if size != self._drawn or not 0 <= y < len(self._strips):
            self.repaint()
            return
        self._strips[y] = self._filtered(strip(pieces, size.width))
        self.refresh(Region(0, y, size.width, 1))

    def _draw_strips(self, size: Size) -> list[Strip]:
        lines = self.draw(size.width, size.height)[: size.height]
        lines.extend([] for _ in range(size.height - len(lines)))
        return [self._filtered(strip(pieces, size.width)) for pieces in lines]

    def _filtered(self, drawn: Strip) -> Strip:
        for each in self.app.get_line_filters():
            drawn = drawn.apply_filter(each, TRANSPARENT)
        return drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines as they were drawn; Textual's way through borders and padding, which these have not, takes longer."""
        self.render_line(0)
        lines = self._strips[crop.y : crop.bottom]
        lines.extend([Strip.blank(self.size.width)] * (crop.height - len(lines)))
        if crop.x or crop.width != self.size.width:
            return [line.crop(crop.x, crop.right) for line in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        """The line ``y``; the whole is drawn anew only where the size has changed."""
        size = self.size
        if size != self._drawn:
            self._strips = self._draw_strips(size)
            self._drawn = size
        return self._strips[y] if y < len(self._strips) else Strip.blank(size.width)

    def forget(self) -> None:
        """Draw everything anew at the next paint."""
        self._drawn = Size(0, 0)
        self.refresh()
