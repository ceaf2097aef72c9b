"""Metrics, samples and simulated series in a few words."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

from qudag_tui.core.baseline import Captured, capture
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judge import judge
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.slots import Window
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Finding

EVERY = 10
Samples = list[tuple[int, float]]


def gauge(
    name: str = "latency",
    *,
    kind: MetricKind = MetricKind.GAUGE,
    unit: Unit = Unit.SECONDS,
    baseline: float | None = None,
    concurrent: bool = False,
) -> Metric:
    beside = Series("old", name) if concurrent else None
    return Metric(
        name, name, kind, Series("node", name), unit, baseline=baseline, concurrent=beside, every_seconds=EVERY
    )


def ratio(name: str = "errors", *, burst: float = 1.0, rest: bool = False, baseline: float | None = None) -> Metric:
    other = Series("node", "other")
    return Metric(
        name,
        name,
        MetricKind.RATIO,
        Series("node", name),
        Unit.PERCENT,
        total=None if rest else other,
        rest=other if rest else None,
        burst=burst,
        baseline=baseline,
        every_seconds=EVERY,
    )


def at(slot: float) -> int:
    """The run clock at a slot; slot 0 is some hours into the run, so that a baseline finds room before it."""
    return round((slot + 2000) * EVERY * NANOSECONDS)


def window(slots: int, first: int = 0) -> Window:
    """The ``slots`` slots after slot number ``first``."""
    return Window(at(first), at(first + slots))


def samples(values: Iterable[float | None], first: int = 0) -> Samples:
    """Values at the slots after number ``first``; None for a missing one."""
    return [(at(first + number), value) for number, value in enumerate(values, 1) if value is not None]


def counted(events: Sequence[float | None], total: Sequence[float | None], name: str = "errors") -> dict[str, Samples]:
    """What the counters stood at from slot 0 on."""
    return {f"{name}:events": samples(events, -1), f"{name}:total": samples(total, -1)}


def growing(increments: Iterable[float], start: float = 1e7) -> list[float | None]:
    """A counter that stood at ``start`` and grew by ``increments``."""
    found: list[float | None] = [start]
    for increment in increments:
        start += increment
        found.append(start)
    return found


def slow(chance: random.Random, count: int, *, r1: float, sd: float, level: float = 100.0) -> list[float]:
    """A first-order process around ``level`` with that autocorrelation and relative standard deviation."""
    state, found = chance.gauss(0, 1), []
    for _ in range(count):
        found.append(level * (1 + sd * state))
        state = r1 * state + math.sqrt(1 - r1 * r1) * chance.gauss(0, 1)
    return found


def captured(values: Sequence[float | None], metric: Metric | None = None) -> Captured:
    """A baseline captured in the slots up to and with number 0."""
    metric = metric or gauge()
    return capture(metric, {metric.id: samples(values, -len(values))}, window(len(values), -len(values)))


def judged(condition: str, series: dict[str, Samples], metric: Metric, slots: int, **more: object) -> Finding:
    """The verdict over ``slots`` slots, at 95 % if nothing else is said."""
    settings = {"extend": 0, **more}
    return judge(parse_condition(condition), window(slots), series, {metric.id: metric}, **settings)  # type: ignore[arg-type]  # a builder passes on whatever judge takes
