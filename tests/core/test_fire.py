from __future__ import annotations

import random

import pytest

from qudag_tui.core.against import NO_MULTIPLES
from qudag_tui.core.baseline import Captured, capture
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.fire import Firing, fire
from qudag_tui.core.metric import Metric
from qudag_tui.core.slots import Window
from tests.core.measuring import Samples, at, captured, counted, gauge, growing, ratio, samples

GOOD, BAD = 0.08, 0.3


def fired(
    condition: str, series: dict[str, Samples], slots: int, metric: Metric | None = None, for_seconds: float = 60
) -> Firing:
    metrics = {"latency": gauge(), "errors": ratio()} if metric is None else {metric.id: metric}
    return fire(parse_condition(condition), for_seconds, at(slots), series, metrics, since_ns=at(0))


@pytest.mark.parametrize(
    ("values", "firing"),
    [
        ([GOOD] * 12, Firing(fires=False, is_blind=False, line="80 ms, limit 100 ms · held for 0 s")),
        ([GOOD] * 6 + [BAD] * 5, Firing(fires=False, is_blind=False, line="300 ms, limit 100 ms · held for 50 s")),
        ([GOOD] * 6 + [BAD] * 6, Firing(fires=True, is_blind=False, line="300 ms, limit 100 ms · held for 1 min")),
        (
            [BAD] * 3 + [GOOD] + [BAD] * 5,
            Firing(fires=False, is_blind=False, line="300 ms, limit 100 ms · held for 50 s"),
        ),
        (
            [BAD] * 3 + [None] * 3 + [BAD] * 3,
            Firing(fires=True, is_blind=False, line="300 ms, limit 100 ms · held for 1 min"),
        ),
        (
            [BAD] * 3 + [None] * 3 + [BAD] * 2,
            Firing(fires=False, is_blind=False, line="300 ms, limit 100 ms · held for 50 s"),
        ),
        (
            [BAD] * 5 + [None] * 8 + [BAD],
            Firing(fires=False, is_blind=True, line="300 ms, limit 100 ms · held for 40 s"),
        ),
        ([BAD] * 2, Firing(fires=False, is_blind=False, line="300 ms, limit 100 ms · held for 20 s")),
        ([None] * 9, Firing(fires=False, is_blind=True, line="no value, limit 100 ms · held for 0 s")),
    ],
)
def test_a_gauge_has_to_hold_and_what_is_unknown_pauses_it(values: list[float | None], firing: Firing) -> None:
    assert fired("latency > 100 ms", {"latency": samples(values)}, len(values)) == firing


def minute(errors: float, requests: float) -> dict[str, Samples]:
    return counted(growing([0.0] * 6 + [errors / 6] * 6), growing([requests / 6] * 12))


@pytest.mark.parametrize(
    ("errors", "requests", "firing"),
    [
        (3, 60, Firing(fires=False, is_blind=False, line="3 in 60, limit 1%")),
        (6, 60, Firing(fires=True, is_blind=False, line="6 in 60, limit 1%")),
        (12, 1000, Firing(fires=False, is_blind=False, line="12 in 1,000, limit 1%")),
        (30, 1000, Firing(fires=True, is_blind=False, line="30 in 1,000, limit 1%")),
        (0, 0, Firing(fires=False, is_blind=True, line="0 in 0, limit 1%")),
    ],
)
def test_counts_fire_when_it_is_sure(errors: float, requests: float, firing: Firing) -> None:
    assert fired("errors > 1%", minute(errors, requests), 12) == firing


def test_counts_that_are_not_read_are_blind_and_fire_nothing() -> None:
    series = {name: found[:8] for name, found in minute(60, 60).items()}

    assert fired("errors > 1%", series, 12) == Firing(fires=False, is_blind=True, line="10 in 10, limit 1%")


def test_a_service_at_half_the_limit_does_not_fire_for_hours() -> None:
    chance = random.Random(12)
    events = [float(sum(chance.random() < 0.005 for _ in range(10))) for _ in range(6 * 60 * 6)]
    series = counted(growing(events), growing([10.0] * len(events)))

    found = [fired("errors > 1%", series, slot) for slot in range(6, len(events), 6)]

    assert sum(firing.fires for firing in found) == 0


