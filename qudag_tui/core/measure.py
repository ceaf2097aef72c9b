"""From two readings of its sources to the samples of a metric, as verdicts are reached from them (``core/part.py``)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace

from qudag_tui.core.counter import (
    Count,
    Quantile,
    Share,
    bucket_increases,
    buckets_of,
    count_of,
    increase,
    quantile,
    rate,
    share,
)
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import is_number

_NO_EARLIER = "the first look at a counter; the next one gives a number"
_RESET = "the counter began anew: what it counted before is not known"
_NO_EVENTS = "no events since the last look"


@lean_dataclass(frozen=True, slots=True)
class Look:
    """What the sources of a metric said at one time: ``at_ns`` on the run clock, ``values`` by source, then series.

    ``reasons`` has the same shape and says why a series has no value; under ``""`` why a whole source has none.
    """

    at_ns: int
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def reason(self, series: Series) -> str:
        """Why ``series`` has no value here."""
        reasons = self.reasons.get(series.source, {})
        return reasons.get(series.name) or reasons.get("") or f"{series.source} has no {series.name}"


@lean_dataclass(frozen=True, slots=True)
class Measured:
    """One look at a metric: its ``value``, or None and the ``reason`` why there is none.

    ``seconds`` is the time that the value stands for, 0 for a gauge. A ratio has its ``share``, which counts
    everything since ``earlier``, however many looks were missed between; a quantile of a histogram its ``quantile``.
    """

    value: float | None
    reason: str = ""
    seconds: float = 0.0
    share: Share | None = None
    quantile: Quantile | None = None


def beside(metric: Metric) -> Metric | None:
    """The concurrent baseline of ``metric`` as a metric of its own, whose samples stand under ``id:baseline``.

    That of a ratio is a series of percentages; there is only one series to name it by.
    """
    if metric.concurrent is None:
        return None
    kind = MetricKind.GAUGE if metric.kind is MetricKind.RATIO else metric.kind
    return replace(metric, id=part(metric.id, Part.BASELINE), kind=kind, series=metric.concurrent, concurrent=None)


def samples_of(metric: Metric, later: Look, measured: Measured) -> dict[str, float]:
    """What to store of one look, by the ids of ``core/part.py``: the value, counts as they stand, a bucket's bounds.

    Counts are stored whatever the value is: the next look shows what was counted since.
    """
    found = {} if measured.value is None else {metric.id: measured.value}
    if measured.quantile is not None:
        found[part(metric.id, Part.LOW)] = measured.quantile.low
        if math.isfinite(measured.quantile.high):
            found[part(metric.id, Part.HIGH)] = measured.quantile.high
    if metric.kind is MetricKind.RATIO and _missing(metric, later) is None:
        named = {Part.EVENTS: metric.series, Part.TOTAL: metric.total, Part.REST: metric.rest}
        counts = {which: _count(series, later) for which, series in named.items() if series is not None}
        found |= {part(metric.id, which): count.value for which, count in counts.items() if count is not None}
        found[part(metric.id, Part.RESETS)] = sum(count.resets for count in counts.values() if count is not None)
    return found


def measure(metric: Metric, earlier: Look | None, later: Look) -> Measured:
    """What ``metric`` is at ``later``.

    ``earlier`` is the last look at which all its series had a value (:func:`is_whole`), however long ago: a counter
    that was not read for a while is whole again at the next look. It is None at first, and is not needed for gauges.
    """
    if metric.kind is MetricKind.GAUGE:
        value = _value(metric.series, later)
        if value is None:
            return Measured(None, later.reason(metric.series))
        return Measured(value) if is_number(value) else Measured(None, f"its value is {value:g}: that was misread")
    missing = _missing(metric, later)
    if missing is not None:
        return Measured(None, later.reason(missing))
    if earlier is None or _missing(metric, earlier) is not None:
        return Measured(None, _NO_EARLIER)
    seconds = (later.at_ns - earlier.at_ns) / NANOSECONDS
    if seconds <= 0:
        return Measured(None, "no time has passed since the last look")
    if metric.kind is MetricKind.RATE:
        per_second = rate(_count(metric.series, earlier), _count(metric.series, later), seconds)
        return Measured(None, _RESET, seconds) if per_second is None else Measured(per_second, seconds=seconds)
    if metric.kind is MetricKind.RATIO:
        return _ratio(metric, earlier, later, seconds)
    return _quantile(metric, earlier, later, seconds)


def is_whole(metric: Metric, look: Look) -> bool:
    """Whether ``look`` has a value for every series of ``metric``, so that it may be the next one's ``earlier``."""
    if metric.kind is MetricKind.GAUGE:
        return _value(metric.series, look) is not None
    return _missing(metric, look) is None


def _ratio(metric: Metric, earlier: Look, later: Look, seconds: float) -> Measured:
    grown = [
        increase(_count(series, earlier), _count(series, later)) if series else None
        for series in (metric.series, metric.total, metric.rest)
    ]
    if grown[0] is None or (grown[1] is None and grown[2] is None):
        return Measured(None, _RESET, seconds)
    found = share(*grown)
    if found is None:
        return Measured(None, "more was counted than there was in all: the counters do not belong together", seconds)
    if found.percent is None:
        return Measured(None, _NO_EVENTS, seconds, found)
    return Measured(found.percent, "", seconds, found)


def _quantile(metric: Metric, earlier: Look, later: Look, seconds: float) -> Measured:
    before, after = _buckets(metric.series, earlier), _buckets(metric.series, later)
    if before.keys() != after.keys():
        return Measured(None, "the histogram has other buckets than at the last look", seconds)
    if math.inf not in after:
        return Measured(None, 'the histogram has no bucket le="+Inf"', seconds)
    increases = bucket_increases(before, after)
    if increases is None:
        return Measured(None, _RESET, seconds)
    if increases[math.inf] <= 0:
        return Measured(None, _NO_EVENTS, seconds)
    found = quantile(metric.quantile or 0.0, increases)
    if found is None:
        return Measured(None, "the histogram's buckets contradict one another", seconds)
    # Of the last bucket only its lower bound is known; without an upper one it can fail, and never pass.
    reason = f"above {found.low:g}, the histogram's last bound" if math.isinf(found.high) else ""
    return Measured(found.value, reason, seconds, quantile=found)


def _value(series: Series, look: Look) -> float | None:
    value = look.values.get(series.source, {}).get(series.name)
    return value if value is not None and math.isfinite(value) else None


def _count(series: Series, look: Look) -> Count | None:
    return count_of(series.name, look.values.get(series.source, {}))


def _buckets(series: Series, look: Look) -> dict[float, Count]:
    return buckets_of(series.name, look.values.get(series.source, {}))


def _missing(metric: Metric, look: Look) -> Series | None:
    """The first series of a counted metric without a count, or None."""
    if metric.kind is MetricKind.QUANTILE:
        return None if _buckets(metric.series, look) else metric.series
    named = (metric.series, metric.total, metric.rest)
    return next((series for series in named if series and _count(series, look) is None), None)
