"""Whatever a source says, looking at it ends, and ends in words: one absurd number must not stop the supervisor."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qudag_tui.core.baseline import Captured, capture
from qudag_tui.core.capture import bins_of, captured_of
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.fire import fire
from qudag_tui.core.forecast import beside_soak, forecast
from qudag_tui.core.glance import glance
from qudag_tui.core.judge import holds, judge
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.slots import Window, slots
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import Samples, at, counted, gauge, growing, judged, ratio, samples, window

ABSURD = [0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, 1e-308, math.nan, math.inf, -math.inf, 1e15, 1e17, 0.1, 100.0]
CONDITIONS = [
    "m < 1",
    "m > 0%",
    "m > 100%",
    "m <= -1e150",
    "m >= baseline",
    "m < baseline + 10%",
    "m > baseline - 65%",
    "m < baseline - 200%",
    "m < baseline + 5",
    "m > baseline + 1e150%",
    "m < 0x baseline",
    "m < 1e150x baseline",
    "m stable within 0%",
    "m growing within 1e150%",
    "m growing",
    "m < 1 or m > 1% and m stable within 5%",
]
NAMES = [f"m{end}" for end in ("", ":events", ":total", ":rest", ":resets", ":low", ":high", ":baseline")]
NAMES += ["m:baseline:low", "m:baseline:high"]


class World:
    """A metric of any kind, a condition on it, and samples that nobody would expect."""

    def __init__(self, seed: int, kind: MetricKind) -> None:
        self.chance = chance = random.Random(seed)
        series = Series("s", "a")
        is_ratio, has_rest = kind is MetricKind.RATIO, chance.random() < 0.5
        beside = series if not is_ratio and chance.random() < 0.25 else None
        self.metric = Metric(
            "m",
            "M",
            kind,
            series,
            Unit.PERCENT if is_ratio else chance.choice([Unit.NUMBER, Unit.PERCENT]),
            total=series if is_ratio and not has_rest else None,
            rest=series if is_ratio and has_rest else None,
            quantile=0.9 if kind is MetricKind.QUANTILE else None,
            concurrent=beside,
            baseline=chance.choice([None, None, 0.0, -1.0, 1e150, 5e-324]) if beside is None else None,
            burst=chance.choice([1.0, 20.0, 1e9]),
            every_seconds=10,
        )
        self.slots = chance.choice([0, 1, 2, 29, 30, 31, 60, 61, 130])
        self.window = window(self.slots)
        self.series = self.of_all(0, self.slots)
        kept = chance.choice([60, 61, 100, 700])
        self.baselines: Mapping[str, Captured] = {}
        if chance.random() < 0.6:
            bins = bins_of(capture(self.metric, self.of_all(-kept, kept), window(kept, -kept)))
            found = captured_of("m", bins)
            self.baselines = {"m": found} if found is not None else {}
        told: list[Mapping[str, Sequence[int]]] = [{}, {"m": []}, {"m": [at(5)]}]
        self.restarts = chance.choice(told)
        self.errors: Mapping[str, str] = chance.choice([{}, {}, {"m": "refused"}])

    def of_all(self, first: int, count: int) -> Mapping[str, Samples]:
        return {name: self.any_samples(first, count) for name in NAMES if self.chance.random() < 0.8}

    def any_samples(self, first: int, count: int) -> Samples:
        chance, found, mode = self.chance, [], self.chance.random()
        pool, stood = chance.sample(ABSURD, 3), chance.choice([0.0, 1e7])
        for slot in range(first, first + count + 1):
            stood = 0.0 if chance.random() < 0.02 else stood + chance.choice([0.0, 1.0, 100.0, chance.random()])
            usual = stood if mode < 0.6 else 50 + chance.random()
            value = chance.choice(pool) if mode < 0.3 or chance.random() < 0.03 else usual
            found += [(at(slot), value)] * (chance.random() < 0.98)
            found += [(at(slot), chance.choice(ABSURD))] * (chance.random() < 0.02)
            found += [(at(slot) + chance.randint(1, 10**9), chance.choice(ABSURD))] * (chance.random() < 0.02)
        return chance.sample(found, len(found)) if chance.random() < 0.3 else found


def plain(value: Any) -> bool:
    """Whether canonical JSON has it."""
    if isinstance(value, Mapping):
        return all(plain(each) for each in value.values())
    return not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize("kind", MetricKind)
@given(seed=st.integers(0, 1 << 32), condition=st.sampled_from(CONDITIONS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_samples_are_judged_watched_and_forecast_in_plain_values(
    kind: MetricKind, seed: int, condition: str
) -> None:
    world = World(seed, kind)
    parsed, over, metrics = parse_condition(condition), world.window, {"m": world.metric}
    baselines, restarts, errors = world.baselines, world.restarts, world.errors

    whole = judge(parsed, over, world.series, metrics, errors=errors, baselines=baselines, restarts=restarts)
    now = holds(parsed, over, world.series, metrics, errors=errors, baselines=baselines, restarts=restarts)
    ahead = beside_soak(forecast(parsed, over, world.series, metrics, errors=errors, baselines=baselines), 600)
    fired = fire(parsed, 60, over.end_ns, world.series, metrics, errors=errors, baselines=baselines, since_ns=at(0))
    seen = glance(parsed, over.end_ns, world.series, metrics, errors=errors)

    assert all(plain(found.evidence) for found in (whole, now))
    assert all(plain(each) for found in (whole, now, ahead, seen) for each in (found.value, found.limit))
    assert all(isinstance(found.line, str) for found in (whole, now, ahead, fired, seen))
    assert not (fired.fires and fired.is_blind)


def test_a_baseline_that_is_all_in_the_last_bucket_is_no_baseline() -> None:
    """Of a histogram's last bucket only the lower bound is known: no median of such slots is."""
    metric = gauge(kind=MetricKind.QUANTILE)
    before = {"latency": samples([2.0] * 80, -80), "latency:low": samples([2.0] * 80, -80)}
    held = capture(metric, before, window(80, -80))
    soak = {name: samples([1.0] * 80) for name in ("latency", "latency:low", "latency:high")}

    found = judged("latency < baseline + 10%", soak, metric, 80, baselines={"latency": held})

    assert (found.verdict, "no bucket of the baseline's histogram has an end" in found.line) == (Verdict.UNKNOWN, True)


