"""What holds of every kind of verdict, whatever the data: nothing that is not seen makes a pass."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qudag_tui.core.baseline import capture
from qudag_tui.core.condition import AgainstBaseline, Condition, Relation, Threshold, Trend, parse_condition
from qudag_tui.core.condition import Comparison as Cmp
from qudag_tui.core.judge import judge
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Finding, Verdict, worst
from tests.core.measuring import Samples, captured, counted, gauge, growing, ratio, samples, window

SLOTS = 80
COMMON = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CORRUPT = st.sampled_from([None, math.nan, math.inf, -math.inf])


def verdict(
    condition: str, series: dict[str, Samples], metric: Metric, *, baseline: list[float] | None = None
) -> Verdict:
    held = {metric.id: captured(baseline, metric)} if baseline else {}
    return judge(
        parse_condition(condition), window(SLOTS), series, {metric.id: metric}, extend=0, baselines=held, r1=0.2
    ).verdict


def numbers(seed: int, level: float, spread: float) -> list[float]:
    chance = random.Random(seed)
    return [level * (1 + spread * chance.gauss(0, 1)) for _ in range(SLOTS)]


def marked(found: Samples, gone: dict[int, float | None]) -> Samples:
    """Some of the samples missing, or no number."""
    kept: Samples = []
    for number, (time, value) in enumerate(found):
        if number not in gone:
            kept.append((time, value))
        elif (corrupt := gone[number]) is not None:
            kept.append((time, corrupt))
    return kept


GAUGES = [
    ("latency < 104 s", 0.0),
    ("latency > 96 s", 0.0),
    ("latency < baseline + 10%", 0.0),
    ("latency > baseline - 10%", 0.0),
    ("latency >= 0.9x baseline", 0.0),
    ("latency < baseline + 6 s", 0.0),
    ("latency stable within 5%", 0.0),
    ("latency growing within 2%", 0.06),
    ("latency < 104 s or latency stable within 5%", 0.0),
]
KINDS = ("captured", "fixed", "concurrent")


@pytest.mark.parametrize(("condition", "growth"), GAUGES)
@pytest.mark.parametrize("kind", KINDS)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.sampled_from([96.0, 100.0, 103.0, 107.0]), st.sampled_from([0.0, 0.01, 0.05])),
    gone=st.dictionaries(st.integers(0, SLOTS - 1), CORRUPT, max_size=4),
)
@settings(COMMON, max_examples=25)
def test_marking_a_slot_missing_or_corrupt_never_makes_a_pass(
    condition: str, growth: float, kind: str, *, seed: int, shape: tuple[float, float], gone: dict[int, float | None]
) -> None:
    level, spread = shape
    if kind != "captured" and "baseline" not in condition:
        return
    metric = gauge(baseline=100.0 if kind == "fixed" else None, concurrent=kind == "concurrent")
    soak = samples([v * (1 + growth * n / SLOTS) for n, v in enumerate(numbers(seed, level, spread))])
    beside = samples(numbers(seed + 1, 100.0, spread))
    baseline = numbers(seed + 2, 100.0, spread) if kind == "captured" else None
    before = verdict(condition, {"latency": soak, "latency:baseline": beside}, metric, baseline=baseline)

    after = [
        verdict(condition, {"latency": marked(soak, gone), "latency:baseline": beside}, metric, baseline=baseline),
        verdict(condition, {"latency": soak, "latency:baseline": marked(beside, gone)}, metric, baseline=baseline),
    ]

    for found in after:
        assert not (found is Verdict.PASS and before is not Verdict.PASS)


@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.01, 0.05]),
    gone=st.dictionaries(st.integers(0, SLOTS - 1), CORRUPT, max_size=4),
    level=st.sampled_from([103.0, 107.0, 112.0]),
)
@COMMON
def test_marking_a_slot_of_a_capture_missing_never_makes_a_pass(
    seed: int, spread: float, gone: dict[int, float | None], level: float
) -> None:
    metric, soak = gauge(), {"latency": samples(numbers(seed, level, spread))}
    kept, earlier = window(SLOTS, -SLOTS), samples(numbers(seed + 1, 100.0, spread), -SLOTS)
    found = [
        judge(
            parse_condition("latency < baseline + 10%"),
            window(SLOTS),
            soak,
            {"latency": metric},
            baselines={"latency": capture(metric, {"latency": series}, kept)},
            r1=0.2,
        ).verdict
        for series in (earlier, marked(earlier, gone))
    ]

    assert not (found[1] is Verdict.PASS and found[0] is not Verdict.PASS)


@given(
    seed=st.integers(0, 10_000),
    errors=st.sampled_from([0.0, 0.01, 0.1, 0.5]),
    resets=st.sets(st.integers(1, SLOTS - 1), max_size=2),
    gone=st.dictionaries(st.integers(0, SLOTS), CORRUPT, max_size=5),
    start=st.sampled_from([0.0, 500.0, 1e6]),
    rest=st.booleans(),
)
@settings(COMMON, max_examples=300)
def test_marking_a_count_missing_never_makes_a_pass(
    seed: int, errors: float, resets: set[int], gone: dict[int, float | None], start: float, *, rest: bool
) -> None:
    """Of traffic whose busiest slot has at most ten times the requests of its quietest, as the judge assumes."""
    chance = random.Random(seed)
    total = growing([float(chance.randint(20, 200)) for _ in range(SLOTS)], start)
    events = growing([float(chance.random() < errors) for _ in range(SLOTS)], 0.0)
    for counter in (total, events):
        for reset in sorted(resets):
            base = counter[reset - 1] or 0.0
            for number in range(reset, SLOTS + 1):
                counter[number] = (counter[number] or 0.0) - base
    series = counted(events, total)
    if rest:
        series = {"errors:events": series["errors:events"], "errors:rest": series["errors:total"]}
    metric = ratio(rest=rest)
    before = verdict("errors < 0.5%", series, metric)

    for name, found in series.items():
        after = verdict("errors < 0.5%", series | {name: marked(found, gone)}, metric)
        assert not (after is Verdict.PASS and before is not Verdict.PASS)


@given(
    values=st.lists(st.sampled_from([0.05, 0.09, 0.12]), min_size=SLOTS, max_size=SLOTS),
    gone=st.dictionaries(st.integers(0, SLOTS - 1), CORRUPT, max_size=5),
    part=st.sampled_from(["latency", "latency:low", "latency:high"]),
)
@COMMON
def test_losing_a_bucket_never_makes_a_pass(values: list[float], gone: dict[int, float | None], part: str) -> None:
    metric = gauge(kind=MetricKind.QUANTILE)
    series = {
        "latency": samples(values),
        "latency:low": samples([0.1 if value > 0.1 else 0.01 for value in values]),
        "latency:high": samples([0.25 if value > 0.1 else 0.1 for value in values]),
    }
    for condition in ("latency < 100 ms", "latency <= 100 ms", "latency > 9 ms", "latency stable within 5%"):
        before = verdict(condition, series, metric)
        after = verdict(condition, series | {part: marked(series[part], gone)}, metric)
        assert not (after is Verdict.PASS and before is not Verdict.PASS)


@pytest.mark.parametrize("condition", [*(condition for condition, _ in GAUGES)])
@given(seed=st.integers(0, 1000))
@settings(COMMON, max_examples=10)
def test_the_order_of_arrival_does_not_matter(condition: str, seed: int) -> None:
    chance, soak, baseline = random.Random(seed), samples(numbers(seed, 104.0, 0.05)), numbers(seed + 1, 100.0, 0.05)
    metric, held = gauge(), {"latency": captured(baseline)}
    mixed = [*soak, *soak[:5]]
    chance.shuffle(mixed)

    def found(arrived: Samples) -> Finding:
        series, metrics = {"latency": arrived}, {"latency": metric}
        return judge(parse_condition(condition), window(SLOTS), series, metrics, baselines=held)

    assert found(mixed) == found(soak)


@given(seed=st.integers(0, 1000))
@COMMON
def test_the_order_in_which_counts_arrive_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    series = counted(growing([float(chance.random() < 0.1) for _ in range(SLOTS)]), growing([100.0] * SLOTS))
    mixed = {name: chance.sample(found, len(found)) for name, found in series.items()}

    assert verdict("errors < 0.2%", mixed, ratio()) is verdict("errors < 0.2%", series, ratio())


TERMS = ["latency < 104 s", "latency < 90 s", "latency stable within 5%", "latency < baseline + 1%", "gone < 1"]


@pytest.mark.parametrize(("one", "other"), list(product(TERMS, TERMS)))
def test_the_worst_verdict_wins(one: str, other: str) -> None:
    soak, baseline = {"latency": samples(numbers(5, 100.0, 0.01))}, numbers(6, 100.0, 0.05)
    each = [verdict(condition, soak, gauge(), baseline=baseline) for condition in (one, other)]

    assert verdict(f"{one} and {other}", soak, gauge(), baseline=baseline) is worst(each)


def test_alternatives_are_each_judged_at_a_share_of_the_level() -> None:
    metric, series = gauge(baseline=100.0), {"latency": samples(numbers(5, 100.0, 0.05))}
    metrics, condition = {"latency": metric}, parse_condition("latency < baseline + 9% or latency < baseline + 10%")

    found = judge(condition, window(SLOTS), series, metrics, extend=2)

    assert [found.evidence[number]["alpha"] for number in ("1", "2")] == [pytest.approx(0.05 / 3 / 2)] * 2


CONDITIONS: list[Condition] = [
    *(Threshold("latency", Cmp.BELOW, 1e9, unit) for unit in Unit),
    *(AgainstBaseline("latency", Cmp.BELOW, Relation.PLUS, 1e9, unit) for unit in Unit),
]


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("kind", [MetricKind.GAUGE, MetricKind.RATIO, MetricKind.RATE, MetricKind.QUANTILE])
def test_units_never_mix(unit: Unit, kind: MetricKind) -> None:
    metric = replace(ratio("latency"), kind=kind, unit=unit, baseline=100.0)
    series = {"latency": samples([100.0] * SLOTS), **counted(growing([0.0] * SLOTS), growing([1e4] * SLOTS), "latency")}
    series |= {"latency:low": samples([100.0] * SLOTS), "latency:high": samples([100.0] * SLOTS)}

    for condition in CONDITIONS:
        assert isinstance(condition, Threshold | AgainstBaseline)
        found = judge(condition, window(SLOTS), series, {"latency": metric}).verdict
        assert (found is Verdict.PASS) is (condition.unit is unit)


@pytest.mark.parametrize(
    "condition",
    [Trend("latency", growing=False, budget_percent=5.0), Threshold("latency", Cmp.BELOW, 9.0, Unit.SECONDS)],
)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=SLOTS, max_size=SLOTS))
@COMMON
def test_any_numbers_at_all_give_a_verdict_with_plain_evidence(condition: Condition, values: list[float]) -> None:
    found = judge(condition, window(SLOTS), {"latency": samples(values)}, {"latency": gauge()})

    numbers_in = [value for value in found.evidence.values() if isinstance(value, float)]
    assert all(math.isfinite(value) for value in numbers_in)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=SLOTS, max_size=SLOTS),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=SLOTS, max_size=SLOTS),
    st.sampled_from(["latency < baseline + 10%", "latency < baseline + 1 s", "latency >= 2x baseline"]),
)
@COMMON
def test_any_baseline_at_all_gives_a_verdict_with_plain_evidence(
    values: list[float], other: list[float], condition: str
) -> None:
    series = {"latency": samples(values), "latency:baseline": samples(other)}
    held = {"latency": captured(other)}

    for metric in (gauge(), gauge(concurrent=True), gauge(baseline=1e300)):
        found = judge(parse_condition(condition), window(SLOTS), series, {"latency": metric}, baselines=held)
        numbers_in = [value for value in found.evidence.values() if isinstance(value, float)]
        assert all(math.isfinite(value) for value in numbers_in)
