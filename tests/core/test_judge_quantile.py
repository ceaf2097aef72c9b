"""A quantile of a histogram carries its bucket's width: of a limit inside the bucket nothing can be told."""

from __future__ import annotations

import math

import pytest

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.judge import holds
from qudag_tui.core.metric import MetricKind
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import Samples, captured, gauge, judged, samples, window

METRIC = gauge(kind=MetricKind.QUANTILE)
SLOTS = 60


def buckets(low: float, value: float, high: float, slots: int = SLOTS) -> dict[str, Samples]:
    """In every slot the same bucket; an infinite end has no sample, as the sampler keeps none."""
    parts = {"": value, ":low": low, ":high": high}
    return {f"latency{end}": samples([each] * slots) for end, each in parts.items() if math.isfinite(each)}


@pytest.mark.parametrize(
    ("bucket", "condition", "verdict"),
    [
        ((0.05, 0.08, 0.1), "latency < 120 ms", Verdict.PASS),
        ((0.05, 0.08, 0.1), "latency <= 100 ms", Verdict.PASS),
        ((0.05, 0.08, 0.1), "latency < 90 ms", Verdict.INCONCLUSIVE),
        ((0.05, 0.08, 0.1), "latency < 70 ms", Verdict.INCONCLUSIVE),
        ((0.05, 0.08, 0.1), "latency < 40 ms", Verdict.FAIL),
        ((0.05, 0.08, 0.1), "latency > 40 ms", Verdict.PASS),
        ((0.05, 0.08, 0.1), "latency > 60 ms", Verdict.INCONCLUSIVE),
        ((0.05, 0.08, 0.1), "latency > 120 ms", Verdict.FAIL),
        ((1.0, 1.0, math.inf), "latency < 60 s", Verdict.INCONCLUSIVE),
        ((1.0, 1.0, math.inf), "latency < 1 s", Verdict.FAIL),
        ((1.0, 1.0, math.inf), "latency > 500 ms", Verdict.PASS),
    ],
)
def test_a_limit_inside_the_bucket_is_inconclusive(
    bucket: tuple[float, float, float], condition: str, verdict: Verdict
) -> None:
    found = judged(condition, buckets(*bucket), METRIC, SLOTS)

    assert found.verdict is verdict
    assert ("the limit lies inside the histogram's bucket in 60 of 60 slots" in found.line) is (
        verdict is Verdict.INCONCLUSIVE
    )
    if verdict is Verdict.INCONCLUSIVE:
        assert found.needs == "a bucket of the histogram that ends at the limit, or another limit"


def test_a_watch_does_not_hold_by_a_limit_inside_the_bucket() -> None:
    found = holds(parse_condition("latency < 90 ms"), window(SLOTS), buckets(0.05, 0.08, 0.1), {"latency": METRIC})

    assert (found.verdict, "the limit lies inside" in found.line) == (Verdict.INCONCLUSIVE, True)


def test_a_bucket_that_is_as_wide_as_the_limit_is_far_passes_no_comparison_with_a_baseline() -> None:
    """80 ms then and now, but each may have been anything from 50 to 100 ms."""
    exact = captured([0.08] * 100)

    wide = judged("latency < baseline + 10%", buckets(0.05, 0.08, 0.1), METRIC, SLOTS, baselines={"latency": exact})
    narrow = judged(
        "latency < baseline + 10%", buckets(0.079, 0.08, 0.081), METRIC, SLOTS, baselines={"latency": exact}
    )

    assert (wide.verdict, narrow.verdict) == (Verdict.INCONCLUSIVE, Verdict.PASS)


@pytest.mark.parametrize(("half", "verdict"), [(0.0001, Verdict.PASS), (0.02, Verdict.INCONCLUSIVE)])
def test_growth_inside_a_bucket_is_not_told(half: float, verdict: Verdict) -> None:
    found = judged("latency stable within 5%", buckets(0.08 - half, 0.08, 0.08 + half, 200), METRIC, 200)

    assert found.verdict is verdict
