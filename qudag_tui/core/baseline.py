"""What a metric is compared with: a number, what was captured in the run, or what is measured at the same time."""

from __future__ import annotations

import math
from enum import StrEnum

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.slots import Series, Window
from qudag_tui.core.statistics.bins import median, medians, seen_medians
from qudag_tui.core.unit import Unit

LEAST_SAMPLES = 60
# How many bins a capture journals at most: 10 minutes at a sample a second are kept as they are.
MOST_BINS = 600


class BaselineKind(StrEnum):
    """Where a baseline comes from."""

    FIXED = "fixed"
    CAPTURED = "captured"
    CONCURRENT = "concurrent"


@lean_dataclass(frozen=True, slots=True)
class Captured:
    """The bins of a capture, as they are journaled: plain numbers, none missing, none infinite.

    ``values`` are the medians of what was seen in each bin of ``width`` slots, ``low`` and ``high`` the least and the
    most that the median may be (empty if no more is to be said than ``values``). ``gaps`` are the places (from 0) of
    the bins that are missing among all. ``slots`` were due, ``samples`` seen. Of a ratio there are no bins but
    ``events`` in ``total``, ``dispersion`` of them together; ``unobserved`` says what hid some of them.
    """

    metric: str
    unit: Unit
    from_ns: int
    to_ns: int
    every_seconds: float
    width: int
    slots: int
    samples: int
    values: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    gaps: tuple[int, ...] = ()
    events: float = 0.0
    total: float = 0.0
    dispersion: float = 1.0
    unobserved: str = ""

    @property
    def level(self) -> float | None:
        """Its middle, in the metric's base unit: of counts the ratio in percent, else the median; None without any."""
        if self.total > 0:
            return 100 * self.events / self.total
        return median(self.values) if self.values else None

    @property
    def bins(self) -> list[tuple[float, float | None, float]]:
        """Least, median and most of every bin in order; (−∞, None, ∞) for one that is missing."""
        lows, highs = self.low or self.values, self.high or self.values
        seen = iter(zip(lows, self.values, highs, strict=True))
        whole, gone = len(self.values) + len(self.gaps), set(self.gaps)
        return [(-math.inf, None, math.inf) if number in gone else next(seen) for number in range(whole)]


def capture(metric: Metric, series: Series, window: Window) -> Captured:
    """What ``metric`` was in ``window``, to be compared with later. Whether it is enough is for the verdict to say."""
    # The screen starts without: it only looks at what was captured.
    from qudag_tui.core.bounds import bounds
    from qudag_tui.core.counts import counts

    if metric.kind is MetricKind.RATIO:
        seen = counts(metric, series, window)
        return Captured(
            metric.id,
            metric.unit,
            window.start_ns,
            window.end_ns,
            metric.every_seconds,
            1,
            seen.slots,
            seen.slots - seen.missing,
            events=seen.events,
            total=seen.total,
            dispersion=seen.dispersion(metric.burst),
            unobserved=seen.unobserved,
        )
    found = bounds(metric, series, window)
    width = max(1, -(-len(found.values) // MOST_BINS))
    bins = list(
        zip(medians(found.low, width), seen_medians(found.values, width), medians(found.high, width), strict=True)
    )
    whole = [(low, value, high) for low, value, high in bins if value is not None and math.isfinite(high - low)]
    gaps = [number for number, (low, value, high) in enumerate(bins) if value is None or not math.isfinite(high - low)]
    exact = all(low == value == high for low, value, high in whole)
    return Captured(
        metric.id,
        metric.unit,
        window.start_ns,
        window.end_ns,
        metric.every_seconds,
        width,
        len(found.values),
        len(found.good),
        values=tuple(value for _, value, _ in whole),
        low=() if exact else tuple(low for low, _, _ in whole),
        high=() if exact else tuple(high for _, _, high in whole),
        gaps=tuple(gaps),
    )
