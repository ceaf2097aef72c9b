"""The output of a step: the last lines of its log, followed while it grows."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections import deque

from rich.cells import cell_len

from qudag_tui.core.printable import visible
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, cut
from qudag_tui.tui.widgets.lines import Lines

MOST_LINES = 2000
_MOST_CELLS = 2000


class Output(Lines):
    """Lines of bytes that somebody else wrote: shown, never interpreted."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Nothing was written yet."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.heading = ""
        self.is_wrong = False
        self._decode = getincrementaldecoder("utf-8")("replace")
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self._open_line = ""
        self.up = 0
        self.needle = ""

    def start(self, heading: str) -> None:
        """Another log."""
        self.heading, self._open_line, self.up, self.is_wrong = heading, "", 0, False
        self._decode.reset()
        self.lines.clear()
        self.repaint()

    def head(self, heading: str, *, wrong: bool) -> None:
        """Another heading above the same log."""
        if (heading, wrong) != (self.heading, self.is_wrong):
            self.heading, self.is_wrong = heading, wrong
            self.repaint()

    def feed(self, data: bytes, missed: int = 0) -> None:
        """Take what was added, after ``missed`` bytes that are not shown.

        A line that is overwritten in place (by returns) shows its last form.
        """
        if missed:
            self._decode.reset()
            rest, self._open_line = visible(_last_form(self._open_line))[:_MOST_CELLS], ""
            self.lines.extend(filter(None, (rest, f"[{missed} bytes are not shown here: output has them]")))
        text = self._decode.decode(data)
        *whole, self._open_line = (self._open_line + text).split("\n")
        self._open_line = self._open_line[-_MOST_CELLS * 4 :]
        fresh = [visible(_last_form(line))[:_MOST_CELLS] for line in whole]
        self.lines.extend(fresh)
        if self.up:
            self.up = min(len(self.lines), self.up + len(fresh))
        self.repaint()

    def every_line(self) -> list[str]:
        """What is kept, with the line that is not ended yet."""
        rest = visible(_last_form(self._open_line))
        return [*self.lines, rest] if rest else list(self.lines)

    def scroll(self, by: int) -> None:
        """Up (positive) or down; 0 lines up is following."""
        self.up = max(0, min(self.up + by, len(self.lines) - self.size.height + 1))
        self.repaint()

    def find(self, needle: str, direction: int, *, stay: bool = False) -> tuple[int, int]:
        """Scroll to the next line that holds ``needle``, upwards for 1: its place from the end, and how many there are.

        ``stay`` counts the lowest line that is shown as well. Beyond the last match comes the first; (0, 0) without one.
        """
        self.needle = needle
        lines = self.every_line()
        wanted = needle.casefold()
        found = [number for number, line in enumerate(lines) if wanted and wanted in line.casefold()]
        if found:
            lowest = len(lines) - self.up - 1
            above = [number for number in found if number < lowest or (stay and number == lowest)]
            below = [number for number in found if number > lowest]
            at = (above or found)[-1] if direction > 0 else (below or found)[0]
            self.up = len(lines) - at - 1
            self.repaint()
            return len(found) - found.index(at), len(found)
        self.repaint()
        return 0, 0

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """A rule with the heading, then the end of the output, or what is ``up`` lines above it."""
        rule = self.glyphs.rule
        said = f" {self.heading} " if self.heading else ""
        if self.up:
            said += f"{self.glyphs.dot} {self.up} lines further down, f follows "
        head = cut(said, width - 4, self.glyphs)
        style = self.colours.wrong if self.is_wrong else self.colours.dim
        tail = rule * (width - 2 - cell_len(head))
        lines: list[list[Piece]] = [[(rule * 2, self.colours.dim), (head, style), (tail, self.colours.dim)]]
        every = self.every_line()
        # What was found may be among the first lines: the pane is filled from there.
        end = max(len(every) - self.up, min(len(every), height - 1))
        wanted = self.needle.casefold()
        for line in every[max(0, end - (height - 1)) : end]:
            style = self.colours.accent if wanted and wanted in line.casefold() else NO_STYLE
            lines.append([(" " + cut(line, width - 2, self.glyphs), style)])
        return lines


def _last_form(line: str) -> str:
    return line.rstrip("\r").rsplit("\r", 1)[-1]
