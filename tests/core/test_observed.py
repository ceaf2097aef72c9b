from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.observed import SUPERVISOR, SUPERVISOR_EVERY_SECONDS, observed_seconds, observers_of
from qudag_tui.core.slots import Window
from qudag_tui.core.unit import Unit
from tests.core.building import gate, plan, section, soak


def at(*seconds: float) -> list[tuple[int, float]]:
    return [(round(second * NANOSECONDS), 1.0) for second in seconds]


def observed(start: float, end: float, **series: list[tuple[int, float]]) -> float:
    span = Window(round(start * NANOSECONDS), round(end * NANOSECONDS))
    return observed_seconds(series, dict.fromkeys(series, 5.0), span)


@pytest.mark.parametrize(
    ("series", "seconds"),
    [
        ({}, 0.0),
        ({"cpu": at(10)}, 0.0),
        ({"cpu": at(10, 15, 20)}, 10.0),
        ({"cpu": at(10, 25)}, 15.0),
        ({"cpu": at(10, 30)}, 0.0),
        ({"cpu": at(10, 15, 60, 65)}, 10.0),
        ({"cpu": at(10, 15, 60, 65), "memory": at(12, 17)}, 12.0),
        ({"cpu": at(10, 20), "memory": at(12, 17)}, 10.0),
        ({"cpu": at(95, 100, 105)}, 5.0),
        ({"cpu": at(-5, 5)}, 5.0),
        ({"cpu": at(20, 10, 15, 15)}, 10.0),
    ],
)
def test_only_time_between_good_samples_that_are_close_counts(
    series: dict[str, list[tuple[int, float]]], seconds: float
) -> None:
    assert observed(0, 100, **series) == pytest.approx(seconds)


def test_what_is_no_number_is_no_sample() -> None:
    assert observed(0, 100, cpu=[*at(10, 30), (20 * NANOSECONDS, math.nan)]) == 0.0


def test_a_metric_that_the_soak_does_not_name_does_not_count() -> None:
    assert observed_seconds({"disk": at(5, 10)}, {"cpu": 5.0}, Window(0, 100 * NANOSECONDS)) == 0.0


def test_a_soak_is_observed_by_what_its_own_gates_name_and_without_gates_by_the_supervisor() -> None:
    metric = Metric("cpu", "CPU", MetricKind.GAUGE, Series("host", "cpu_percent"), Unit.PERCENT, every_seconds=2.0)
    inner = replace(soak("inner"), parent="outer", depth=1)
    followed = plan(section("canary", soak("outer"), inner, gate("cpu-low", under="inner")))
    followed = replace(followed, metrics={"cpu": metric})

    assert observers_of(followed, followed.items["inner"]) == {"cpu": 2.0}
    assert observers_of(followed, followed.items["outer"]) == {SUPERVISOR: SUPERVISOR_EVERY_SECONDS}


def test_a_ratio_is_observed_by_its_counts_also_while_nothing_happens_that_it_could_be_a_share_of() -> None:
    errors = Metric("cpu", "Errors", MetricKind.RATIO, Series("node", "errors"), Unit.PERCENT, every_seconds=5.0)
    watched = replace(soak("watch"), depth=0)
    followed = replace(plan(section("canary", watched, gate("few", under="watch"))), metrics={"cpu": errors})
    looks = at(*range(0, 105, 5))
    idle = {"cpu": at(30, 90), "cpu:events": looks, "cpu:total": looks, "cpu:resets": looks}

    span = Window(0, 100 * NANOSECONDS)

    assert observed_seconds(idle, observers_of(followed, followed.items["watch"]), span) == 100.0


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=40), st.lists(st.integers(0, 300), max_size=40))
def test_it_is_never_more_than_the_window_and_more_samples_never_take_away(few: list[int], more: list[int]) -> None:
    part, whole = observed(50, 200, cpu=at(*few)), observed(50, 200, cpu=at(*few, *more))

    assert 0 <= part <= whole <= 150
