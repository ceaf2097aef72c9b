from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judge import holds, judge
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.requirement import Requirement
from qudag_tui.core.slots import Window
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Finding, Verdict


def metric(name: str, *, every: float = 5.0, kind: MetricKind = MetricKind.GAUGE) -> Metric:
    return Metric(name, name.upper(), kind, Series("host", name), Unit.PERCENT, every_seconds=every)


METRICS = {name: metric(name) for name in ("cpu", "memory")} | {"errors": metric("errors", kind=MetricKind.RATIO)}


def window(slots: int, every: float = 5.0) -> Window:
    return Window(0, round(slots * every * NANOSECONDS))


def samples(values: Iterable[float | None], every: float = 5.0) -> list[tuple[int, float]]:
    return [(round(number * every * NANOSECONDS), value) for number, value in enumerate(values, 1) if value is not None]


def judged(
    values: Sequence[float | None], condition: str = "cpu < 80%", tolerate: float = 0.01, error: str = ""
) -> Finding:
    errors = {"cpu": error} if error else {}
    return judge(
        parse_condition(condition),
        window(len(values)),
        {"cpu": samples(values)},
        METRICS,
        tolerate=tolerate,
        errors=errors,
    )


def test_a_full_window_inside_the_limit_passes_and_says_what_it_rests_on() -> None:
    finding = judge(
        parse_condition("cpu < 80%"),
        window(360),
        {"cpu": samples([31.0] * 360)},
        METRICS,
        now_ns=1803 * NANOSECONDS,
    )

    line = "31%, limit 80% · 49% to spare, 360 slots, 0 missing, 3 s old"
    assert finding == Finding(
        Verdict.PASS,
        line,
        31.0,
        80.0,
        {
            "metric": "cpu",
            "comparison": "<",
            "limit": 80.0,
            "from_ns": 0,
            "to_ns": 1800 * NANOSECONDS,
            "slots": 360,
            "missing": 0,
            "lowest": 31.0,
            "median": 31.0,
            "highest": 31.0,
            "violations": 0,
            "tolerate": 0.01,
        },
        requirements=(Requirement("cpu < 80%", Verdict.PASS, line),),
    )


@pytest.mark.parametrize(
    ("values", "verdict", "line"),
    [
        ([31.0] * 29, Verdict.INCONCLUSIVE, "31%, limit 80% · needs 1 more sample (29 of 30), 0 s old"),
        ([31.0] * 30, Verdict.PASS, "31%, limit 80% · 49% to spare, 30 slots, 0 missing, 0 s old"),
        (
            [31.0] * 29 + [None],
            Verdict.UNKNOWN,
            "31%, limit 80% · 0 beyond it and 1 missing of 30 slots (1% tolerated), 5 s old",
        ),
        (
            [31.0] * 98 + [90.0, 90.0],
            Verdict.FAIL,
            "90%, limit 80% · 2 of 100 slots beyond it (2%, 1% tolerated), 0 missing, 0 s old",
        ),
        ([90.0] + [31.0] * 99, Verdict.PASS, "31%, limit 80% · 100 slots, 1 beyond it, 0 missing, 0 s old"),
        (
            [90.0, None] + [31.0] * 98,
            Verdict.UNKNOWN,
            "31%, limit 80% · 1 beyond it and 1 missing of 100 slots (1% tolerated), 0 s old",
        ),
        ([None] * 6 + [31.0] * 94, Verdict.UNKNOWN, "31%, limit 80% · 6 of 100 slots missing, 0 s old"),
        (
            [None] * 6 + [99.0] * 94,
            Verdict.UNKNOWN,
            "99%, limit 80% · 94 beyond it, 6 of 100 slots missing, 0 s old",
        ),
        (
            [None] * 5 + [99.0] * 95,
            Verdict.FAIL,
            "99%, limit 80% · 95 of 100 slots beyond it (95%, 1% tolerated), 5 missing, 0 s old",
        ),
        ([None] * 100, Verdict.UNKNOWN, "no value, limit 80% · 100 of 100 slots missing"),
        ([], Verdict.INCONCLUSIVE, "no value, limit 80% · needs 30 more samples (0 of 30)"),
    ],
)
def test_the_threshold_row(values: Sequence[float | None], verdict: Verdict, line: str) -> None:
    finding = judged(values)

    assert (finding.verdict, finding.line) == (verdict, line)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_missing(bad: float) -> None:
    assert judged([bad] * 6 + [31.0] * 94) == judged([None] * 6 + [31.0] * 94)


