"""The slots of a window as what each may have been: one number, a bucket, or anything at all."""

from __future__ import annotations

import math

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Series, Window, slots


@lean_dataclass(frozen=True, slots=True)
class Bounds:
    """Slots in order: ``values`` as seen (None where missing), each of them at least ``low`` and at most ``high``.

    The bounds are those of the bucket for a quantile, ∓∞ for a missing slot, and else the value. What must hold for a
    pass is asked of the worse bounds, what must hold for a fail of the better ones: so marking a slot missing, which
    only moves bounds apart, never makes a pass. (All three are one tuple where all is known.) ``newest`` is the newest good sample (time and value), if any.
    """

    values: tuple[float | None, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    newest: tuple[int, float] | None

    @property
    def good(self) -> list[float]:
        """What was seen."""
        return [value for value in self.values if value is not None]

    @property
    def missing(self) -> int:
        """How many slots have no number."""
        return self.values.count(None)


def bounds(metric: Metric, series: Series, window: Window) -> Bounds:
    """The slots of ``metric`` in ``window``. Of several values at one time both the least and the most count."""
    samples, every = series.get(metric.id, ()), metric.every_seconds
    highest = slots(samples, every, window, worst_is_high=True)
    if metric.kind is MetricKind.QUANTILE:
        lows = slots(series.get(part(metric.id, Part.LOW), ()), every, window, worst_is_high=False).values
        highs = slots(series.get(part(metric.id, Part.HIGH), ()), every, window, worst_is_high=True).values
    else:
        highs = highest.values
        repeated = len({at for at, _ in samples}) < len(samples)
        lows = slots(samples, every, window, worst_is_high=False).values if repeated else highs
    known_values = tuple(value for value in highest.values if value is not None)
    if lows is highs is highest.values and len(known_values) == len(lows):
        return Bounds(known_values, known_values, known_values, highest.newest)
    seen = tuple(value is not None for value in highest.values)
    return Bounds(
        highest.values,
        tuple(low if known and low is not None else -math.inf for known, low in zip(seen, lows, strict=True)),
        tuple(high if known and high is not None else math.inf for known, high in zip(seen, highs, strict=True)),
        highest.newest,
    )
