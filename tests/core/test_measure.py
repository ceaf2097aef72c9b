from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.counter import Quantile, Share, bucket_name, resets_name
from qudag_tui.core.measure import Look, Measured, beside, is_whole, measure, samples_of
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.part import series_ids
from qudag_tui.core.unit import Unit

SECOND = 1_000_000_000
A, B = Series("node", "a"), Series("node", "b")
GAUGE = Metric("m", "M", MetricKind.GAUGE, A, Unit.NUMBER)
RATE = replace(GAUGE, kind=MetricKind.RATE)
ERRORS = replace(GAUGE, kind=MetricKind.RATIO, total=B)
HITS = replace(GAUGE, kind=MetricKind.RATIO, rest=B)
P99 = replace(GAUGE, kind=MetricKind.QUANTILE, quantile=0.99)
RESET = "the counter began anew: what it counted before is not known"
FIRST = "the first look at a counter; the next one gives a number"


def look(second: float, reason: str = "", **values: float) -> Look:
    return Look(round(second * SECOND), {"node": values}, {"node": {"": reason}} if reason else {})


def buckets(second: float, **counts: float) -> Look:
    bounds = {"half": 0.5, "one": 1.0, "all": math.inf}
    return Look(
        round(second * SECOND), {"node": {bucket_name("a", bounds[name]): count for name, count in counts.items()}}
    )


def test_a_gauge_is_what_it_says() -> None:
    assert measure(GAUGE, None, look(0, a=5.0)) == Measured(5.0)
    assert measure(GAUGE, None, look(0, b=5.0)) == Measured(None, "node has no a")
    assert measure(GAUGE, None, look(0, "connection refused")) == Measured(None, "connection refused")
    assert measure(GAUGE, None, look(0, a=math.nan)) == Measured(None, "node has no a")
    assert measure(GAUGE, None, look(0, a=1e300)) == Measured(None, "its value is 1e+300: that was misread")


def test_the_reason_of_the_series_comes_before_the_source_s() -> None:
    later = Look(0, {}, {"node": {"a": "its value is nan", "": "slow"}})

    assert later.reason(A) == "its value is nan"
    assert later.reason(B) == "slow"


def test_a_rate_is_over_the_time_since_the_last_whole_look() -> None:
    assert measure(RATE, look(0, a=5.0), look(10, a=25.0)) == Measured(2.0, seconds=10.0)
    assert measure(RATE, None, look(10, a=25.0)) == Measured(None, FIRST)
    assert measure(RATE, look(10, a=5.0), look(10, a=25.0)).value is None


@pytest.mark.parametrize("later", [look(10, a=4.0), Look(10 * SECOND, {"node": {"a": 9.0, resets_name("a"): 1.0}})])
def test_a_reset_leaves_no_rate(later: Look) -> None:
    assert measure(RATE, look(0, a=5.0), later) == Measured(None, RESET, 10.0)


def test_an_error_ratio_carries_its_counts() -> None:
    earlier = look(0, a=10.0, b=1000.0)

    assert measure(ERRORS, earlier, look(5, a=11.0, b=1400.0)) == Measured(0.25, "", 5.0, Share(1.0, 400.0))
    assert measure(ERRORS, earlier, look(5, a=10.0, b=1000.0)) == Measured(
        None, "no events since the last look", 5.0, Share(0.0, 0.0)
    )
    assert measure(ERRORS, earlier, look(5, a=11.0)) == Measured(None, "node has no b")
    assert measure(ERRORS, earlier, look(5, a=11.0, b=1.0)) == Measured(None, RESET, 5.0)
    assert measure(ERRORS, earlier, look(5, a=20.0, b=1001.0)).reason == (
        "more was counted than there was in all: the counters do not belong together"
    )


def test_hits_and_misses_are_one_whole() -> None:
    assert measure(HITS, look(0, a=0.0, b=0.0), look(5, a=95.0, b=5.0)) == Measured(95.0, "", 5.0, Share(95.0, 100.0))


def test_a_quantile_carries_its_bucket() -> None:
    found = measure(P99, buckets(0, half=0, one=0, all=0), buckets(5, half=90, one=100, all=100))

    assert found == Measured(found.value, "", 5.0, quantile=Quantile(0.95, 0.5, 1.0, 100.0))
    assert found.value == 0.95


