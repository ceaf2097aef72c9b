"""The series that one metric is judged by: beside its values its counts, its buckets' bounds, its baseline.

``slots.Series`` maps an id to samples. Under a metric's own id stand its values (a rate's in counts a second, a
ratio's in percent), for plots and, but for a ratio, for verdicts. A colon, which no metric's name has, marks a part:

- ``error_rate:events`` and ``error_rate:total`` (or ``:rest``): what the counters of a ratio stood at, growing, one
  sample a look; a look that failed leaves no sample, and costs nothing where the next one shows what was counted.
- ``error_rate:resets``: how often its counters were seen to begin anew, growing, where the sampler carries them on.
- ``latency:low`` and ``latency:high``: the bounds of the bucket that holds a quantile, beside each of its values.
- ``response_time:baseline``: the concurrent baseline's values; it has parts of its own (``latency:baseline:low``).
"""

from __future__ import annotations

from enum import StrEnum

from qudag_tui.core.metric import Metric, MetricKind


class Part(StrEnum):
    """What a series is to its metric."""

    EVENTS = "events"
    TOTAL = "total"
    REST = "rest"
    RESETS = "resets"
    LOW = "low"
    HIGH = "high"
    BASELINE = "baseline"


def part(metric: str, which: Part) -> str:
    """The id of a part's series: ``error_rate:events``."""
    return f"{metric}:{which}"


def series_ids(metric: Metric) -> tuple[str, ...]:
    """Every id that ``metric`` may be judged by, its own first."""
    own = (metric.id, *(part(metric.id, which) for which in _parts(metric)))
    if metric.concurrent is None:
        return own
    beside = part(metric.id, Part.BASELINE)
    return (*own, beside, *(part(beside, which) for which in _parts(metric)))


def _parts(metric: Metric) -> tuple[Part, ...]:
    if metric.kind is MetricKind.RATIO:
        return Part.EVENTS, Part.TOTAL if metric.rest is None else Part.REST, Part.RESETS
    return (Part.LOW, Part.HIGH) if metric.kind is MetricKind.QUANTILE else ()
