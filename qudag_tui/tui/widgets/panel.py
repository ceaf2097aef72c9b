"""Lines with a cursor and a search: what the rollback view and the timeline are made of."""

from __future__ import annotations

from textual import events

from qudag_tui.tui.widgets.line import Piece, fit
from qudag_tui.tui.widgets.lines import Lines


class Panel(Lines, can_focus=True):
    """Subclasses give the number of rows and draw each; those that nobody can stand on are skipped."""

    cursor = -1
    top = 0

    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw_row(self, number: int, width: int) -> list[Piece]:
        """Row ``number``."""
        raise NotImplementedError

    def is_selectable(self, number: int) -> bool:
        """Whether the cursor may stand there."""
        del number
        return True

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The rows from ``top`` on, the cursor's reversed."""
        lines = []
        for number in range(self.top, min(self.count(), self.top + height)):
            pieces = fit(self.draw_row(number, width), width, self.glyphs)
            if number == self.cursor:
                pieces = [(text, self.colours.cursor) for text, _ in pieces]
                pieces.append((" " * (width - sum(len(text) for text, _ in pieces)), self.colours.cursor))
            lines.append(pieces)
        return lines

    def move_to(self, number: int) -> None:
        """Put the cursor on a row, or the nearest one it may stand on."""
        count = self.count()
        if not count:
            return
        step = 1 if number >= self.cursor else -1
        number = max(0, min(count - 1, number))
        while not self.is_selectable(number):
            if not 0 <= number + step < count:
                return
            number += step
        self.cursor = number
        self.keep_in_sight()
        self.repaint()

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.move_to(self.cursor + by)

    def page(self, by: int) -> None:
        """Move by screens."""
        self.move(by * max(1, self.size.height - 1))

    def keep_in_sight(self) -> None:
        """Scroll by more than a row where the cursor meets an edge."""
        height = max(1, self.size.height)
        if self.cursor < self.top:
            self.top = self.cursor - height // 3
        elif self.cursor >= self.top + height:
            self.top = self.cursor - height + 1 + height // 3
        self.top = max(0, min(self.top, self.count() - height))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        self.move_to(self.top + event.y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Up."""
        event.stop()
        self.move(-3)