def test_a_quantile_beyond_the_last_bound_has_no_upper_one() -> None:
    found = measure(P99, buckets(0, half=0, one=0, all=0), buckets(5, half=90, one=90, all=100))

    assert found == Measured(
        1.0, "above 1, the histogram's last bound", 5.0, quantile=Quantile(1.0, 1.0, math.inf, 100.0)
    )
    assert samples_of(P99, look(5), found) == {"m": 1.0, "m:low": 1.0}


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (buckets(5, half=0, one=0, all=0), RESET),
        (buckets(5, half=2, all=2), "the histogram has other buckets than at the last look"),
        (buckets(5, half=1, one=1, all=1), "no events since the last look"),
        (buckets(5, half=4, one=3, all=5), "the histogram's buckets contradict one another"),
        (look(5, "answered 503"), "answered 503"),
    ],
)
def test_a_histogram_that_says_nothing_says_why(later: Look, reason: str) -> None:
    found = measure(P99, buckets(0, half=1, one=1, all=1), later)

    assert (found.value, found.reason) == (None, reason)


def test_only_a_whole_look_may_be_the_earlier_one() -> None:
    assert is_whole(ERRORS, look(0, a=1.0, b=2.0))
    assert not is_whole(ERRORS, look(0, a=1.0))
    assert not is_whole(P99, look(0, a=1.0))
    assert not is_whole(GAUGE, look(0, b=1.0))


def test_counts_are_stored_as_they_stand_whatever_the_value_is() -> None:
    first = look(0, a=10.0, b=1000.0)
    reset = Look(5 * SECOND, {"node": {"a": 12.0, resets_name("a"): 1.0, "b": 1005.0, resets_name("b"): 2.0}})

    assert samples_of(ERRORS, first, measure(ERRORS, None, first)) == {
        "m:events": 10.0,
        "m:total": 1000.0,
        "m:resets": 0.0,
    }
    assert samples_of(ERRORS, reset, measure(ERRORS, first, reset)) == {
        "m:events": 12.0,
        "m:total": 1005.0,
        "m:resets": 3.0,
    }
    assert samples_of(HITS, look(5, a=1.0), Measured(None)) == {}
    assert samples_of(HITS, look(5, a=1.0, b=2.0), Measured(50.0)) == {
        "m": 50.0,
        "m:events": 1.0,
        "m:rest": 2.0,
        "m:resets": 0.0,
    }


def test_a_concurrent_baseline_is_measured_as_its_metric_is() -> None:
    baseline = beside(replace(P99, concurrent=B))

    assert beside(P99) is None
    assert baseline == replace(P99, id="m:baseline", series=B)
    assert samples_of(baseline, look(5), Measured(0.9, quantile=Quantile(0.9, 0.5, 1.0, 9.0))) == {
        "m:baseline": 0.9,
        "m:baseline:low": 0.5,
        "m:baseline:high": 1.0,
    }


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50), st.booleans()), min_size=2, max_size=20))
def test_the_shares_of_a_window_add_up_whatever_looks_were_missed(slots: list[tuple[int, int, bool]]) -> None:
    errors = total = 0
    earlier: Look | None = None
    first = last = (0, 0)
    counted = counted_of = 0.0
    for second, (more_errors, more_good, is_seen) in enumerate(slots):
        errors, total = errors + more_errors, total + more_errors + more_good
        now = look(second, a=float(errors), b=float(total)) if is_seen else look(second, "timeout")
        found = measure(ERRORS, earlier, now)
        if found.share is not None:
            counted, counted_of = counted + found.share.counted, counted_of + found.share.total
        if is_whole(ERRORS, now):
            first = (errors, total) if earlier is None else first
            earlier, last = now, (errors, total)

    assert (counted, counted_of) == (last[0] - first[0], last[1] - first[1])


@pytest.mark.parametrize("metric", [GAUGE, RATE, ERRORS, HITS, P99, replace(P99, concurrent=B)])
def test_what_is_stored_is_what_verdicts_look_for(metric: Metric) -> None:
    later = look(5, a=1.0, b=2.0)
    found = measure(metric, look(0, a=0.0, b=0.0), later)
    if metric.kind is MetricKind.QUANTILE:
        found = Measured(0.9, quantile=Quantile(0.9, 0.5, 1.0, 9.0))
    baseline = beside(metric)

    stored = {*samples_of(metric, later, found), *(samples_of(baseline, later, found) if baseline else ())}

    assert stored == set(series_ids(metric))
