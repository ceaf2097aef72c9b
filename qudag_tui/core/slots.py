"""Scheduled times and what was seen at each: a slot without a number is missing, whatever the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass

# Samples of one metric: nanoseconds on the run clock, and the value in the metric's base unit.
Samples = Sequence[tuple[int, float]]
Series = Mapping[str, Samples]
# What is larger was not measured but misread; squares, and products with a limit, stay numbers up to here.
MOST = 1e150


def is_number(value: float) -> bool:
    """Whether ``value`` can have been measured: neither NaN nor infinite, nor beyond all measure."""
    return -MOST <= value <= MOST


@lean_dataclass(frozen=True, slots=True)
class Window:
    """A span of the run clock: the slots after ``start_ns`` up to and with ``end_ns``."""

    start_ns: int
    end_ns: int


@lean_dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one window, in order; None where one is missing.

    ``newest`` is the newest good sample of all that were given (its time and value), inside the window or before it.
    """

    values: tuple[float | None, ...]
    newest: tuple[int, float] | None

    @property
    def good(self) -> list[float]:
        """What was observed."""
        return [value for value in self.values if value is not None]

    @property
    def missing(self) -> int:
        """How many slots have no number."""
        return sum(value is None for value in self.values)


def period_ns(every_seconds: float) -> int:
    """The nanoseconds between two slots, at least one."""
    return max(1, round(every_seconds * NANOSECONDS))


def slots(samples: Samples, every_seconds: float, window: Window, *, worst_is_high: bool = True) -> Slots:
    """What ``samples`` say at each multiple of ``every_seconds`` in ``window``; the order of ``samples`` is nothing.

    Of several values at one time the worst counts; one that is no number (:func:`is_number`) makes the slot missing.
    """
    every = period_ns(every_seconds)
    first = max(0, window.start_ns // every + 1) * every
    seen: dict[int, float] = {}
    newest: tuple[int, float] | None = None
    for at, value in samples:
        if at > window.end_ns:
            continue
        if is_number(value) and (newest is None or (at, value) > newest):
            newest = (at, value)
        if at < first:
            continue
        before = seen.get(at)
        if before is None:
            seen[at] = value
        elif not (is_number(before) and is_number(value)):
            seen[at] = math.nan
        else:
            seen[at] = max(before, value) if worst_is_high else min(before, value)
    found = (seen.get(at) for at in range(first, window.end_ns + 1, every))
    return Slots(tuple(value if value is not None and is_number(value) else None for value in found), newest)
