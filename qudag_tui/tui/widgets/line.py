"""One line of the screen as styled pieces of text, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from qudag_tui.core.printable import visible
from qudag_tui.tui.glyphs import Glyphs

Piece = tuple[str, Style]
NO_STYLE = Style()
# To go on elsewhere in a line costs as much as so many cells.
_NEAR = 12


def width_of(pieces: Iterable[Piece]) -> int:
    """Cells that ``pieces`` take."""
    return sum(cell_len(text) for text, _ in pieces)


def cut(text: str, width: int, glyphs: Glyphs) -> str:
    """``text`` made harmless and at most ``width`` cells wide, an ellipsis standing for what is left out."""
    shown = glyphs.text(visible(text))
    if width <= 0:
        return ""
    if cell_len(shown) <= width:
        return shown
    return set_cell_size(shown, width - 1).rstrip() + glyphs.ellipsis


def wrapped(text: str, width: int, glyphs: Glyphs, at_most: int = 100) -> list[str]:
    """``text`` made harmless, broken at spaces into lines of at most ``width`` cells."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        current = ""
        for word in glyphs.text(visible(paragraph)).split(" "):
            rest = word
            if current and cell_len(current) + 1 + cell_len(rest) <= width:
                current = f"{current} {rest}"
                continue
            if current:
                lines.append(current)
            while cell_len(rest) > width > 0:
                head = set_cell_size(rest, width)
                lines.append(head)
                rest = rest[len(head.rstrip()) or 1 :]
            current = rest
        lines.append(current)
        if len(lines) >= at_most:
            return [*lines[: at_most - 1], glyphs.ellipsis]
    return lines


def folded(text: str, width: int, glyphs: Glyphs) -> list[str]:
    """``text`` made harmless, in lines of at most ``width`` cells, broken behind a blank where there is one.

    No blank is lost, as it counts in a script.
    """
    rest = glyphs.text(visible(text))
    lines = []
    while cell_len(rest) > width > 1:
        head = set_cell_size(rest, width)
        # A character of two cells that would stand across the edge is a blank in `head`.
        taken = len(head) if rest.startswith(head) else len(head) - 1
        blank = rest.rfind(" ", 0, taken)
        taken = blank + 1 if blank > taken // 2 else taken
        lines.append(rest[:taken])
        rest = rest[taken:]
    return [*lines, rest]


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int, glyphs: Glyphs) -> list[Piece]:
    """``left`` from the left edge, ``right`` against the right one; the left gives way where both do not fit."""
    right_width = width_of(right)
    if right_width > width:
        return fit(right, width, glyphs)
    room = width - right_width - (1 if right_width else 0)
    pieces = fit(left, room, glyphs)
    gap = width - width_of(pieces) - right_width
    return [*pieces, (" " * gap, NO_STYLE), *right]


def fit(pieces: Sequence[Piece], width: int, glyphs: Glyphs) -> list[Piece]:
    """``pieces`` cut to ``width`` cells."""
    fitting: list[Piece] = []
    left = width
    for text, style in pieces:
        length = cell_len(text)
        if length <= left:
            fitting.append((text, style))
            left -= length
            continue
        if left > 0:
            fitting.append((cut(text, left, glyphs), style))
        break
    return fitting


def strip(pieces: Iterable[Piece], width: int) -> Strip:
    """``pieces`` as a strip of exactly ``width`` cells; neighbours of one style become one segment."""
    segments: list[Segment] = []
    for text, style in pieces:
        if not text:
            continue
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + text, style)
        else:
            segments.append(Segment(text, style))
    return Strip(segments).adjust_cell_length(width, NO_STYLE)


def changed_spans(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """Where two strips differ: the first cell of each span and the one after its last, in order."""
    before, after = _cells(old), _cells(new)
    if len(before) != len(after):
        return [(0, max(len(before), len(after)))]
    spans: list[tuple[int, int]] = []
    for x, (one, other) in enumerate(zip(before, after, strict=True)):
        if one == other:
            continue
        start = x
        # A character of two cells is written as a whole.
        while start and not (before[start][0] and after[start][0]):
            start -= 1
        end = x + 1
        while end < len(after) and not (before[end][0] and after[end][0]):
            end += 1
        if spans and start - spans[-1][1] <= _NEAR:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _cells(line: Strip) -> list[tuple[str, Style | None]]:
    cells: list[tuple[str, Style | None]] = []
    for segment in line:
        if segment.text.isascii():
            cells.extend((character, segment.style) for character in segment.text)
            continue
        for character in segment.text:
            size = get_character_cell_size(character)
            if size == 0 and cells:
                cells[-1] = (cells[-1][0] + character, segment.style)
            else:
                cells.append((character, segment.style))
                cells.extend([("", segment.style)] * (size - 1))
    return cells
