"""What a view sends to the terminal when a part of it is new: the cells that changed, and not those to their left."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor


class NarrowCompositor(Compositor):
    """Textual begins each line that changed at the widget's left edge: a plot's newest column cost all of the plot."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """The same update, which writes less."""
        update = super().render_partial_update()
        return None if update is None else NarrowUpdate(update.chops, update.spans, update.chop_ends)


class NarrowUpdate(ChopsUpdate):
    """Spans of lines, cropped on both sides."""

    def render_segments(self, console: Console) -> str:
        """What to write."""
        written: list[str] = []
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= stop or end <= start:
                    continue
                left, right = max(x, start), min(end, stop)
                written += [Control.move_to(left, y).segment.text, strip.crop(left - x, right - x).render(console)]
        return "".join(written)
