"""A larger plot of one metric: columns of block characters, an axis with its ends, levels as lines. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.tui.glyphs import Glyphs
from qudag_tui.tui.widgets.sparkline import binned

_FAR = 6.0
_TINY = 1e-9
_HUGE = 1e100
_MARGIN = 7
# Names of levels stand at the right where the columns still have so many cells.
_LEAST_CELLS = 18


@lean_dataclass(frozen=True, slots=True)
class Level:
    """A line at ``value``, drawn with ``glyph`` and called ``name``."""

    value: float
    name: str
    glyph: str


def _scale(known: Sequence[float], levels: Sequence[Level], most: float) -> tuple[float, float]:
    low, high = min(known), max(known)
    if low == high == 0:
        # Nothing but zeros has no size of its own: the levels give it one, or else one unit.
        return 0.0, max((level.value for level in levels if 0 < level.value < _HUGE), default=1.0) * 1.08
    reach = max(high - low, abs(high) * 0.1, 1e-12)
    near = [
        level.value
        for level in levels
        if abs(level.value) < _HUGE and low - _FAR * reach <= level.value <= high + _FAR * reach
    ]
    low, high = min([low, *near]), max([high, *near])
    peak = high
    least = max(abs(high), abs(low), _TINY) * 0.05
    if high - low < least:
        middle = high / 2 + low / 2
        low, high = middle - least / 2, middle + least / 2
    margin = (high - low) * 0.08
    bottom = low - margin
    top = min(high + margin, most) if peak <= most else high + margin
    return (max(0.0, bottom) if min(known) >= 0 else bottom), top


def plot(
    values: Sequence[float | None],
    width: int,
    height: int,
    label: Callable[[float], str],
    *,
    glyphs: Glyphs,
    levels: Sequence[Level] = (),
    first: int | None = None,
    least: int = 1,
    most: float = math.inf,
) -> list[str]:
    """``height`` lines of exactly ``width`` cells, from the top down, the newest value at the right; gaps stay empty.

    ``label`` writes a value at the axis. Where two levels fall on one line the first is drawn. Nothing to plot gives
    blank lines. ``first`` and ``least`` are as for :func:`binned`. The axis ends at ``most`` at the latest, as long as no
    value is beyond it.
    """
    bins: list[float | None] = binned(values, width, first=first, least=least)
    known = [value for value in bins if value is not None and abs(value) < _HUGE]
    if not known or height < 2 or width < 12:
        return [""] * max(0, height)
    low, high = _scale(known, levels, most)
    step = (high - low) / height
    drawn_at = {
        min(height - 1, max(0, height - 1 - int((level.value - low) / step))): level
        for level in reversed(levels)
        if low <= level.value <= high
    }
    labels = {0: label(high), height - 1: label(low)} | {at: label(level.value) for at, level in drawn_at.items()}
    margin = max(_MARGIN, *(len(text) for text in labels.values()))
    names = max((len(level.name) + 1 for level in drawn_at.values() if level.name), default=0)
    cells = width - margin - 2 - names
    if cells < _LEAST_CELLS:
        names, cells = 0, width - margin - 2
    bins = binned(values, cells, first=first, least=least)
    lines = []
    for line in range(height):
        level = drawn_at.get(line)
        empty = level.glyph if level is not None else " "
        drawn = "".join(
            empty if value is None else _cell(value, low + (height - 1 - line) * step, step, glyphs, empty)
            for value in bins
        )
        drawn = empty * (cells - len(drawn)) + drawn
        joint = glyphs.tick if line in labels else glyphs.upright
        name = f" {level.name}" if level is not None and names else ""
        lines.append(f"{labels.get(line, ''):>{margin}} {joint}{drawn}{name:<{names}}")
    return lines


def _cell(value: float, floor: float, step: float, glyphs: Glyphs, empty: str) -> str:
    share = (value - floor) / step
    if share <= 0:
        return empty
    if share >= 1:
        return glyphs.bars[-1]
    return glyphs.bars[min(len(glyphs.bars) - 1, int(share * len(glyphs.bars)))]
