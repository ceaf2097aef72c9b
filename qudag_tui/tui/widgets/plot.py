"""A larger plot of one metric: columns of block characters, an axis with its ends, the limit as a line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qudag_tui.tui.glyphs import Glyphs
from qudag_tui.tui.widgets.sparkline import binned

_FAR = 6.0
_TINY = 1e-9
_HUGE = 1e100
_MARGIN = 7


@dataclass(frozen=True, slots=True)
class Plot:
    """``lines`` from the top down; ``limit_line`` is the number of the one with the limit, -1 where it is not shown."""

    lines: tuple[str, ...]
    limit_line: int


def _scale(known: Sequence[float], limit: float | None) -> tuple[float, float]:
    low, high = min(known), max(known)
    if limit is not None and abs(limit) < _HUGE:
        reach = max(high - low, abs(high) * 0.1, 1e-12)
        if low - _FAR * reach <= limit <= high + _FAR * reach:
            low, high = min(low, limit), max(high, limit)
    least = max(abs(high), abs(low), _TINY) * 0.05
    if high - low < least:
        middle = high / 2 + low / 2
        low, high = middle - least / 2, middle + least / 2
    margin = (high - low) * 0.08
    bottom = low - margin
    return (max(0.0, bottom) if min(known) >= 0 else bottom), high + margin


def plot(
    values: Sequence[float | None],
    width: int,
    height: int,
    label: Callable[[float], str],
    *,
    glyphs: Glyphs,
    limit: float | None = None,
    first: int | None = None,
    least: int = 1,
) -> Plot:
    """A plot of exactly ``width`` cells and ``height`` lines, the newest value at the right; gaps stay empty.

    ``label`` writes a value at the axis. Nothing to plot gives blank lines. ``first`` and ``least`` are as for
    :func:`binned`.
    """
    bins: list[float | None] = binned(values, width, first=first, least=least)
    known = [value for value in bins if value is not None and abs(value) < _HUGE]
    if not known or height < 2 or width < 12:
        return Plot(("",) * max(0, height), -1)
    low, high = _scale(known, limit)
    step = (high - low) / height
    limit_line = -1
    if limit is not None and low <= limit <= high:
        limit_line = min(height - 1, max(0, height - 1 - int((limit - low) / step)))
    labels = {0: label(high), height - 1: label(low)}
    if limit_line >= 0 and limit is not None:
        labels[limit_line] = label(limit)
    margin = max(_MARGIN, *(len(text) for text in labels.values()))
    cells = width - margin - 2
    bins = binned(values, cells, first=first, least=least)
    lines = []
    for line in range(height):
        floor = low + (height - 1 - line) * step
        empty = glyphs.limit if line == limit_line else " "
        drawn = "".join(empty if value is None else _cell(value, floor, step, glyphs, empty) for value in bins)
        drawn = empty * (cells - len(drawn)) + drawn
        joint = glyphs.tick if line in labels else glyphs.upright
        lines.append(f"{labels.get(line, ''):>{margin}} {joint}{drawn}")
    return Plot(tuple(lines), limit_line)


def _cell(value: float, floor: float, step: float, glyphs: Glyphs, empty: str) -> str:
    share = (value - floor) / step
    if share <= 0:
        return empty
    if share >= 1:
        return glyphs.bars[-1]
    return glyphs.bars[min(len(glyphs.bars) - 1, int(share * len(glyphs.bars)))]
