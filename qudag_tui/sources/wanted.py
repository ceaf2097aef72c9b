"""What a plan's metrics want of one source: a scrape has thousands of series, and few are needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qudag_tui.core.metric import Metric, MetricKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of series as the checklist file writes them behind ``source:``."""

    gauges: frozenset[str] = frozenset()
    counters: frozenset[str] = frozenset()
    histograms: frozenset[str] = frozenset()

    @property
    def plain(self) -> frozenset[str]:
        """Everything that is one number."""
        return self.gauges | self.counters


def wanted_of(source: str, metrics: Iterable[Metric]) -> Wanted:
    """What ``metrics`` read from the source of that name, concurrent baselines (see ``measure.beside``) included."""
    gauges: set[str] = set()
    counters: set[str] = set()
    histograms: set[str] = set()
    kinds = {MetricKind.GAUGE: gauges, MetricKind.RATE: counters, MetricKind.RATIO: counters}
    for metric in metrics:
        into = kinds.get(metric.kind, histograms)
        beside = gauges if metric.kind is MetricKind.RATIO else into
        named = [(into, metric.series), (into, metric.total), (into, metric.rest), (beside, metric.concurrent)]
        for names, series in named:
            if series is not None and series.source == source:
                names.add(series.name)
    return Wanted(frozenset(gauges), frozenset(counters), frozenset(histograms))
