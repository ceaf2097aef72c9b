"""What counters say: they only grow, until the process behind them starts again.

A reset hides what was counted between the last look and the restart. So an increase across one is no number, and
nothing here guesses it: unobserved increments make a verdict ``unknown``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from itertools import pairwise

from qudag_tui.core.lean_dataclass import lean_dataclass

# A histogram's buckets are readings of their own, under the histogram's name and this with the bucket's upper bound.
_BUCKET = "#le="
# Beside a counter that is the sum of several series: how often one of them began anew.
_RESETS = "#resets"
# Rounding of counts that are kept as doubles must not turn an empty bucket into one below nothing.
_ROUNDING = 1e-9
MOST_GONE = 10_000
# Traffic is not taken to be more than so many times the busiest that was seen.
SURGE = 10.0


def bucket_name(histogram: str, bound: float) -> str:
    """The name of the reading of one bucket, whose upper bound is included (``math.inf`` for the last)."""
    return f"{histogram}{_BUCKET}{bound!r}"


def resets_name(counter: str) -> str:
    """The name of the reading that says how often the counter's series began anew since it was first read."""
    return f"{counter}{_RESETS}"


@lean_dataclass(frozen=True, slots=True)
class Tally:
    """One counter over all its series, as it would have gone on if none of them had ever been reset or dropped.

    ``total`` begins at the sum of what was first seen, so that a reader that starts afresh continues where the last
    one was, unless something was reset meanwhile. ``last`` is what each series (by its labels) last said, and
    ``present`` which were there at the last look: exporters drop idle series and bring them back.
    """

    total: float = 0.0
    resets: int = 0
    last: Mapping[str, float] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    is_begun: bool = False

    def grown(self, seen: Mapping[str, float]) -> float:
        """What the series that are in ``seen`` and were there at the last look counted since, as far as they say."""
        return math.fsum(max(0.0, seen[labels] - self.last[labels]) for labels in self.present & seen.keys())

    def after(self, seen: Mapping[str, float], busiest: float = math.inf) -> Tally:
        """The tally after a look that saw ``seen``, finite values by their labels.

        A series that was never there before began at zero since the last look. One that went back, or vanished, has
        taken with it what it counted last, and is a reset. Nothing seen is nothing learnt.

        ``busiest`` is the most that was counted between two looks. What a series that comes, or comes back, with more
        than a :data:`SURGE` of it has counted is older than the last look: it is a reset, and is not counted. One that
        comes back with more than ``busiest`` may have counted it at any time since it went, which is a reset as well.
        """
        if not seen:
            return self
        if not self.is_begun:
            return Tally(math.fsum(seen.values()), 0, dict(seen), frozenset(seen), is_begun=True)
        total, resets = self.total, self.resets + len(self.present - seen.keys())
        for labels, value in seen.items():
            before = self.last.get(labels, 0.0)
            went_back = value < before
            resets += went_back
            more = value if went_back else value - before
            if labels not in self.present:
                is_old = more > SURGE * busiest
                resets += is_old or (labels in self.last and more > busiest)
                more = 0.0 if is_old else more
            total += more
        gone = {labels: value for labels, value in self.last.items() if labels not in seen}
        # Labels that change with every look must not fill the memory.
        kept = dict(list(gone.items())[-MOST_GONE:])
        return Tally(total, resets, {**kept, **seen}, frozenset(seen), is_begun=True)


@lean_dataclass(frozen=True, slots=True)
class Count:
    """A counter at one time; ``resets`` is how often it was seen to begin anew before."""

    value: float
    resets: float = 0.0


def count_of(name: str, values: Mapping[str, float]) -> Count | None:
    """The counter ``name`` in one reading of a source, or None."""
    value = values.get(name)
    if value is None or not math.isfinite(value) or value < 0:
        return None
    return Count(value, values.get(resets_name(name), 0.0))


def increase(earlier: Count | None, later: Count | None) -> float | None:
    """What was counted from ``earlier`` to ``later``; None where a reset, or a missing count, hides it."""
    if earlier is None or later is None or later.value < earlier.value or later.resets != earlier.resets:
        return None
    return later.value - earlier.value


def rate(earlier: Count | None, later: Count | None, seconds: float) -> float | None:
    """Counts a second, or None as for :func:`increase`, or where no time passed."""
    grown = increase(earlier, later)
    return None if grown is None or seconds <= 0 else grown / seconds


@lean_dataclass(frozen=True, slots=True)
class Share:
    """``counted`` of ``total`` events in one span of time; their ``percent`` is None if there were no events."""

    counted: float
    total: float

    @property
    def percent(self) -> float | None:
        """0 to 100."""
        return 100.0 * self.counted / self.total if self.total > 0 else None


def share(counted: float | None, total: float | None, rest: float | None = None) -> Share | None:
    """A share of increases: of ``total``, or of ``counted`` and ``rest`` together.

    None if one of the increases is unknown, or if more was counted than there was in all: two counters that do not
    belong together, or were read at different times, say nothing.
    """
    whole = counted + rest if counted is not None and rest is not None else total
    if counted is None or whole is None or counted > whole * (1 + _ROUNDING):
        return None
    return Share(min(counted, whole), whole)


@lean_dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a histogram: the true one is above ``low`` and not above ``high``, the bounds of its bucket.

    ``value`` assumes that a bucket's events spread evenly over it, as Prometheus's ``histogram_quantile`` does
    (``promql/quantile.go``). In the last bucket ``high`` is infinite and ``value`` is ``low``: all that is known is
    that it is more. ``count`` is the number of events.
    """

    value: float
    low: float
    high: float
    count: float


def buckets_of(histogram: str, values: Mapping[str, float]) -> dict[float, Count]:
    """The buckets of ``histogram`` in one reading, by their upper bounds, in order."""
    found: dict[float, Count] = {}
    start = histogram + _BUCKET
    for name in values:
        if name.startswith(start) and not name.endswith(_RESETS):
            count = count_of(name, values)
            if count is not None:
                found[float(name[len(start) :])] = count
    return dict(sorted(found.items()))


def bucket_increases(earlier: Mapping[float, Count], later: Mapping[float, Count]) -> dict[float, float] | None:
    """What each (cumulative) bucket grew by; None after a reset, where bounds changed, and without an ``inf`` one."""
    if earlier.keys() != later.keys() or math.inf not in later:
        return None
    grown: dict[float, float] = {}
    for bound, count in later.items():
        more = increase(earlier[bound], count)
        if more is None:
            return None
        grown[bound] = more
    return grown


def quantile(share_below: float, increases: Mapping[float, float]) -> Quantile | None:
    """The quantile ``share_below`` (0 to 1) of the events in cumulative ``increases`` by upper bound.

    None without events, and where the buckets contradict one another (one that holds less than a smaller one).
    """
    bounds = sorted(increases)
    if not bounds or bounds[-1] != math.inf:
        return None
    count = increases[math.inf]
    if count <= 0:
        return None
    if any(increases[low] > increases[high] * (1 + _ROUNDING) for low, high in pairwise(bounds)):
        return None
    rank, below, low = share_below * count, 0.0, min(0.0, bounds[0])
    for high in bounds:
        reached = increases[high]
        if reached >= rank and reached > below:
            inside = (rank - below) / (reached - below)
            # The first bucket starts at zero, as times and sizes do; a negative bound has nothing below it.
            value = low + (high - low) * inside if math.isfinite(high) and high > low else low
            return Quantile(min(max(value, low), high), low, high, count)
        below, low = max(below, reached), high
    return None
