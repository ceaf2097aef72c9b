from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from qudag_tui.core.against import NO_MULTIPLES
from qudag_tui.core.baseline import capture
from qudag_tui.core.condition import Comparison, parse_condition
from qudag_tui.core.counts import countable, counts
from qudag_tui.core.extension import alpha_of
from qudag_tui.core.forecast import forecast
from qudag_tui.core.judge import holds
from qudag_tui.core.judge_counts import requests_needed
from qudag_tui.core.statistics.dispersion import Bin
from qudag_tui.core.statistics.proportion import clopper_pearson
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import at, counted, gauge, growing, judged, ratio, samples, window

PER_SLOT = 100.0


def traffic(
    slots: int, errors: dict[int, float] | None = None, *, per_slot: float = PER_SLOT
) -> dict[str, list[tuple[int, float]]]:
    """``slots`` slots of requests; ``errors`` by slot, from 0."""
    events = [(errors or {}).get(slot, 0.0) for slot in range(slots)]
    return counted(growing(events, 50.0), growing([per_slot] * slots))


@pytest.mark.parametrize(
    ("alpha", "needed"), [(0.05, [2995, 4742, 6294]), (alpha_of(2), [4093, 6045, 7751])], ids=["95 %", "98.3 %"]
)
def test_requests_needed_against_a_tenth_of_a_percent(alpha: float, needed: Sequence[int]) -> None:
    found = [requests_needed(Comparison.BELOW, 0.1, errors, 0, phi=1, alpha=alpha) for errors in (0, 1, 2)]

    assert found == needed


@pytest.mark.parametrize(
    ("slots", "errors", "verdict", "line"),
    [
        (
            40,
            {},
            Verdict.INCONCLUSIVE,
            "0% (0 in 4,000), limit 0.1% · at most 0.1%, needs 93 more requests, ~9 s, errors independent, 0 s old",
        ),
        (41, {}, Verdict.PASS, "0% (0 in 4,100), limit 0.1% · at most 0.1%, errors independent, 0 s old"),
        (
            24,
            {3: 1},
            Verdict.INCONCLUSIVE,
            "0.042% (1 in 2,400), limit 0.1% · at most 0.25%, needs 3,645 more requests, ~6 min, errors independent, 0 s old",
        ),
        (61, {3: 1}, Verdict.PASS, "0.016% (1 in 6,100), limit 0.1% · at most 0.099%, errors independent, 0 s old"),
        (
            24,
            dict.fromkeys(range(0, 24, 2), 1),
            Verdict.FAIL,
            "0.5% (12 in 2,400), limit 0.1% · at least 0.24%, errors independent, 0 s old",
        ),
    ],
)
def test_the_ratio_row(slots: int, errors: dict[int, float], verdict: Verdict, line: str) -> None:
    finding = judged("errors < 0.1%", traffic(slots, errors), ratio(), slots, extend=2)

    assert (finding.verdict, finding.line) == (verdict, line)


def test_the_evidence_is_plain_and_complete() -> None:
    finding = judged("errors < 0.1%", traffic(60), ratio(), 60)

    assert finding.evidence.pop("highest") == pytest.approx(0.0499, abs=1e-4)  # type: ignore[attr-defined]  # a dict
    assert finding.evidence == {
        "metric": "errors",
        "from_ns": at(0),
        "to_ns": at(60),
        "alpha": 0.05,
        "comparison": "<",
        "limit": 0.1,
        "slots": 61,
        "missing": 0,
        "events": 0.0,
        "total": 6000.0,
        "dispersion": 1.0,
        "lowest": 0.0,
    }


def test_stated_bursts_are_said_and_cost_as_many_requests() -> None:
    finding = judged("errors < 0.1%", traffic(100), ratio(burst=20), 100)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.line == (
        "0% (0 in 10,000), limit 0.1% · at most 0.6%, needs 49,885 more requests, ~1 h 23 min, bursts ≤ 20, 0 s old"
    )


def test_bursts_that_are_seen_are_said() -> None:
    finding = judged("errors < 0.1%", traffic(300, {7: 20, 150: 20}), ratio(), 300)

    assert (finding.verdict, "errors in bursts of 19.6, as seen" in finding.line) == (Verdict.INCONCLUSIVE, True)


def test_no_requests_are_inconclusive() -> None:
    finding = judged("errors < 0.1%", traffic(60, per_slot=0), ratio(), 60)

    assert (finding.verdict, finding.line) == (
        Verdict.INCONCLUSIVE,
        "no requests, limit 0.1% · at most 100%, needs 2,995 more requests, errors independent, 0 s old",
    )


def hits(slots: int, misses: float) -> dict[str, list[tuple[int, float]]]:
    return {
        "cache:events": samples(growing([PER_SLOT - misses] * slots), -1),
        "cache:rest": samples(growing([misses] * slots), -1),
    }


