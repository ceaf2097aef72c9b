"""Observed time: what a soak counts is time that somebody, or rather something, was looking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.item import Gate, Item
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Series, Window, period_ns

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan

# Under this name, which no metric can have, the supervisor samples itself: a soak without gates counts supervised time.
SUPERVISOR = "(supervisor)"
SUPERVISOR_EVERY_SECONDS = 5.0
MOST_PERIODS = 3


def observers_of(plan: Plan, soak: Item) -> dict[str, float]:
    """The series whose samples count as observing ``soak``, with their periods (seconds): of what its gates name.

    Of a ratio those are its counts: where nothing happens it has no share, and was looked at all the same. A soak
    without gates is observed by the supervisor's own samples.
    """
    gates = [gate.spec for gate in plan.gates_of(soak) if isinstance(gate.spec, Gate)]
    if not gates:
        return {SUPERVISOR: SUPERVISOR_EVERY_SECONDS}
    named = dict.fromkeys(term.metric for gate in gates for term in terms(gate.condition))
    metrics = [plan.metrics[name] for name in named if name in plan.metrics]
    return {looked_at(metric): metric.every_seconds for metric in metrics}


def looked_at(metric: Metric) -> str:
    """The series that has a sample wherever ``metric`` was read, whatever that was worth."""
    return part(metric.id, Part.EVENTS) if metric.kind is MetricKind.RATIO else metric.id


def observed_seconds(series: Series, every_seconds: Mapping[str, float], window: Window) -> float:
    """Seconds of ``window`` in which at least one metric has good samples not more than three periods apart.

    ``series`` should reach three periods further back than the window, so that its first moments count as well.
    ``every_seconds`` names the metrics that count. Numbers that are not finite are no samples.
    """
    spans: list[tuple[int, int]] = []
    for metric, every in every_seconds.items():
        longest = MOST_PERIODS * period_ns(every)
        good = sorted({at for at, value in series.get(metric, ()) if math.isfinite(value)})
        for earlier, later in pairwise(good):
            if later - earlier <= longest:
                start, end = max(earlier, window.start_ns), min(later, window.end_ns)
                if end > start:
                    spans.append((start, end))
    total, reached = 0, window.start_ns
    for start, end in sorted(spans):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total / NANOSECONDS
