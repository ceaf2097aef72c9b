"""A row of block characters for a row of values; pure."""

from __future__ import annotations

from collections.abc import Sequence

from qudag_tui.tui.glyphs import UNICODE, Glyphs

# Numbers this large are no measurements, and differences of them are no numbers.
_BEYOND = 1e150


def binned(
    values: Sequence[float | None], cells: int, *, first: int | None = None, least: int = 1
) -> list[float | None]:
    """``values`` averaged into at most ``cells`` bins of one width, the newest bin last; a bin of nothing is None.

    What is not a finite number (or is beyond all measure) counts as missing. With fewer values than cells there is one
    cell a value, or for ``least`` values. ``first`` is the number of the first value among all that there ever were:
    bins then begin at its multiples, so that a new value changes the newest bin alone, until the next one begins.
    """
    if cells <= 0 or not values:
        return []
    clean = [value if value is not None and abs(value) < _BEYOND else None for value in values]
    size = max(1, least, -(-len(clean) // cells))
    whole = len(clean) % size if first is None else -first % size
    starts = [0, *range(whole, len(clean), size)] if whole else list(range(0, len(clean), size))
    bins: list[float | None] = []
    for start, end in zip(starts, [*starts[1:], len(clean)], strict=True):
        known = [value for value in clean[start:end] if value is not None]
        bins.append(sum(known) / len(known) if known else None)
    return bins[-cells:]


def sparkline(values: Sequence[float | None], cells: int, glyphs: Glyphs = UNICODE) -> str:
    """Exactly ``cells`` characters, the newest value at the right; a missing value leaves a gap.

    The scale is the values' own, and never finer than a tenth of their size, so that noise stays flat.
    """
    bins = binned(values, cells)
    known = [value for value in bins if value is not None]
    if not known:
        return " " * cells
    low, high = min(known), max(known)
    span = max(high - low, max(abs(low), abs(high)) * 0.1)
    bottom = (low + high) / 2 - span * 3 / 7 if span > high - low else low
    top = len(glyphs.bars) - 1
    drawn = "".join(
        " " if value is None else glyphs.bars[min(top, int((value - bottom) / span * top + 0.5)) if span else 0]
        for value in bins
    )
    return drawn.rjust(cells)