@pytest.mark.parametrize(
    ("misses", "verdict", "line"),
    [
        (2, Verdict.PASS, "98% (5,880 in 6,000), limit 95% · at least 97.7%, hits independent, 0 s old"),
        (9, Verdict.FAIL, "91% (5,460 in 6,000), limit 95% · at most 91.6%, hits independent, 0 s old"),
        (
            4.8,
            Verdict.INCONCLUSIVE,
            "95.2% (5,712 in 6,000), limit 95% · at least 94.7%, needs 26,370 more requests, ~43 min, hits independent, 0 s old",
        ),
    ],
)
def test_hits_and_misses_are_judged_by_what_is_rare(misses: float, verdict: Verdict, line: str) -> None:
    finding = judged("cache > 95%", hits(60, misses), ratio("cache", rest=True), 60)

    assert (finding.verdict, finding.line) == (verdict, line)


def test_another_unit_is_unknown() -> None:
    finding = judged("errors < 10 ms", traffic(60), ratio(), 60)

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, "the metric is in %, the condition in s")


def broken(slots: int, change: dict[int, float | None], *, start: float = 1e7) -> dict[str, list[tuple[int, float]]]:
    """A total whose value at some slots is replaced."""
    total = growing([PER_SLOT] * slots, start)
    return counted(growing([0.0] * slots, 50.0), [change.get(number, value) for number, value in enumerate(total)])


@pytest.mark.parametrize(
    ("change", "start", "verdict", "reason"),
    [
        ({}, 1e7, Verdict.PASS, "at most"),
        ({30: None}, 1e7, Verdict.PASS, "at most"),
        ({30: math.nan}, 1e7, Verdict.PASS, "at most"),
        ({5: None}, 100.0, Verdict.UNKNOWN, "a restart may hide in a gap of 1 slot"),
        ({30: 0.0}, 1e7, Verdict.UNKNOWN, "a restart hid what was counted before it"),
        ({0: None}, 1e7, Verdict.UNKNOWN, "no count at the start of the window"),
        ({60: None}, 1e7, Verdict.UNKNOWN, "no count at the end of the window"),
        (dict.fromkeys(range(20, 24)), 1e7, Verdict.UNKNOWN, "4 of 61 slots missing"),
        ({30: -5.0}, 1e7, Verdict.PASS, "at most"),
    ],
)
def test_what_was_not_observed_is_unknown(
    change: dict[int, float | None], start: float, verdict: Verdict, reason: str
) -> None:
    finding = judged("errors < 0.1%", broken(60, change, start=start), ratio(), 60)

    assert finding.verdict is verdict
    assert reason in finding.line


def test_a_gap_of_a_young_counter_is_bridged_where_restarts_are_told_otherwise() -> None:
    series, metric = broken(60, {5: None}, start=100.0), ratio()

    assert judged("errors < 0.1%", series, metric, 60, restarts={"errors": []}).verdict is Verdict.PASS
    assert judged("errors < 0.1%", series, metric, 60, restarts={"errors": [at(5)]}).verdict is Verdict.UNKNOWN


def test_resets_that_the_sampler_carried_over_are_unobserved_increments_too() -> None:
    series = traffic(60)
    calm = series | {"errors:resets": samples([0.0] * 61, -1)}
    reset = series | {"errors:resets": samples([0.0] * 30 + [1.0] * 31, -1)}

    assert judged("errors < 0.1%", calm, ratio(), 60).verdict is Verdict.PASS
    assert judged("errors < 0.1%", reset, ratio(), 60).verdict is Verdict.UNKNOWN


def test_what_is_seen_to_be_beyond_the_limit_fails_although_some_is_not_seen() -> None:
    series = traffic(60, dict.fromkeys(range(60), 5.0))
    series["errors:total"][30:] = [(time, value - 1e7 - 3000) for time, value in series["errors:total"][30:]]

    finding = judged("errors < 0.1%", series, ratio(), 60)

    assert (finding.verdict, finding.evidence["events"], finding.evidence["total"]) == (Verdict.FAIL, 295.0, 5900.0)


def test_a_counter_that_is_misread_once_does_not_count_everything_anew() -> None:
    """A zero between two good values: nothing is known of it, and ten million errors did not happen."""
    series = traffic(60)
    series["errors:events"] = [(time, value + 1e6) for time, value in series["errors:events"]]
    for name in ("errors:events", "errors:total"):
        series[name][30] = (at(30), 0.0)

    finding = judged("errors < 0.1%", series, ratio(), 60)

    assert (finding.verdict, finding.evidence["events"]) == (Verdict.UNKNOWN, 0.0)


def test_more_errors_than_requests_are_counters_that_do_not_belong_together() -> None:
    finding = judged("errors < 0.1%", traffic(60, dict.fromkeys(range(60), 500.0)), ratio(), 60)

    assert finding.verdict is Verdict.UNKNOWN
    assert "the counters do not belong together" in finding.line


