"""The review of what would run: the whole screen, read by scrolling, the code to type at the bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult

from qudag_tui.tui.screens.typed_start import TypedStart
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, folded
from qudag_tui.tui.widgets.words import Words

if TYPE_CHECKING:
    from rich.style import Style

    from qudag_tui.plan.review_text import Part
    from qudag_tui.tui.theme import Palette

WIDTH = 112
# What stands around the words: frame, title, place, code, keys.
_FRAME_LINES = 10
# The answer that is no reason: put the trusted copies back.
RESTORE = "\x12"


class TrustReview(TypedStart):
    """Answered with "" once the code was typed, or with :data:`RESTORE`; without ``can_agree`` it can only be read."""

    def __init__(
        self, title: str, parts: Sequence[Part], *, verb: str, can_agree: bool = True, can_restore: bool = False
    ) -> None:
        """``verb`` is what typing the code does."""
        super().__init__(title, (), verb=verb, with_reason=False)
        self.parts = parts
        self.can_agree, self.can_restore = can_agree, can_restore
        self.keys: dict[str, str] = {"up, down": "read on"}
        if can_restore:
            self.keys["ctrl+r"] = "put the trusted copy back"

    way_out: ClassVar[Mapping[str, str]] = {"esc": "not now"}

    def fields(self) -> ComposeResult:
        """How far one has read, and the code."""
        self.place = Words(self.desk.glyphs, self.desk.colours, [[]], id="place")
        yield self.place
        if self.can_agree:
            yield from super().fields()

    @property
    def inner_width(self) -> int:
        """The cells that a line of words has."""
        return max(10, min(WIDTH, self.desk.size.width) - 4)

    def on_resize(self) -> None:
        """Break the words for this very width."""
        lines = list(self._drawn())
        self.query("#box").set_class(len(lines) + _FRAME_LINES < self.desk.size.height, "short")
        self.words.put(lines)
        self.call_after_refresh(self._say_where)

    def on_key(self, event: events.Key) -> None:
        """The one key that no field takes; of all others Textual asks the dialog that this one is, right after."""
        if event.key == "ctrl+r" and self.can_restore:
            event.stop()
            event.prevent_default()
            if self.desk.pace.was_deliberate(event.time):
                self.dismiss(RESTORE)
        else:
            self.call_later(self._say_where)

    def _say_where(self) -> None:
        height, lines = self.words.size.height, len(self.words.lines)
        last = min(lines, self.words.top + height)
        below = f", {lines - last} more below" if last < lines else ""
        said = f"lines {self.words.top + 1} to {last} of {lines}{below}" if lines > height > 0 else ""
        self.place.put([[(said, self.desk.colours.dim)]])

    def _drawn(self) -> Iterator[list[Piece]]:
        colours, glyphs = self.desk.colours, self.desk.glyphs
        for number, part in enumerate(self.parts):
            if number:
                yield []
            indent = "  " if part.heading else ""
            if part.heading:
                style = colours.wrong if part.is_wrong else colours.strong
                yield from ([(line, style)] for line in folded(part.heading, self.inner_width, glyphs))
            for line in part.lines:
                style = _style(part, line, colours)
                width = self.inner_width - len(indent)
                yield from ([(indent, NO_STYLE), (piece, style)] for piece in folded(line, width, glyphs))


def _style(part: Part, line: str, colours: Palette) -> Style:
    if part.is_difference:
        return {"-": colours.wrong, "+": colours.accent, "@": colours.dim}.get(line[:1], colours.plain)
    return colours.wrong if part.is_wrong else colours.plain
