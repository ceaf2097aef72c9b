from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.counter import (
    MOST_GONE,
    Count,
    Quantile,
    Share,
    Tally,
    bucket_increases,
    bucket_name,
    buckets_of,
    count_of,
    increase,
    quantile,
    rate,
    resets_name,
    share,
)

INF = math.inf


def tallied(*looks: dict[str, float]) -> tuple[float, int]:
    tally = Tally()
    for look in looks:
        tally = tally.after(look)
    return tally.total, tally.resets


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([{"a": 5.0, "b": 7.0}], (12.0, 0)),
        ([{"a": 5.0, "b": 7.0}, {"a": 6.0, "b": 7.0}], (13.0, 0)),
        # One of two series began anew: the other one's growth must not hide it.
        ([{"a": 1000.0, "b": 7.0}, {"a": 3.0, "b": 2000.0}], (3003.0, 1)),
        # A new label was born at zero since the last look.
        ([{"a": 5.0}, {"a": 5.0, "b": 2.0}], (7.0, 0)),
        # A restart under another label looks like growth, and is none.
        ([{"pid1": 1000.0}, {"pid2": 4.0}], (1004.0, 1)),
        # A series that was dropped while idle and came back goes on.
        ([{"a": 5.0, "b": 7.0}, {"a": 6.0}, {"a": 6.0, "b": 8.0}], (14.0, 1)),
        ([{"a": 5.0}, {}, {"a": 9.0}], (9.0, 0)),
        ([{}, {"a": 5.0}], (5.0, 0)),
    ],
)
def test_a_tally_goes_on_where_series_begin_anew_vanish_or_are_born(
    looks: list[dict[str, float]], expected: tuple[float, int]
) -> None:
    assert tallied(*looks) == expected


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 1000).map(float)), max_size=12))
def test_a_tally_never_falls_and_is_the_sum_while_nothing_was_reset(looks: list[dict[str, float]]) -> None:
    tally = Tally()
    for look in looks:
        before, tally = tally, tally.after(look)
        assert tally.total >= before.total
        assert tally.resets >= before.resets
        if look and tally.resets == 0:
            assert tally.total == sum(look.values())


def test_labels_that_change_with_every_look_do_not_fill_the_memory() -> None:
    tally = Tally()
    for look in range(3):
        tally = tally.after({f"{look}-{number}": 1.0 for number in range(MOST_GONE)})

    assert len(tally.last) == 2 * MOST_GONE


def test_what_a_reset_hides_is_not_guessed() -> None:
    assert [
        increase(Count(5.0), Count(9.0)),
        increase(Count(9.0), Count(5.0)),
        increase(Count(5.0, 0.0), Count(9.0, 1.0)),
        increase(None, Count(5.0)),
        increase(Count(5.0), None),
    ] == [4.0, None, None, None, None]


def test_a_rate_is_a_second_and_needs_time() -> None:
    assert rate(Count(5.0), Count(25.0), 10.0) == 2.0
    assert rate(Count(5.0), Count(25.0), 0.0) is None
    assert rate(Count(25.0), Count(5.0), 10.0) is None


@pytest.mark.parametrize(
    ("increases", "expected"),
    [
        ((1.0, 100.0, None), Share(1.0, 100.0)),
        ((95.0, None, 5.0), Share(95.0, 100.0)),
        ((0.0, 0.0, None), Share(0.0, 0.0)),
        ((None, 100.0, None), None),
        ((1.0, None, None), None),
        ((101.0, 100.0, None), None),
        ((0.1 + 0.2, 0.3, None), Share(0.3, 0.3)),
    ],
)
def test_a_share_needs_both_counts_and_no_more_parts_than_the_whole(
    increases: tuple[float | None, float | None, float | None], expected: Share | None
) -> None:
    assert share(*increases) == expected


def test_the_percentage_of_no_events_is_no_number() -> None:
    assert Share(1.0, 400.0).percent == 0.25
    assert Share(0.0, 0.0).percent is None


def test_counters_and_buckets_are_found_by_their_names() -> None:
    values = {
        "c": 5.0,
        resets_name("c"): 2.0,
        "bad": -1.0,
        bucket_name("h", 0.5): 3.0,
        resets_name(bucket_name("h", 0.5)): 1.0,
        bucket_name("h", INF): 4.0,
        bucket_name("h2", 0.5): 9.0,
    }

    assert count_of("c", values) == Count(5.0, 2.0)
    assert count_of("bad", values) is None
    assert count_of("none", values) is None
    assert buckets_of("h", values) == {0.5: Count(3.0, 1.0), INF: Count(4.0)}