def test_a_baseline_of_another_kind_of_metric_is_no_baseline() -> None:
    counts = counted(growing([1.0] * 80), growing([100.0] * 80))
    before = {name: [(time - at(81) + at(0), value) for time, value in each] for name, each in counts.items()}
    held = capture(ratio("latency"), {f"latency:{name[7:]}": each for name, each in before.items()}, window(79, -80))
    metric = gauge(unit=Unit.PERCENT)

    found = judged(
        "latency < baseline + 10%", {"latency": samples([1.0] * 80)}, metric, 80, baselines={"latency": held}
    )

    assert (held.samples, found.verdict) == (80, Verdict.UNKNOWN)
    assert "of another kind" in found.line


@pytest.mark.parametrize("value", [1e308, -1e308, math.inf, math.nan])
def test_a_number_beyond_all_measure_is_a_missing_slot(value: float) -> None:
    found = judged("latency < 2 s", {"latency": samples([1.0] * 59 + [value])}, gauge(), 60)

    assert found.evidence["missing"] == 1


def test_counters_beyond_what_doubles_count_are_not_read() -> None:
    series = counted([1e300 + number for number in range(61)], [1e301] * 61)

    found = judged("errors < 1%", series, ratio(), 60)

    assert (found.verdict, "61 of 61 slots missing" in found.line) == (Verdict.UNKNOWN, True)


def test_two_counters_of_which_one_began_anew_are_not_set_beside_one_another() -> None:
    """The errors of an hour in the requests of a second would be a failure that never happened."""
    slots = range(61)
    events: list[float | None] = [1e6 + number for number in slots]
    total: list[float | None] = [
        1e8 + 1000.0 * number if number < 30 else 1.0 + 1000.0 * (number - 30) for number in slots
    ]
    for gone in (28, 29):
        events[gone] = total[gone] = None

    found = judged("errors < 1%", counted(events, total), ratio(), 60)

    assert (found.verdict, found.evidence["events"]) == (Verdict.UNKNOWN, 57.0)


def test_a_window_may_be_empty() -> None:
    found = judge(parse_condition("errors < 1%"), Window(at(0), at(0)), {}, {"errors": ratio()})

    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("repeated", [[1.0, 5.0, 3.0], [5.0, 1.0, 3.0], [3.0, 1.0, 5.0]])
def test_of_several_values_at_one_time_the_worst_counts_whatever_their_order(repeated: list[float]) -> None:
    series = [(at(60), value) for value in repeated]

    assert slots(series, 10, window(60)).values[-1] == 5.0
    assert slots(series, 10, window(60), worst_is_high=False).values[-1] == 1.0
    assert slots([*series, (at(60), math.nan)], 10, window(60)).values[-1] is None
    assert slots([(at(60), math.nan), *series], 10, window(60)).values[-1] is None
