"""How much successive values resemble one another, and by how much that widens an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def lag_one(values: Sequence[float | None]) -> float:
    """The autocorrelation at lag 1, r₁ = Σ(xₜ − x̄)(xₜ₊₁ − x̄) / Σ(xₜ − x̄)², of equally spaced values.

    (Box, Jenkins, Reinsel, Time Series Analysis, 2.1.) None marks a value that is missing: pairs with one are left
    out, and the sum is scaled to the pairs that there should be. 0 for values that do not vary, 1 where doubles do
    not suffice to tell.
    """
    seen = [value for value in values if value is not None]
    if len(seen) < 2:
        return 0.0
    if min(seen) == max(seen):
        # The mean of equal doubles may be another one, and would leave deviations that all look alike.
        return 0.0
    mean = sum(seen) / len(seen)
    spread = sum((value - mean) ** 2 if abs(value - mean) < 1e150 else math.inf for value in seen)
    if not math.isfinite(spread):
        return 1.0
    if spread == 0:  # so close together that their squares vanish
        return 0.0
    pairs = [(one - mean) * (other - mean) for one, other in pairwise(values) if one is not None and other is not None]
    if not pairs:
        return 1.0
    return sum(pairs) / spread * (len(seen) - 1) / len(pairs)


def corrected(r1: float, count: int) -> float:
    """``r1`` of ``count`` values, at least 0, plus (1 + 4r₁)/n: what a short series shows too little.

    (Marriott and Pope, Bias in the estimation of autocorrelations, Biometrika 41, 1954; Kendall, same volume.)
    """
    if count < 1:
        return 1.0
    above = max(0.0, r1)
    return above + (1.0 + 4.0 * above) / count


def widening(r1: float, count: int) -> float:
    """How much wider an interval of ``count`` values is than for independent ones; infinite from r₁ = 1 on.

    √((1 + r₁)/(1 − r₁) − 2r₁(1 − r₁ⁿ)/(n(1 − r₁)²)), at least 1, for a first-order process. (Bayley and Hammersley,
    The "effective" number of independent observations in an autocorrelated time series, Journal of the Royal
    Statistical Society 8 (supplement), 1946. For many values only the first term is left; with few, and an estimated
    r₁, it alone says too much: at r₁ = 0.8 it lets 88 % of what does not grow be stable, instead of 91 %.)
    """
    if not r1 < 1.0 or count < 1:
        return math.inf
    fewer = 2.0 * r1 * (1.0 - r1**count) / (count * (1.0 - r1) ** 2)
    return math.sqrt(max(1.0, (1.0 + r1) / (1.0 - r1) - fewer))


def widening_of_both(one: tuple[float, int], other: tuple[float, int]) -> float:
    """The same of a difference of two sides, each with its own r₁ and number of values.

    The variances add: each side's 1/n counts as often as it is widened. (Taking the larger r₁ for both passed 8 % of
    what is at the limit where the soak alone is slow, and 34 % instead of 76 % of what did not change where the
    baseline alone is.)
    """
    if not (one[0] < 1.0 and other[0] < 1.0 and one[1] and other[1]):
        return math.inf
    added = sum(widening(r1, count) ** 2 / count for r1, count in (one, other))
    return math.sqrt(added / (1.0 / one[1] + 1.0 / other[1]))