def looks(share: float, hours: float, seed: int) -> list[bool]:
    """Every look, ten seconds apart, at a minute of one request a second of which ``share`` are errors."""
    chance = random.Random(seed)
    events = [float(sum(chance.random() < share for _ in range(10))) for _ in range(round(hours * 360))]
    series = counted(growing(events), growing([10.0] * len(events)))
    found = []
    for slot in range(6, len(events) + 1):
        near = {name: values[slot - 6 : slot + 1] for name, values in series.items()}
        found.append(fired("errors > 1%", near, slot).fires)
    return found


def test_five_percent_of_errors_at_one_request_a_second_fire_within_the_hour() -> None:
    first = sorted(looks(0.05, 1, seed).index(True) / 6 for seed in range(40))

    assert (first[20] < 10, first[-1] < 60) == (True, True), first


def test_a_true_rate_at_the_limit_fires_at_no_more_than_one_look_in_a_thousand() -> None:
    # Where the raw share of each minute is compared with the limit, nearly every second look says yes.
    found = [look for seed in range(6) for look in looks(0.01, 4, seed)]

    assert sum(found) <= len(found) / 1000, sum(found)


def test_several_by_or_share_what_may_be_wrong() -> None:
    """16 in 600 are above 1 % at 99.9 %, and not at a third of what that leaves: three terms are three chances."""
    series, least = minute(16, 600), minute(17, 600)

    assert fired("errors > 1%", series, 12).fires
    assert fired("errors > 1% and errors > 0.5%", series, 12).fires
    assert not fired("errors > 1% or errors > 50% or errors > 60%", series, 12).fires
    assert fired("errors > 1% or errors > 50% or errors > 60%", least, 12).fires


def test_growth_fires_over_sixty_slots() -> None:
    rising = {"latency": samples([100 + 0.5 * number + number % 3 for number in range(90)])}
    flat = {"latency": samples([100.0 + number % 3 for number in range(90)])}

    assert fired("latency growing within 10%", rising, 90).fires
    assert not fired("latency growing within 10%", flat, 90).fires


def test_a_baseline_makes_a_limit() -> None:
    condition, held = parse_condition("latency > baseline + 50%"), {"latency": captured([0.08] * 100)}
    series, metrics = {"latency": samples([0.13] * 6)}, {"latency": gauge()}

    with_it = fire(condition, 60, at(6), series, metrics, baselines=held, since_ns=at(0))
    without = fire(condition, 60, at(6), series, metrics, since_ns=at(0))

    assert with_it == Firing(fires=True, is_blind=False, line="130 ms, limit 120 ms · held for 1 min")
    assert without == Firing(fires=False, is_blind=True, line="130 ms · no baseline was captured")


@pytest.mark.parametrize(
    ("condition", "fires", "blind"),
    [
        ("latency > 100 ms and errors > 1%", False, False),
        ("latency > 100 ms or errors > 1%", True, False),
        ("errors > 1% or gone > 1", False, True),
        ("errors > 1% and gone > 1", False, False),
        ("latency > 10 MB", False, True),
    ],
)
def test_several_fire_together_or_one_of_them(condition: str, *, fires: bool, blind: bool) -> None:
    series = {"latency": samples([BAD] * 12), **minute(0, 6000)}

    found = fired(condition, series, 12)

    assert (found.fires, found.is_blind) == (fires, blind)


def test_counters_that_do_not_belong_together_are_blind_and_fire_nothing() -> None:
    """More errors than requests in all: nobody knows a share of them, and looking must not raise either."""
    found = fired("errors > 1%", minute(600, 60), 12)

    assert (found.fires, found.is_blind) == (False, True)
    assert "the counters do not belong together" in found.line


def against_counts(errors: float, held: Captured) -> Firing:
    condition = parse_condition("errors > baseline + 100%")
    series = minute(errors, 1000)
    return fire(condition, 60, at(12), series, {"errors": ratio()}, baselines={"errors": held}, since_ns=at(0))


def counts_before(errors: float, slots: int = 100) -> Captured:
    series = counted(growing([errors] * slots), growing([100.0] * slots))
    moved = {name: [(time - at(slots) + at(0), value) for time, value in each] for name, each in series.items()}
    return capture(ratio(), moved, Window(at(-slots), at(0)))