def test_buckets_grow_together_or_say_nothing() -> None:
    before, after = {0.5: Count(1.0), INF: Count(2.0)}, {0.5: Count(3.0), INF: Count(7.0)}

    assert bucket_increases(before, after) == {0.5: 2.0, INF: 5.0}
    assert bucket_increases(after, before) is None
    assert bucket_increases(before, {0.1: Count(0.0)} | after) is None
    assert bucket_increases({0.5: Count(1.0)}, {0.5: Count(3.0)}) is None


@pytest.mark.parametrize(
    ("share_below", "increases", "expected"),
    [
        (0.5, {1.0: 50.0, 2.0: 100.0, INF: 100.0}, Quantile(1.0, 0.0, 1.0, 100.0)),
        (0.75, {1.0: 50.0, 2.0: 100.0, INF: 100.0}, Quantile(1.5, 1.0, 2.0, 100.0)),
        (0.99, {1.0: 50.0, INF: 100.0}, Quantile(1.0, 1.0, INF, 100.0)),
        (0.01, {1.0: 100.0, INF: 100.0}, Quantile(0.01, 0.0, 1.0, 100.0)),
        # Empty buckets are passed over: the events are in the next one.
        (0.0, {1.0: 0.0, 2.0: 0.0, 4.0: 10.0, INF: 10.0}, Quantile(2.0, 2.0, 4.0, 10.0)),
        (1.0, {1.0: 10.0, 2.0: 10.0, INF: 10.0}, Quantile(1.0, 0.0, 1.0, 10.0)),
        (0.5, {-1.0: 10.0, INF: 10.0}, Quantile(-1.0, -1.0, -1.0, 10.0)),
        (0.5, {1.0: 0.0, INF: 0.0}, None),
        (0.5, {1.0: 5.0, 2.0: 4.0, INF: 10.0}, None),
        (0.5, {1.0: 5.0}, None),
        (0.5, {}, None),
    ],
)
def test_a_quantile_carries_the_bounds_of_its_bucket(
    share_below: float, increases: dict[float, float], expected: Quantile | None
) -> None:
    assert quantile(share_below, increases) == expected


@pytest.mark.parametrize(
    ("comes_with", "total", "resets"),
    [(50.0, 10.0 + 50.0, 0), (101.0, 10.0, 1), (1e6, 10.0, 1)],
)
def test_a_series_that_comes_with_more_than_a_surge_is_older_and_not_counted(
    comes_with: float, total: float, resets: int
) -> None:
    tally = Tally().after({"a": 0.0}).after({"a": 10.0, "b": comes_with}, 10.0)

    assert (tally.total, tally.resets) == (total, resets)
    again = tally.after({"a": 20.0, "b": comes_with + 3}, 10.0)
    assert (again.total, again.resets) == (total + 13.0, resets)


@pytest.mark.parametrize(
    ("more", "counted", "resets"), [(0.0, 0.0, 1), (10.0, 10.0, 1), (11.0, 11.0, 2), (101.0, 0.0, 2)]
)
def test_what_a_series_counted_while_it_was_gone_is_of_no_one_look(more: float, counted: float, resets: int) -> None:
    gone = Tally().after({"a": 0.0, "b": 500.0}).after({"a": 10.0}, 10.0)
    back = gone.after({"a": 20.0, "b": 500.0 + more}, 10.0)

    assert (gone.total, gone.resets) == (510.0, 1)
    assert (back.total, back.resets) == (520.0 + counted, resets)


def test_only_what_was_there_before_says_how_much_one_look_counts() -> None:
    tally = Tally().after({"a": 5.0, "b": 100.0})
    assert tally.grown({"a": 8.0, "b": 90.0, "c": 1e6}) == 3.0
    assert tally.after({"a": 8.0}).grown({"a": 9.0, "b": 1e6}) == 1.0


def test_a_quantile_is_never_beyond_its_bucket_by_rounding() -> None:
    found = quantile(0.5, {1.6709280777679076: 0.0, 34.28928793480272: 1.0, math.inf: 2.0})

    assert found is not None
    assert found.value == found.high == 34.28928793480272


@given(
    st.lists(st.floats(0.001, 99.0), min_size=1, max_size=60),
    st.lists(st.floats(0.01, 100.0), min_size=1, max_size=8, unique=True),
    st.floats(0.01, 0.99),
)
def test_the_true_quantile_is_within_the_bounds(values: list[float], bounds: list[float], share_below: float) -> None:
    increases = {bound: float(sum(value <= bound for value in values)) for bound in [*sorted(bounds), INF]}
    true = sorted(values)[max(0, math.ceil(share_below * len(values)) - 1)]

    found = quantile(share_below, increases)

    assert found is not None
    assert found.low <= found.value <= found.high
    assert found.low < true <= found.high
