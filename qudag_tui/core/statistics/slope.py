"""How fast values grow: Theil and Sen's slope with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.statistics.bins import median
from qudag_tui.core.statistics.normal import normal_quantile


@lean_dataclass(frozen=True, slots=True)
class Slope:
    """Slopes in values per unit of time. ``low`` and ``high`` are bounds, infinite where nothing is known.

    ``least`` and ``most`` are the estimate if what is not known is the least, or the most, for growth.
    """

    low: float
    least: float
    most: float
    high: float


def slope(
    times: Sequence[float], lows: Sequence[float], highs: Sequence[float], *, alpha: float, widening: float
) -> Slope:
    """The median of the slopes of all pairs, and bounds each wrong at most ``alpha`` of the time.

    ``times`` rise strictly; each value is given as the least and the most that it may be (infinite where missing).
    The bounds have rank C = (N − z·√(n(n − 1)(2n + 5)/18)·``widening``)/2 from either end of the N = n(n − 1)/2
    slopes. (Theil, Indagationes Mathematicae 12, 1950; Sen, Journal of the American Statistical Association 63, 1968,
    without his correction for ties, which narrows.)
    """
    size = len(times)
    count = size * (size - 1) // 2
    if count < 1:
        return Slope(-math.inf, -math.inf, math.inf, math.inf)
    steepest = _slopes(times, lows, highs)
    flattest = steepest if list(lows) == list(highs) else _slopes(times, highs, lows)
    half = -normal_quantile(alpha) * math.sqrt(size * (size - 1) * (2 * size + 5) / 18.0) * widening
    rank = round((count - half) / 2) if half < count else 0
    low = flattest[rank - 1] if rank >= 1 else -math.inf
    high = steepest[count - rank] if rank >= 1 else math.inf
    return Slope(low, median(flattest), median(steepest), high)


def _slopes(times: Sequence[float], firsts: Sequence[float], seconds: Sequence[float]) -> list[float]:
    return sorted(
        [
            (seconds[later] - first) / (times[later] - time)
            for earlier, (time, first) in enumerate(zip(times, firsts, strict=True))
            for later in range(earlier + 1, len(times))
        ]
    )


def residuals(times: Sequence[float], values: Sequence[float | None]) -> list[float | None]:
    """What is left of ``values`` beside the line of Theil and Sen through those that are not None."""
    seen = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    if len(seen) < 2:
        return [None if value is None else 0.0 for value in values]
    at, known = [time for time, _ in seen], [value for _, value in seen]
    steep = median(_slopes(at, known, known))
    level = median([value - steep * time for time, value in seen])
    return [None if value is None else value - steep * time - level for time, value in zip(times, values, strict=True)]