def test_a_share_that_is_tolerated_is_not_lost_to_rounding() -> None:
    assert judged([90.0] * 29 + [31.0] * 71, tolerate=0.29).verdict is Verdict.PASS
    assert judged([90.0] * 30 + [31.0] * 70, tolerate=0.29).verdict is Verdict.FAIL


def test_slots_are_multiples_of_the_period_after_the_start_up_to_the_end() -> None:
    seen = samples([99.0] + [31.0] * 31 + [99.0])
    part = Window(5 * NANOSECONDS, 160 * NANOSECONDS + 1)

    finding = judge(parse_condition("cpu < 80%"), part, {"cpu": seen}, METRICS)

    assert finding.line == "31%, limit 80% · 49% to spare, 31 slots, 0 missing, 0 s old"
    assert finding.evidence["highest"] == 31.0


def test_what_cannot_be_measured_is_unknown_and_says_why() -> None:
    at_once = judged([], error="a scrape source is not read by this version yet")
    later = judged([None] * 40, error="connection refused")
    stopped = judged([31.0] * 30 + [None] * 10, error="connection refused")

    assert [(f.verdict, f.line) for f in (at_once, later, stopped)] == [
        (Verdict.UNKNOWN, "no value, limit 80% · no slots yet, a scrape source is not read by this version yet"),
        (Verdict.UNKNOWN, "no value, limit 80% · 40 of 40 slots missing, connection refused"),
        (Verdict.UNKNOWN, "31%, limit 80% · 10 of 40 slots missing, connection refused, 50 s old"),
    ]


def test_an_error_now_does_not_undo_a_window_that_is_full() -> None:
    assert judged([31.0] * 100, error="connection refused").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        ("errors < 1%", "no requests, limit 1% · 101 of 101 slots missing"),
        ("cpu < baseline + 10%", "31% · no baseline was captured, 0 s old"),
        ("cpu stable", "31% · no budget is stated, such as “within 5%”, 0 s old"),
        ("cpu < 5 ms", "the metric is in %, the condition in s"),
        ("disk < 5%", "the plan has no metric “disk”"),
    ],
)
def test_what_has_no_evidence_is_unknown_in_plain_words(condition: str, line: str) -> None:
    finding = judged([31.0] * 100, condition)

    assert (finding.verdict, finding.line) == (Verdict.UNKNOWN, line)


_FULL, _BAD, _GONE = [31.0] * 40, [99.0] * 40, [None] * 40


@pytest.mark.parametrize(
    ("condition", "cpu", "memory", "verdict"),
    [
        ("cpu < 80% and memory < 80%", _FULL, _FULL, Verdict.PASS),
        ("cpu < 80% and memory < 80%", _FULL, _BAD, Verdict.FAIL),
        ("cpu < 80% and memory < 80%", _GONE, _FULL, Verdict.UNKNOWN),
        ("cpu < 80% and memory < 80%", _GONE, _BAD, Verdict.FAIL),
        ("cpu < 80% or memory < 80%", _FULL, _BAD, Verdict.PASS),
        ("cpu < 80% or memory < 80%", _GONE, _BAD, Verdict.UNKNOWN),
        ("cpu < 80% or memory < 80%", _BAD, _BAD, Verdict.FAIL),
        ("cpu < 80% and errors < 1%", _FULL, _FULL, Verdict.UNKNOWN),
    ],
)
def test_and_takes_the_worst_and_or_the_best(
    condition: str, cpu: list[float | None], memory: list[float | None], verdict: Verdict
) -> None:
    series = {"cpu": samples(cpu), "memory": samples(memory)}

    assert judge(parse_condition(condition), window(40), series, METRICS).verdict is verdict


def test_a_joined_condition_names_each_metric_and_shows_the_decisive_value() -> None:
    series = {"cpu": samples(_FULL), "memory": samples(_BAD)}

    finding = judge(parse_condition("cpu < 80% and memory < 70%"), window(40), series, METRICS)

    assert finding.line == (
        "CPU 31%, limit 80% · 49% to spare, 40 slots, 0 missing, 0 s old; "
        "MEMORY 99%, limit 70% · 40 of 40 slots beyond it (100%, 1% tolerated), 0 missing, 0 s old"
    )
    assert (finding.value, finding.limit) == (99.0, 70.0)


_VALUES = st.lists(st.one_of(st.none(), st.sampled_from([31.0, 31.0, 31.0, 79.0, 81.0, math.nan])), max_size=130)


