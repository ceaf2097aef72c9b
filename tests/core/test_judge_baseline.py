from __future__ import annotations

import random
from dataclasses import replace

import pytest

from qudag_tui.core.baseline import Captured, capture
from qudag_tui.core.metric import MetricKind
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Finding, Verdict
from tests.core.measuring import at, captured, gauge, judged, samples, slow, window

UP = [0.084 + 0.001 * (number % 5 - 2) for number in range(120)]


def compared(
    values: list[float | None] | list[float],
    condition: str = "latency < baseline + 10%",
    *,
    baseline: Captured | None = None,
) -> Finding:
    held = captured(UP) if baseline is None else baseline
    return judged(condition, {"latency": samples(values)}, gauge(), len(values), baselines={"latency": held})


@pytest.mark.parametrize(
    ("factor", "condition", "verdict", "line"),
    [
        (
            1.0,
            "latency < baseline + 10%",
            Verdict.PASS,
            "84 ms, limit 92.4 ms · +0% (+0% to +0%), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
        (
            1.2,
            "latency < baseline + 10%",
            Verdict.FAIL,
            "101 ms, limit 92.4 ms · +20% (+20% to +20%), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
        (
            1.2,
            "latency < baseline + 20 ms",
            Verdict.PASS,
            "101 ms, limit 104 ms · +16.8 ms (+16.6 ms to +17 ms), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
        (
            3.5,
            "latency >= 3.2x baseline",
            Verdict.PASS,
            "294 ms, limit 269 ms · 3.5x (3.5x to 3.5x), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
        (
            2.0,
            "latency >= 3.2x baseline",
            Verdict.FAIL,
            "168 ms, limit 269 ms · 2x (2x to 2x), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
        (
            0.3,
            "latency <= baseline - 65%",
            Verdict.PASS,
            "25.2 ms, limit 29.4 ms · -70% (-70% to -70%), baseline captured, 16 min old, 120 samples, 0 s old",
        ),
    ],
)
def test_the_baseline_row(factor: float, condition: str, verdict: Verdict, line: str) -> None:
    finding = compared([factor * value for value in UP[:100]], condition)

    assert (finding.verdict, finding.line) == (verdict, line)


def test_a_limit_inside_the_interval_is_inconclusive_and_says_what_it_needs() -> None:
    chance = random.Random(3)
    held = captured(slow(chance, 600, r1=0.0, sd=0.1, level=0.084))
    finding = compared(slow(chance, 40, r1=0.0, sd=0.1, level=0.0895), baseline=held)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.line == (
        "90.3 ms, limit 91.6 ms · +7.19% (+4.18% to +10.3%), needs 11 more samples, ~1 min, "
        "baseline captured, 6 min old, 600 samples, 0 s old"
    )


def test_a_baseline_that_is_too_short_for_any_soak_is_said_to_be() -> None:
    chance = random.Random(4)
    held = captured(slow(chance, 60, r1=0.3, sd=0.2, level=0.084))
    finding = compared(slow(chance, 700, r1=0.3, sd=0.2, level=0.088), baseline=held)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "needs a longer baseline" in finding.line


@pytest.mark.parametrize(
    ("baseline", "reason"),
    [
        (captured(UP[:59]), "the baseline has 59 of the 60 samples it needs: capture it again"),
        (captured([*UP, *[None] * 10]), "10 of the 130 slots of the baseline are missing: capture it again"),
        (
            replace(captured(UP), unit=Unit.BYTES),
            "the baseline was captured of another metric, or in another unit: capture it again",
        ),
        (replace(captured(UP), every_seconds=5), "the baseline was captured at another interval: capture it again"),
        (replace(captured(UP), to_ns=at(50)), "the baseline was captured inside the window that is judged"),
        (
            captured([value - 0.084 for value in UP]),
            "there are no multiples of a baseline, or of a limit, that is not above 0",
        ),
    ],
)
def test_a_baseline_that_cannot_be_compared_with_is_unknown(baseline: Captured, reason: str) -> None:
    finding = compared(UP[:100], baseline=baseline)

    assert finding.verdict is Verdict.UNKNOWN
    assert reason in finding.line
    inside, none = "inside the window" in reason, "no multiples" in reason
    assert finding.needs == (
        "a window that begins after its baseline was captured"
        if inside
        else "a difference in the metric's unit as its limit, such as “baseline + 5 ms”"
        if none
        else "its baseline captured again"
    )


@pytest.mark.parametrize(
    ("values", "verdict", "reason"),
    [
        ([*UP[:94], *[None] * 6], Verdict.UNKNOWN, "6 of 100 slots missing"),
        ([*UP[:95], *[None] * 5], Verdict.PASS, "5 missing"),
        (UP[:29], Verdict.INCONCLUSIVE, "needs 1 more sample"),
        (UP[:30], Verdict.PASS, "+0%"),
        ([0.0] * 40, Verdict.PASS, "-100% (-100% to -100%)"),
    ],
)
def test_slots_and_their_number(values: list[float | None], verdict: Verdict, reason: str) -> None:
    finding = compared(values)

    assert finding.verdict is verdict
    assert reason in finding.line


def test_missing_slots_of_either_side_move_the_bounds_apart() -> None:
    chance = random.Random(1)
    before, after = slow(chance, 120, r1=0.0, sd=0.1), slow(chance, 100, r1=0.0, sd=0.1)

    def found(soak: list[float | None], held: list[float | None]) -> Finding:
        series, held_by = {"latency": samples(soak)}, {"latency": captured(held)}
        return judged("latency < baseline + 10%", series, gauge(), 100, baselines=held_by, r1=0.1)

    whole = found([*after], [*before]).evidence
    for holed in (found([*after[:95], *[None] * 5], [*before]), found([*after], [*before[:115], *[None] * 5])):
        assert holed.evidence["highest"] > whole["highest"]
        assert holed.evidence["lowest"] < whole["lowest"]


def test_nothing_to_compare_with_is_unknown() -> None:
    finding = judged("latency < baseline + 10%", {"latency": samples(UP)}, gauge(), 120)

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, "86 ms · no baseline was captured, 0 s old")


def test_a_fixed_number_is_said_to_be_one_and_takes_sixty_samples() -> None:
    metric = gauge(baseline=0.084)

    early = judged("latency < baseline + 10%", {"latency": samples(UP[:59])}, metric, 59)
    late = judged("latency < baseline + 10%", {"latency": samples(UP[:60])}, metric, 60)

    assert (early.verdict, early.line) == (
        Verdict.INCONCLUSIVE,
        "85 ms · needs 1 more sample, baseline a fixed number, 0 s old",
    )
    assert (late.verdict, late.line) == (
        Verdict.PASS,
        "84 ms, limit 92.4 ms · -0.00709% (-0.597% to +0.579%), baseline a fixed number, 0 s old",
    )


def test_a_concurrent_baseline_is_compared_slot_by_slot() -> None:
    load = [1 + 0.5 * (number // 30 % 2) for number in range(120)]
    series = {
        "latency": samples([0.09 * part for part in load]),
        "latency:baseline": samples([0.084 * part for part in load]),
    }
    holed = series | {"latency:baseline": series["latency:baseline"][10:]}

    finding = judged("latency < baseline + 10%", series, gauge(concurrent=True), 120)

    assert (finding.verdict, finding.line) == (
        Verdict.PASS,
        "112 ms, limit 116 ms · +7.14% (+7.14% to +7.14%), baseline concurrent, 120 samples, 0 s old",
    )
    assert judged("latency < baseline + 10%", holed, gauge(concurrent=True), 120).verdict is Verdict.UNKNOWN


def test_a_capture_journals_plain_bins_and_no_more_than_six_hundred() -> None:
    held = captured([*[1.0] * 1800, None, *[2.0] * 5])

    assert (held.width, len(held.values) + len(held.gaps), held.slots, held.samples) == (4, 451, 1806, 1805)
    assert all(isinstance(value, float) for value in held.values)
    assert held.bins[0] == (1.0, 1.0, 1.0)
    assert captured([1.0, None, 3.0]).bins == [(1.0, 1.0, 1.0), (float("-inf"), None, float("inf")), (3.0, 3.0, 3.0)]


def test_a_captured_quantile_keeps_what_its_buckets_leave_open() -> None:
    metric = gauge(kind=MetricKind.QUANTILE)

    def quantiles(low: float, high: float, first: int) -> dict[str, list[tuple[int, float]]]:
        found = slow(random.Random(5), 120, r1=0.0, sd=0.01, level=(low + high) / 2)
        ends = {"latency:low": samples([low] * 120, first), "latency:high": samples([high] * 120, first)}
        return {"latency": samples(found, first), **ends}

    held = capture(metric, quantiles(0.05, 0.1, -120), window(120, -120))
    verdicts = [
        judged("latency < baseline + 10%", quantiles(*bucket, 0), metric, 120, baselines={"latency": held}).verdict
        for bucket in ((0.05, 0.1), (0.01, 0.04), (0.2, 0.4))
    ]

    assert (set(held.low), set(held.high)) == ({0.05}, {0.1})
    assert verdicts == [Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.FAIL]


def test_another_unit_is_unknown() -> None:
    finding = compared(UP[:100], "latency < baseline + 10 MB")

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, "the metric is in s, the condition in B")
