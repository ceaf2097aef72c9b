"""Marking slots as missing, or as no number, never makes a pass: every kind, every sort of baseline, bins, extensions.

Beside the properties of single kinds this one mixes them all, and marks what an adversary would: the worst slots, the
ends, whole stretches, of the soak, of a part of it, of what it is compared with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qudag_tui.core.baseline import BaselineKind, capture
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.fire import fire
from qudag_tui.core.judge import holds, judge
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import EVERY, Samples, at, growing, samples, window

GAUGES = [
    "m < 110",
    "m > 90",
    "m < baseline + 10%",
    "m >= 0.9x baseline",
    "m < baseline + 10",
    "m stable within 5%",
    "m growing within 5%",
    "m < 110 and m stable within 5%",
    "m < 110 or m < baseline + 10%",
]
RATIOS = ["m < 1%", "m > 99%", "m < baseline + 20%", "m < 1.5x baseline", "m < baseline + 1%", "m > baseline - 10%"]
# Counts have no concurrent baseline: the plan refuses it.
SORTS = [(kind, sort) for kind in MetricKind for sort in BaselineKind if (kind, sort) != ("ratio", "concurrent")]
NO_NUMBER = [None, math.nan, math.inf, -math.inf, 1e200]
Parts = Mapping[str, Samples]


class World:
    """A soak and what it is compared with, near the limit, with a few values that are far out."""

    def __init__(self, seed: int, kind: MetricKind, sort: BaselineKind) -> None:
        self.chance = chance = random.Random(seed)
        self.kind, self.is_ratio = kind, kind is MetricKind.RATIO
        self.has_rest = self.is_ratio and chance.random() < 0.4
        self.slots = chance.choice([30, 31, 60, 61, 80, 130, 240])
        self.kept = chance.choice([60, 61, 120, 300, 1300])
        own, other = Series("n", "m"), Series("n", "o")
        fixed = 1.0 if self.is_ratio else 100.0
        self.metric = Metric(
            "m",
            "m",
            kind,
            own,
            Unit.PERCENT if self.is_ratio else Unit.NUMBER,
            total=other if self.is_ratio and not self.has_rest else None,
            rest=other if self.has_rest else None,
            quantile=0.9 if kind is MetricKind.QUANTILE else None,
            baseline=fixed if sort is BaselineKind.FIXED else None,
            concurrent=other if sort is BaselineKind.CONCURRENT else None,
            every_seconds=EVERY,
            burst=chance.choice([1.0, 5.0]),
        )
        self.condition = parse_condition(chance.choice(RATIOS if self.is_ratio else GAUGES))
        self.extend, self.r1 = chance.choice([0, 1, 2, 5]), chance.choice([0.0, 0.2, 0.6])
        self.tolerate = chance.choice([0.0, 0.01, 0.05, 0.2])
        self.spread = chance.choice([0.001, 0.01, 0.05])
        level = chance.choice([0.985, 0.995] if self.has_rest else [0.005, 0.009, 0.011])
        self.soak = self.parts(level if self.is_ratio else chance.choice([100.0, 104.0, 109.5]), 0, self.slots)
        like = (0.995 if self.has_rest else 0.01) if self.is_ratio else 100.0
        if sort is BaselineKind.CONCURRENT:
            self.soak = self.soak | self.parts(like, 0, self.slots, "m:baseline")
        self.before = self.parts(like, -self.kept, self.kept) if sort is BaselineKind.CAPTURED else {}

    def parts(self, level: float, first: int, count: int, name: str = "m") -> dict[str, Samples]:
        return self.counted(level, first, count, name) if self.is_ratio else self.measured(level, first, count, name)

    def counted(self, share: float, first: int, count: int, name: str) -> dict[str, Samples]:
        chance, per, stood = self.chance, self.chance.choice([50, 500]), self.chance.choice([1e3, 1e7])
        whole = [float(chance.randint(per, 2 * per)) for _ in range(count)]
        events = [min(each, float(round(each * share * chance.uniform(0.5, 1.5)))) for each in whole]
        other = [one - two for one, two in zip(whole, events, strict=True)] if self.has_rest else whole
        second = "rest" if self.has_rest else "total"
        return {
            f"{name}:events": samples(growing(events, stood), first - 1),
            f"{name}:{second}": samples(growing(other, stood), first - 1),
        }

    def measured(self, level: float, first: int, count: int, name: str) -> dict[str, Samples]:
        chance = self.chance
        values = [level * (1 + self.spread * chance.gauss(0, 1)) for _ in range(count)]
        for _ in range(chance.choice([0, 0, 3])):
            values[chance.randrange(count)] = chance.choice([-5.0, 0.0, 1000.0])
        found = {name: samples(values, first)}
        if self.kind is MetricKind.QUANTILE:
            half = chance.choice([0.1, 2.0])
            found[f"{name}:low"] = samples([value - half for value in values], first)
            found[f"{name}:high"] = samples([value + half for value in values], first)
        return found

    def verdicts(self, soak: Parts, before: Parts) -> list[bool]:
        """Whether it passes as a gate, and whether it holds as a watch."""
        metrics, over = {"m": self.metric}, window(self.slots)
        held = {"m": capture(self.metric, before, window(self.kept, -self.kept))} if before else {}
        gate = judge(
            self.condition,
            over,
            soak,
            metrics,
            tolerate=self.tolerate,
            extend=self.extend,
            baselines=held,
            r1=self.r1,
        )
        watch = holds(self.condition, over, soak, metrics, baselines=held)
        return [found.verdict is Verdict.PASS for found in (gate, watch)]

    def marked(self, of: Parts) -> Parts:
        """Some slots of some of its series are no number."""
        chance, names = self.chance, self.chance.sample(list(of), self.chance.randint(1, len(of)))
        length, size = max(len(each) for each in of.values()), chance.choice([1, 1, 2, 5, max(1, self.slots // 20)])
        start = chance.randrange(length)
        worst = sorted(
            range(len(of[names[0]])), key=lambda place: of[names[0]][place][1], reverse=chance.random() < 0.5
        )
        some = [chance.randrange(length) for _ in range(size)]
        gone = chance.choice([some, list(range(start, start + size)), worst[:size], [0, *some[1:]], [length - 1]])
        value = chance.choice(NO_NUMBER)

        def without(found: Samples) -> Samples:
            kept = [(time, value if place in gone else seen) for place, (time, seen) in enumerate(found)]
            return [(time, seen) for time, seen in kept if seen is not None]

        return {name: without(found) if name in names else found for name, found in of.items()}


@pytest.mark.parametrize(("kind", "sort"), SORTS)
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_passes_by_what_is_missing(kind: MetricKind, sort: BaselineKind, seed: int) -> None:
    world = World(seed, kind, sort)
    as_seen = world.verdicts(world.soak, world.before)

    for _ in range(4):
        of_soak = not world.before or world.chance.random() < 0.6
        soak = world.marked(world.soak) if of_soak else world.soak
        before = world.before if of_soak else world.marked(world.before)
        for was, now in zip(as_seen, world.verdicts(soak, before), strict=True):
            assert was or not now


@pytest.mark.parametrize("value", [0.0, -5.0])
@pytest.mark.parametrize("sort", [BaselineKind.CAPTURED, BaselineKind.CONCURRENT])
def test_a_value_of_the_baseline_that_has_no_multiples_counts_no_less_when_it_is_missing(
    sort: BaselineKind, value: float
) -> None:
    """It once made the verdict unknown, so that losing that one sample passed."""
    world = World(7, MetricKind.GAUGE, sort)
    world.condition, world.slots = parse_condition("m < baseline + 10%"), 80
    beside: list[float | None] = [100.0 + number % 3 for number in range(80)]
    beside[40] = value
    name, first = ("m:baseline", 0) if sort is BaselineKind.CONCURRENT else ("m", -80)
    world.kept = 80
    soak = {"m": samples([100.0 + number % 3 for number in range(80)])}

    def passes(values: list[float | None]) -> bool:
        kept = {name: samples(values, first)}
        return world.verdicts(soak | kept, {})[0] if first == 0 else world.verdicts(soak, kept)[0]

    assert passes(beside) is True
    assert passes([value if each == value else each for each in beside]) is True
    assert passes([None if each == value else each for each in beside]) is True
    assert passes([value] * 80) is False


def test_a_watch_or_a_trigger_is_not_decided_by_what_is_missing_of_a_concurrent_baseline() -> None:
    metric = Metric(
        "m", "m", MetricKind.GAUGE, Series("n", "m"), Unit.NUMBER, concurrent=Series("n", "o"), every_seconds=EVERY
    )
    soak = {"m": samples([105.0] * 12)}
    beside = [100.0, 100.0, 90.0] * 4
    watch, trigger = parse_condition("m < baseline + 10%"), parse_condition("m > baseline + 10%")

    def looks(values: list[float | None]) -> tuple[bool, bool]:
        series, metrics = soak | {"m:baseline": samples(values)}, {"m": metric}
        fires = fire(trigger, 30, at(12), series, metrics, since_ns=at(0)).fires
        return holds(watch, window(12), series, metrics).verdict is Verdict.PASS, fires

    assert looks([*beside]) == (True, False)
    assert looks([*beside[:9], None, *beside[10:]]) == (False, False)
    assert looks([*beside[:9], None, None, 90.0]) == (False, False)
    assert looks([None] * 12) == (False, False)
    assert looks([90.0] * 12) == (False, True)