def test_counts_are_those_of_the_window_and_its_minutes() -> None:
    found = counts(ratio(), traffic(18, {0: 1, 5: 2, 6: 4, 17: 8}), window(18))

    assert (found.events, found.total, found.minutes) == (15.0, 1800.0, (Bin(3, 600), Bin(4, 600), Bin(8, 600)))
    assert (found.seconds, found.slots, found.missing, found.newest_ns) == (180.0, 19, 0, at(18))


def test_a_window_can_be_cut_to_what_was_counted() -> None:
    series = broken(60, {0: None, 1: None, 60: None})

    cut = countable(ratio(), series, window(60))

    assert cut is not None
    assert (cut.start_ns, cut.end_ns) == (at(2), at(59))
    assert counts(ratio(), series, cut).unobserved == ""
    assert countable(ratio(), {}, window(60)) is None


@pytest.mark.parametrize(
    ("errors", "condition", "verdict"),
    [
        (0.0005, "errors < baseline + 100%", Verdict.PASS),
        (0.0020, "errors < baseline + 100%", Verdict.INCONCLUSIVE),
        (0.0040, "errors < baseline + 100%", Verdict.FAIL),
        (0.0005, "errors < baseline + 0.1%", Verdict.PASS),
        (0.0005, "errors < 2x baseline", Verdict.PASS),
        (0.0040, "errors < 2x baseline", Verdict.FAIL),
    ],
)
def test_counts_against_captured_counts(errors: float, condition: str, verdict: Verdict) -> None:
    before = counted(growing([1.0] * 100), growing([1000.0] * 100))
    shifted = {name: [(time - at(101) + at(0), value) for time, value in found] for name, found in before.items()}
    baseline = capture(ratio(), shifted, replace(window(100), start_ns=at(-101), end_ns=at(-1)))
    series = counted(growing([1000 * errors] * 200), growing([1000.0] * 200))

    finding = judged(condition, series, ratio(), 200, baselines={"errors": baseline})

    assert (baseline.events, baseline.total, baseline.unobserved) == (100.0, 100_000.0, "")
    assert finding.verdict is verdict
    assert "baseline captured, 33 min old: 100 in 100,000" in finding.line


def test_counts_against_a_fixed_number_say_that_it_is_one() -> None:
    finding = judged("errors < baseline + 100%", traffic(60), ratio(baseline=0.1), 60)

    assert (finding.verdict, finding.line) == (
        Verdict.PASS,
        "0% (0 in 6,000), limit 0.2% · at most 0.05%, errors independent, baseline a fixed number, 0.1%, 0 s old",
    )


@pytest.mark.parametrize("condition", ["errors < 2x baseline", "errors >= 2x baseline", "errors > baseline - 50%"])
def test_of_a_fixed_ratio_of_zero_there_are_no_multiples(condition: str) -> None:
    metric, series = ratio(baseline=0.0), traffic(60, dict.fromkeys(range(60), 5.0))

    finding = judged(condition, series, metric, 60)
    now = holds(parse_condition(condition), window(60), series, {"errors": metric})
    ahead = forecast(parse_condition(condition), window(60), series, {"errors": metric})

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, NO_MULTIPLES)
    assert finding.needs == "a number as its limit"
    assert (now.verdict, now.line) == (Verdict.UNKNOWN, NO_MULTIPLES)
    assert (ahead.seconds, ahead.line) == (None, NO_MULTIPLES)


def test_counts_without_a_baseline_are_unknown() -> None:
    finding = judged("errors < baseline + 100%", traffic(60), ratio(), 60)

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, "no baseline was captured")


def test_a_ratio_has_no_trend() -> None:
    finding = judged("errors stable within 5%", traffic(60), ratio(), 60)

    assert finding.verdict is Verdict.UNKNOWN
    assert "a ratio of counts has no trend" in finding.line


def test_a_gauge_in_percent_is_not_a_ratio_of_counts() -> None:
    metric = gauge("cpu", unit=Unit.PERCENT)

    assert judged("cpu < 0.1%", {"cpu": samples([0.0] * 60)}, metric, 60).verdict is Verdict.PASS


def test_a_limit_made_of_counts_and_what_is_held_against_it_share_the_errors_that_are_allowed() -> None:
    """Bonferroni: each of the two bounds has half of α, or together they would be wrong twice as often."""
    before = counted(growing([1.0] * 100), growing([1000.0] * 100))
    shifted = {name: [(time - at(101) + at(0), value) for time, value in found] for name, found in before.items()}
    baseline = capture(ratio(), shifted, replace(window(100), start_ns=at(-101), end_ns=at(-1)))
    series = counted(growing([1.0] * 100), growing([1000.0] * 100))

    finding = judged("errors < baseline + 100%", series, ratio(), 100, baselines={"errors": baseline})

    low, high = clopper_pearson(100, 100_000, 0.025)
    assert finding.limit == pytest.approx(2 * 100 * low)
    assert (finding.evidence["lowest"], finding.evidence["highest"]) == pytest.approx((100 * low, 100 * high))
