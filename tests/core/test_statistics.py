"""The statistics against scipy where it has them, against their definition where it has not."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from qudag_tui.core.statistics.autocorrelation import corrected, lag_one, widening, widening_of_both
from qudag_tui.core.statistics.bins import edges, median, medians, seen_medians
from qudag_tui.core.statistics.dispersion import Bin, dispersion
from qudag_tui.core.statistics.normal import normal_quantile
from qudag_tui.core.statistics.proportion import (
    beta_quantile,
    clopper_pearson,
    incomplete_beta,
    is_surely_above,
    is_surely_below,
)
from qudag_tui.core.statistics.shift import (
    kth_difference,
    location_bounds,
    location_estimate,
    shift_bounds,
    shift_estimate,
)
from qudag_tui.core.statistics.slope import residuals, slope

CLOSE = 1e-6
_FINITE = st.floats(-1e6, 1e6)


def draw(seed: int, count: int) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(0, 1) for _ in range(count)]


@pytest.mark.parametrize("probability", [1e-12, 1e-3, 0.0166, 0.05, 0.4, 0.5, 0.95, 0.98333, 0.999, 1 - 1e-12])
def test_normal_quantiles_are_those_of_scipy(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(stats.norm.ppf(probability), abs=CLOSE)


def test_normal_quantiles_end_at_infinity() -> None:
    assert (normal_quantile(0.0), normal_quantile(1.0)) == (-math.inf, math.inf)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_the_incomplete_beta_function_is_that_of_scipy(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=CLOSE)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.3, 1e5), st.floats(0.3, 1e5))
@settings(max_examples=100, deadline=None)
def test_the_beta_quantile_is_that_of_scipy(probability: float, a: float, b: float) -> None:
    assert beta_quantile(probability, a, b) == pytest.approx(stats.beta.ppf(probability, a, b), abs=CLOSE)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3, 0.001])
@pytest.mark.parametrize(
    ("events", "total"),
    [(0, 1), (0, 2995), (1, 2412), (3, 3), (2.5, 777.7), (200, 1e5), (1000, 1e6), (1e5, 1e8), (5e7, 1e8), (1e6, 1e9)],
)
def test_bounds_of_a_proportion_are_those_of_clopper_and_pearson(events: float, total: float, alpha: float) -> None:
    low = stats.beta.ppf(alpha, events, total - events + 1) if events else 0.0
    high = stats.beta.ppf(1 - alpha, events + 1, total - events) if events < total else 1.0

    assert clopper_pearson(events, total, alpha) == pytest.approx((low, high), abs=CLOSE, rel=CLOSE)


def test_bounds_of_whole_counts_are_those_of_scipys_exact_interval() -> None:
    exact = stats.binomtest(7, 9000).proportion_ci(0.9, "exact")

    assert clopper_pearson(7, 9000, 0.05) == pytest.approx((exact.low, exact.high), abs=CLOSE)


def test_no_counts_say_nothing_of_a_proportion() -> None:
    assert clopper_pearson(0, 0, 0.05) == (0.0, 1.0)


@given(st.integers(0, 50), st.integers(1, 100_000), st.floats(1e-5, 0.5))
@settings(deadline=None)
def test_asking_whether_a_bound_is_inside_a_limit_agrees_with_the_bound(events: int, total: int, limit: float) -> None:
    events = min(events, total)
    low, high = clopper_pearson(events, total, 0.05)

    if abs(high - limit) > 1e-9:
        assert is_surely_below(events, total, limit, 0.05) is (high < limit)
    if abs(low - limit) > 1e-9:
        assert is_surely_above(events, total, limit, 0.05) is (low > limit)


def pearson(bins: Iterable[tuple[float, float]]) -> float:
    told = [Bin(*each) for each in bins]
    return dispersion(told, sum(each.events for each in told), sum(each.total for each in told))


def test_dispersion_is_pearsons() -> None:
    events, total = [3, 0, 9, 2, 1], [1000, 900, 1100, 1000, 950]
    observed = [[e, n - e] for e, n in zip(events, total, strict=True)]
    chi = stats.chi2_contingency(observed, correction=False)

    assert pearson(zip(events, total, strict=True)) == pytest.approx(chi.statistic / 4, abs=CLOSE)


@pytest.mark.parametrize("bins", [[], [(1, 10)], [(0, 10), (0, 20)], [(5, 5), (2, 2)], [(0, 0), (0, 0)]])
def test_dispersion_that_says_nothing_is_one(bins: Sequence[tuple[float, float]]) -> None:
    assert pearson(bins) == 1.0


def test_bursts_of_twenty_have_a_dispersion_of_about_twenty() -> None:
    chance = random.Random(4)
    bins = [(20.0 * sum(chance.random() < 0.0005 for _ in range(1000)), 10_000.0) for _ in range(600)]

    assert pearson(bins) == pytest.approx(20, rel=0.15)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 500)), min_size=2, max_size=12), st.data())
def test_not_to_know_in_which_bin_something_was_counted_never_makes_a_dispersion_smaller(
    counted: list[tuple[int, int]], data: st.DataObject
) -> None:
    """``counted`` has events and what was none; a part of two neighbours is then known together only."""
    bins = [Bin(events, events + rest) for events, rest in counted]
    first = data.draw(st.integers(0, len(counted) - 2))
    taken = [
        (data.draw(st.integers(0, events)), data.draw(st.integers(0, rest)))
        for events, rest in counted[first : first + 2]
    ]
    events, total = sum(each[0] for each in taken), sum(sum(each) for each in taken)
    unsure = list(bins)
    for number, (part, rest) in enumerate(taken, first):
        sure = bins[number]
        unsure[number] = Bin(sure.events - part, sure.total - part - rest, events, total)

    sums = sum(each.events for each in bins), sum(each.total for each in bins)
    assert dispersion(unsure, *sums) >= dispersion(bins, *sums) * (1 - CLOSE)


@given(st.lists(_FINITE, min_size=1, max_size=50))
def test_a_median_is_a_median(values: list[float]) -> None:
    assert median(values) == pytest.approx(statistics.median(values), abs=CLOSE)


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing has no median"):
        median([])


def test_bins_take_in_every_value_and_the_first_is_the_longer_one() -> None:
    assert edges(100, 30) == [(0, 40), (40, 70), (70, 100)]
    assert edges(60, 1) == [(number, number + 1) for number in range(60)]
    assert edges(3, 5) == [(0, 3)]
    assert edges(0, 5) == []


def test_a_missing_value_is_infinite_in_one_median_and_left_out_of_the_other() -> None:
    assert medians([1.0, math.inf, 3.0, math.inf, math.inf, 6.0], 3) == [3.0, math.inf]
    assert seen_medians([1.0, None, 3.0, None, None, None], 3) == [2.0, None]


def test_autocorrelation_is_the_textbook_one() -> None:
    values = draw(1, 500)
    mean = statistics.fmean(values)
    shifted = sum((one - mean) * (two - mean) for one, two in pairwise(values))

    assert lag_one(values) == pytest.approx(shifted / sum((value - mean) ** 2 for value in values), abs=CLOSE)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0.0),
        ([1.0], 0.0),
        ([5.0] * 9, 0.0),
        ([1.0, None, 2.0, None, 3.0], 1.0),
        ([1e300, -1e300, 1e300], 1.0),
        ([1.0, 2.0] * 50, -0.99),
    ],
)
def test_autocorrelation_where_there_is_little_to_correlate(values: list[float | None], expected: float) -> None:
    assert lag_one(values) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0.084, 0.1, 1e-9, 412.7, 1 / 3])
def test_values_that_never_move_have_no_autocorrelation_whatever_their_mean_rounds_to(value: float) -> None:
    assert {lag_one([value] * count) for count in range(2, 200)} == {0.0}


def test_autocorrelation_of_a_few_values_is_corrected_upwards() -> None:
    assert corrected(-0.4, 30) == pytest.approx(1 / 30)
    assert corrected(0.5, 30) == pytest.approx(0.6)
    assert corrected(0.5, 0) == 1.0


@pytest.mark.parametrize(("r1", "count"), [(0.0, 30), (0.5, 30), (0.8, 60), (0.95, 10), (-0.5, 30)])
def test_widening_is_the_variance_of_a_mean_of_a_first_order_process(r1: float, count: int) -> None:
    pairs = sum(r1 ** abs(one - two) for one in range(count) for two in range(count)) / count

    assert widening(r1, count) ** 2 == pytest.approx(max(1.0, pairs))


def test_widening_has_no_end_where_values_only_repeat_one_another() -> None:
    assert (widening(1.0, 30), widening(math.nan, 30), widening(0.5, 0)) == (math.inf,) * 3
    assert widening_of_both((1.0, 30), (0.0, 30)) == math.inf


def test_widening_of_both_sides_lies_between_theirs() -> None:
    assert widening_of_both((0.5, 30), (0.5, 30)) == pytest.approx(widening(0.5, 30))
    assert widening(0.0, 30) < widening_of_both((0.0, 30), (0.8, 30)) < widening(0.8, 30)


@given(
    st.lists(_FINITE, min_size=1, max_size=40),
    st.lists(_FINITE, min_size=1, max_size=40),
    st.floats(0, 1, exclude_max=True),
)
def test_a_difference_by_rank_is_the_one_that_sorting_all_of_them_gives(
    lefts: list[float], rights: list[float], place: float
) -> None:
    rank = int(place * len(lefts) * len(rights)) + 1
    every = sorted(left - right for left in lefts for right in rights)

    assert kth_difference(sorted(lefts), sorted(rights), rank) == every[rank - 1]


@pytest.mark.parametrize(("one", "other"), [(3600, 30), (30, 3600), (200, 200)])
def test_a_difference_by_rank_is_found_without_making_them_all(one: int, other: int) -> None:
    lefts, rights = sorted(draw(1, one)), sorted(draw(2, other))
    every = sorted(left - right for left in lefts for right in rights)

    for rank in (1, 2, len(every) // 3, len(every) // 2, len(every) - 1, len(every)):
        assert kth_difference(lefts, rights, rank) == every[rank - 1]


def test_equal_values_of_any_number_differ_by_exactly_nothing() -> None:
    assert kth_difference([84.1] * 3600, [84.1] * 30, 50_000) == 0.0


@pytest.mark.parametrize("size", [(20, 20), (300, 100)])
def test_missing_values_lie_at_the_ends_of_the_ranks(size: tuple[int, int]) -> None:
    lefts, rights = sorted(draw(1, size[0])), sorted(draw(2, size[1]))
    gone = [*lefts[2:], math.inf, math.inf]
    every = sorted(left - right for left in gone for right in [-math.inf, *rights[1:]])

    for rank in (1, 7, len(every) // 2, len(every)):
        assert kth_difference(gone, [-math.inf, *rights[1:]], rank) == every[rank - 1]


def test_the_shift_is_the_median_of_all_differences_and_its_bounds_are_by_rank() -> None:
    lefts, rights = [value + 1 for value in draw(5, 40)], draw(6, 130)
    every = sorted(left - right for left in lefts for right in rights)
    half = stats.norm.ppf(0.95) * math.sqrt(40 * 130 * 171 / 12)
    rank = math.floor(len(every) / 2 - half)

    assert shift_estimate(lefts, rights) == pytest.approx(statistics.median(every), abs=CLOSE)
    assert shift_bounds((lefts, lefts), (rights, rights), alpha=0.05, widening=1.0) == (
        every[rank - 1],
        every[len(every) - rank],
    )


def test_the_bounds_of_a_shift_turn_where_the_rank_sum_test_does() -> None:
    lefts, rights = draw(7, 30), draw(8, 60)
    low, high = shift_bounds((lefts, lefts), (rights, rights), alpha=0.05, widening=1.0)

    def p_value(shift: float, side: str) -> float:
        moved = [value + shift for value in rights]
        return float(
            stats.mannwhitneyu(lefts, moved, alternative=side, method="asymptotic", use_continuity=False).pvalue
        )

    assert p_value(high + 1e-9, "less") < 0.05 < p_value(high - 0.05, "less")
    assert p_value(low - 1e-9, "greater") < 0.05 < p_value(low + 0.05, "greater")


def test_the_middle_of_one_side_is_that_of_the_signed_rank_test() -> None:
    values = [value + 0.3 for value in draw(9, 60)]
    walsh = sorted((values[one] + values[two]) / 2 for one in range(60) for two in range(one, 60))
    half = stats.norm.ppf(0.95) * math.sqrt(60 * 61 * 121 / 24)
    rank = math.floor(len(walsh) / 2 - half)

    assert location_estimate(values) == pytest.approx(statistics.median(walsh), abs=CLOSE)
    assert location_bounds(values, values, alpha=0.05, widening=1.0) == pytest.approx(
        (walsh[rank - 1], walsh[len(walsh) - rank]), abs=CLOSE
    )


def test_there_are_no_bounds_where_there_are_too_few_values_or_they_repeat_one_another() -> None:
    few, many = draw(1, 2), draw(1, 60)

    assert shift_bounds((few, few), (few, few), alpha=0.001, widening=1.0) == (-math.inf, math.inf)
    assert shift_bounds((many, many), (many, many), alpha=0.05, widening=math.inf) == (-math.inf, math.inf)
    assert location_bounds(many, many, alpha=0.05, widening=math.inf) == (-math.inf, math.inf)
    assert slope([0, 1, 2], [*few, 0.0], [*few, 0.0], alpha=0.05, widening=9.0).high == math.inf


@pytest.mark.parametrize("size", [10, 60, 119])
def test_the_slope_and_its_bounds_are_those_of_scipy(size: int) -> None:
    times = [float(number * 7) for number in range(size)]
    values = [0.01 * time + noise for time, noise in zip(times, draw(size, size), strict=True)]
    theirs = stats.theilslopes(values, times, 0.9)

    found = slope(times, values, values, alpha=0.05, widening=1.0)

    assert (found.low, found.least, found.most, found.high) == pytest.approx(
        (theirs.low_slope, theirs.slope, theirs.slope, theirs.high_slope), abs=CLOSE
    )


def test_what_is_left_beside_the_line_is_what_scipy_leaves() -> None:
    times = [float(number) for number in range(60)]
    values = [2 + 0.5 * time + noise for time, noise in zip(times, draw(3, 60), strict=True)]
    line = stats.theilslopes(values, times, method="joint")

    assert residuals(times, list(values)) == pytest.approx(
        [value - line.intercept - line.slope * time for time, value in zip(times, values, strict=True)], abs=CLOSE
    )


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12), st.data())
@settings(deadline=None)
def test_what_is_not_known_only_moves_bounds_of_a_slope_apart(values: list[float], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, len(values) - 1)))
    times = [float(number) for number in range(len(values))]
    known = slope(times, values, values, alpha=0.2, widening=1.0)
    lows = [-math.inf if number in gone else value for number, value in enumerate(values)]
    highs = [math.inf if number in gone else value for number, value in enumerate(values)]

    found = slope(times, lows, highs, alpha=0.2, widening=1.0)

    assert found.low <= known.low
    assert found.least <= known.least
    assert found.most >= known.most
    assert found.high >= known.high