@settings(deadline=None)
@given(_VALUES, st.sampled_from(["cpu < 80%", "cpu > 80%", "cpu < 80% or cpu > 30%"]), st.floats(0, 1), st.data())
def test_marking_a_slot_missing_never_makes_a_pass(
    values: list[float | None], condition: str, tolerate: float, data: st.DataObject
) -> None:
    before = judged(values, condition, tolerate)
    gone = data.draw(st.sets(st.integers(0, max(0, len(values) - 1))))
    after = judged([None if n in gone else v for n, v in enumerate(values)], condition, tolerate)

    assert not (after.verdict is Verdict.PASS and before.verdict is not Verdict.PASS)


@settings(deadline=None)
@given(_VALUES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(values: list[float | None], chance: random.Random) -> None:
    condition, seen = parse_condition("cpu < 80%"), samples([*values, 31.0])
    mixed = [*seen, *seen[:3]]
    chance.shuffle(mixed)

    assert judge(condition, window(len(values)), {"cpu": mixed}, METRICS) == judge(
        condition, window(len(values)), {"cpu": seen}, METRICS
    )


@settings(deadline=None)
@given(st.lists(st.sampled_from([31.0, 99.0, None]), min_size=35, max_size=60), st.floats(81, 1e9))
def test_a_worse_value_never_makes_a_better_verdict(values: list[float | None], worse: float) -> None:
    badness = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.UNKNOWN, Verdict.FAIL]
    changed = [worse if value == 31.0 and number % 3 == 0 else value for number, value in enumerate(values)]

    assert badness.index(judged(changed).verdict) >= badness.index(judged(values).verdict)


def watched(values: Sequence[float | None], *, every: float = 5.0, since: float = 0.0, error: str = "") -> Finding:
    metrics = {"cpu": metric("cpu", every=every)}
    span = Window(round(since * NANOSECONDS), window(len(values), every).end_ns)
    errors = {"cpu": error} if error else {}
    return holds(parse_condition("cpu < 80%"), span, {"cpu": samples(values, every)}, metrics, errors=errors)


@pytest.mark.parametrize(
    ("finding", "verdict", "line"),
    [
        (watched([31.0] * 3), Verdict.PASS, "31%, limit 80% · held in the last 3 slots"),
        (watched([99.0] + [31.0] * 3), Verdict.PASS, "31%, limit 80% · held in the last 3 slots"),
        (watched([31.0] * 2), Verdict.INCONCLUSIVE, "31%, limit 80% · needs 1 more sample"),
        (watched([31.0, 99.0, 31.0]), Verdict.FAIL, "31%, limit 80% · not within it in 1 of the last 3 slots"),
        (watched([31.0, None, 31.0]), Verdict.UNKNOWN, "31%, limit 80% · 1 of the last 3 slots missing"),
        (
            watched([31.0] * 3 + [None] * 3, error="process gone"),
            Verdict.UNKNOWN,
            "31%, limit 80% · 3 of the last 3 slots missing, process gone",
        ),
        (watched([], error="process gone"), Verdict.UNKNOWN, "no value, limit 80% · no slots yet, process gone"),
        (watched([31.0] * 9, every=1, since=7), Verdict.INCONCLUSIVE, "31%, limit 80% · needs 1 more sample"),
        (watched([31.0] * 20, every=1), Verdict.PASS, "31%, limit 80% · held in the last 15 slots"),
        (watched([31.0] * 3, every=60), Verdict.PASS, "31%, limit 80% · held in the last 3 slots"),
    ],
)
def test_a_watched_condition_holds_only_if_it_does_in_every_recent_slot(
    finding: Finding, verdict: Verdict, line: str
) -> None:
    assert (finding.verdict, finding.line) == (verdict, line)


def test_a_watched_condition_of_another_kind_is_never_a_pass() -> None:
    trend = holds(parse_condition("cpu stable within 5%"), window(40), {"cpu": samples(_FULL)}, METRICS)

    assert trend.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("condition", ["cpu > 0.5x baseline", "cpu <= baseline + 10%", "cpu < baseline + 10%"])
def test_no_watch_holds_beside_a_multiple_of_nothing(condition: str) -> None:
    metrics = {"cpu": replace(METRICS["cpu"], baseline=0.0)}

    found = holds(parse_condition(condition), window(40), {"cpu": samples(_FULL)}, metrics)

    assert found.verdict is Verdict.UNKNOWN
    assert "there are no multiples of a baseline" in found.line