def test_a_baseline_of_counts_is_as_uncertain_as_it_was_counted() -> None:
    """No error in ten thousand requests is no rate of zero: the first error afterwards is no reason to roll back."""
    assert against_counts(1, counts_before(0)).fires is False
    assert against_counts(30, counts_before(0)).fires is True
    assert against_counts(30, counts_before(1)).fires is False
    assert against_counts(90, counts_before(1)).fires is True


def test_a_baseline_that_is_none_is_blind_and_fires_nothing() -> None:
    few = against_counts(900, counts_before(1, 40))

    assert few == Firing(
        fires=False, is_blind=True, line="the baseline has 41 of the 60 samples it needs: capture it again"
    )


@pytest.mark.parametrize("for_seconds", [0, 5, 10, 60])
@pytest.mark.parametrize("into_the_period", [0.0, 0.1, 0.9])
def test_a_baseline_beside_it_is_looked_at_in_the_slots_that_a_trigger_must_hold_in(
    for_seconds: float, into_the_period: float
) -> None:
    metric, condition = gauge(concurrent=True), parse_condition("latency > baseline + 50%")

    def found(now: float, before: float) -> Firing:
        series = {"latency": samples([now] * 12), "latency:baseline": samples([before] * 12)}
        until = at(12 + into_the_period)
        return fire(condition, for_seconds, until, series, {"latency": metric}, since_ns=at(0))

    assert (found(0.3, 0.1).fires, found(0.3, 0.1).is_blind) == (True, False)
    assert (found(0.3, 0.25).fires, found(0.3, 0.25).is_blind) == (False, False)


def test_what_lies_beside_is_no_older_than_what_a_trigger_has_to_hold_in() -> None:
    """It is looked for twice as far back, in case of gaps; without any, its limit is of the last minute alone."""
    series = {"latency": samples([BAD] * 30), "latency:baseline": samples([0.1] * 24 + [0.25] * 6)}

    found = fired("latency > baseline + 50%", series, 30, gauge(concurrent=True))

    assert (found.fires, found.line.partition(" · ")[0]) == (False, "300 ms, limit 375 ms")


def test_a_gap_in_both_pauses_a_trigger_and_blinds_it_no_more_than_a_number_would() -> None:
    values = [BAD] * 3 + [None] * 3 + [BAD] * 3
    series = {"latency": samples(values), "latency:baseline": samples([value and 0.1 for value in values])}

    found = fired("latency > baseline + 50%", series, len(values), gauge(concurrent=True))

    assert found == Firing(fires=True, is_blind=False, line="300 ms, limit 150 ms · held for 1 min")


@pytest.mark.parametrize("condition", ["latency > 2x baseline", "latency > baseline + 50%", "latency >= 0.5x baseline"])
@pytest.mark.parametrize("level", [0.0, -10.0])
def test_multiples_of_a_baseline_that_is_not_above_zero_fire_nothing(condition: str, level: float) -> None:
    """Twice nothing is nothing, and everything is above it; of a gate there is no verdict there either."""
    series = {"latency": samples([BAD] * 12), "latency:baseline": samples([level] * 12)}
    held = {"latency": captured([level] * 100)}
    parsed = parse_condition(condition)

    for metric in (gauge(), gauge(baseline=level), gauge(concurrent=True)):
        found = fire(parsed, 60, at(12), series, {"latency": metric}, baselines=held, since_ns=at(0))

        assert (found.fires, found.is_blind) == (False, True)
        assert "there are no multiples of a baseline" in found.line


@pytest.mark.parametrize("condition", ["errors > 2x baseline", "errors > baseline + 50%", "errors > baseline - 100%"])
def test_multiples_of_a_fixed_ratio_of_zero_fire_nothing(condition: str) -> None:
    """The baseline itself is a limit wherever it is: that no error is allowed may be meant."""
    fixed = ratio(baseline=0.0)

    found = fired(condition, minute(500, 1000), 12, fixed)

    assert found == Firing(fires=False, is_blind=True, line=NO_MULTIPLES)
    assert fired("errors > baseline", minute(500, 1000), 12, fixed).fires


@pytest.mark.parametrize("condition", ["latency > baseline + 100 ms", "latency > baseline"])
def test_what_is_no_multiple_of_a_baseline_of_zero_fires_as_any_other(condition: str) -> None:
    held, series = {"latency": captured([0.0] * 100)}, {"latency": samples([BAD] * 12)}

    assert fire(parse_condition(condition), 60, at(12), series, {"latency": gauge()}, baselines=held).fires
