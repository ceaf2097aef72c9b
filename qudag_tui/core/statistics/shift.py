"""How far one set of values lies from another: Hodges and Lehmann's shift with its interval."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from qudag_tui.core.statistics.bins import median
from qudag_tui.core.statistics.normal import normal_quantile

# How few differences are left before they are looked at one by one.
_FEW = 4096
_MOST_TURNS = 100
_LARGEST = 1.7e308


def kth_difference(lefts: Sequence[float], rights: Sequence[float], rank: int) -> float:
    """The ``rank``-th smallest (from 1) of all differences left − right, without making them all.

    Both must be sorted, not empty, finite but for lefts that are all infinities of one sign and rights of the other.
    Halves the range of values and counts by bisection: O(turns · short · log long).
    """
    if len(lefts) * len(rights) <= _FEW:
        return sorted([left - right for left in lefts for right in rights])[rank - 1]
    missing_low = bisect_right(lefts, -math.inf), len(rights) - bisect_left(rights, math.inf)
    missing_high = len(lefts) - bisect_left(lefts, math.inf), bisect_right(rights, -math.inf)
    lefts_seen = lefts[missing_low[0] : len(lefts) - missing_high[0]]
    rights_seen = rights[missing_high[1] : len(rights) - missing_low[1]]
    finite, every = len(lefts_seen) * len(rights_seen), len(lefts) * len(rights)
    lowest = every - finite if any(missing_low) else 0
    if rank <= lowest:
        return -math.inf
    if rank > lowest + finite:
        return math.inf
    return _kth_finite(lefts_seen, rights_seen, rank - lowest)


def _kth_finite(lefts: Sequence[float], rights: Sequence[float], rank: int) -> float:
    if len(rights) <= len(lefts):
        short, long = rights, lefts
    else:
        # left − right is (−right) − (−left), so that the loop always runs over the shorter side.
        short, long = [-left for left in reversed(lefts)], [-right for right in reversed(rights)]
    # Sums round otherwise than differences do: the range must hold every difference all the same.
    slack = (abs(long[0]) + abs(long[-1]) + abs(short[0]) + abs(short[-1])) * 1e-12 + 1e-300
    low = max(long[0] - short[-1] - slack, -_LARGEST)
    high = min(long[-1] - short[0] + slack, _LARGEST)
    under, upto = 0, len(long) * len(short)
    for _ in range(_MOST_TURNS):
        middle = low / 2 + high / 2
        if upto - under <= _FEW or not low < middle < high:
            break
        count = sum([bisect_right(long, value + middle) for value in short])
        if count >= rank:
            high, upto = middle, count
        else:
            low, under = middle, count
    near = [
        one - value
        for value in short
        for one in long[bisect_right(long, value + low) : bisect_right(long, value + high)]
    ]
    return sorted(near)[rank - under - 1]


def _ranks(count: int, deviation: float, alpha: float, widening: float) -> tuple[int, int] | None:
    """The ranks of the two bounds among ``count`` ordered candidates; None where they fall outside."""
    half = -normal_quantile(alpha) * deviation * widening
    if not half < count / 2:
        return None
    low = math.floor(count / 2 - half)
    return (low, count + 1 - low) if low >= 1 else None


def shift_bounds(
    lefts: tuple[Sequence[float], Sequence[float]],
    rights: tuple[Sequence[float], Sequence[float]],
    *,
    alpha: float,
    widening: float,
) -> tuple[float, float]:
    """Bounds of the shift of ``lefts`` over ``rights``, each wrong at most ``alpha`` of the time; ±∞ for none.

    Each side is given twice, as the least and as the most that its values may be (the same twice where all are
    known; infinite where one is missing): the low bound rests on what is least for the shift, the high bound on what
    is most. They are the differences of rank C = mn/2 − z·√(mn(m + n + 1)/12)·``widening`` from either end.
    (Hodges and Lehmann, Annals of Mathematical Statistics 34, 1963; Hollander and Wolfe, Nonparametric Statistical
    Methods, 4.3.)
    """
    count = len(lefts[0]) * len(rights[0])
    ranks = _ranks(count, math.sqrt(count * (len(lefts[0]) + len(rights[0]) + 1) / 12.0), alpha, widening)
    if ranks is None:
        return -math.inf, math.inf
    return (
        kth_difference(sorted(lefts[0]), sorted(rights[1]), ranks[0]),
        kth_difference(sorted(lefts[1]), sorted(rights[0]), ranks[1]),
    )


def shift_estimate(lefts: Sequence[float], rights: Sequence[float]) -> float | None:
    """Hodges and Lehmann's shift: the median of all differences of finite values; None without any.

    (Hollander and Wolfe, 4.2.)
    """
    if not lefts or not rights:
        return None
    ordered, others, count = sorted(lefts), sorted(rights), len(lefts) * len(rights)
    upper = kth_difference(ordered, others, count // 2 + 1)
    return upper if count % 2 else kth_difference(ordered, others, count // 2) / 2 + upper / 2


def location_bounds(
    lows: Sequence[float], highs: Sequence[float], *, alpha: float, widening: float
) -> tuple[float, float]:
    """Such bounds of the middle of one set of symmetric values, each given as the least and the most it may be.

    Of the N = n(n + 1)/2 means of two values (Walsh averages) they have rank
    C = N/2 − z·√(n(n + 1)(2n + 1)/24)·``widening`` from either end. (Hollander and Wolfe, 3.2 and 3.3.)
    """
    size = len(lows)
    deviation = math.sqrt(size * (size + 1) * (2 * size + 1) / 24.0)
    ranks = _ranks(size * (size + 1) // 2, deviation, alpha, widening)
    if ranks is None:
        return -math.inf, math.inf
    return _walsh(lows)[ranks[0] - 1], _walsh(highs)[ranks[1] - 1]


def location_estimate(values: Sequence[float]) -> float | None:
    """The median of the Walsh averages of finite ``values``; None without any."""
    return median(_walsh(values)) if values else None


def _walsh(values: Sequence[float]) -> list[float]:
    halves = [value / 2 for value in values]
    return sorted([one + other for number, one in enumerate(halves) for other in halves[number:]])
