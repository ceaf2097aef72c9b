"""How often verdicts are right: simulations with a seed, as JUDGEMENT states them, and their table in the output."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.counts import Counts
from qudag_tui.core.extension import AfterLook, after_look, alpha_of_look
from qudag_tui.core.fire import fire
from qudag_tui.core.judge import holds
from qudag_tui.core.statistics.dispersion import Bin
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import at, captured, counted, gauge, growing, judged, ratio, samples, slow, window

Rates = dict[Verdict, float]
_TABLE: list[str] = []
COLUMNS = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.UNKNOWN, Verdict.FAIL)
DOCUMENTED = {
    name: [float(number) for number in numbers.replace("%", "").split(" | ")]
    for name, numbers in re.findall(
        r"^\| ([a-z]+[:,] .*?) \| ([\d.]+%(?: \| [\d.]+%){3}) \|$",
        (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(),
        re.MULTILINE,
    )
}


@pytest.fixture(autouse=True)
def table(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """What each test simulated goes into the table that ``tests/conftest.py`` prints, from any process."""
    _TABLE.clear()
    yield
    for line in _TABLE:
        record_property("calibration", line)


def rates(name: str, times: int, one: Callable[[random.Random], Verdict]) -> Rates:
    chance = random.Random(f"{name}, 2026-11-22")
    seen = Counter(one(chance) for _ in range(times))
    found = {verdict: seen[verdict] / times for verdict in Verdict}
    # To a percent: sums are not rounded alike by every Python.
    assert DOCUMENTED[name] == pytest.approx([100 * found[verdict] for verdict in COLUMNS], abs=1.0)
    _TABLE.append(f"{name:<50}" + "".join(f"{100 * found[verdict]:7.1f}%" for verdict in COLUMNS))
    return found


def against(name: str, change: float, times: int, *, r1: tuple[float, float] = (0.5, 0.5)) -> Rates:
    def one(chance: random.Random) -> Verdict:
        baseline = captured(slow(chance, 120, r1=r1[1], sd=0.1))
        soak = samples(slow(chance, 30, r1=r1[0], sd=0.1, level=100 * (1 + change)))
        condition = "latency < baseline + 10%"
        return judged(condition, {"latency": soak}, gauge(), 30, baselines={"latency": baseline}).verdict

    return rates(name, times, one)


def test_a_baseline_that_is_missed_by_its_limit_passes_seldom() -> None:
    assert against("baseline: +10 % against +10 %", 0.10, 1500)[Verdict.PASS] <= 0.07


def test_what_did_not_change_passes() -> None:
    assert against("baseline: no change against +10 %", 0.0, 1000)[Verdict.PASS] >= 0.80


def test_what_is_a_quarter_slower_fails() -> None:
    assert against("baseline: +25 % against +10 %", 0.25, 700)[Verdict.FAIL] >= 0.90


@pytest.mark.parametrize("r1", [(0.8, 0.3), (0.3, 0.8), (0.8, 0.8)])
def test_a_slow_component_on_one_side_does_not_make_a_pass(r1: tuple[float, float]) -> None:
    found = against(f"baseline: +10 % against +10 %, r1 {r1[0]} and {r1[1]}", 0.10, 400, r1=r1)

    assert found[Verdict.PASS] <= 0.08


def trend(name: str, growth: float, r1: float, times: int) -> Rates:
    """Growth is of the level at the window's start."""

    def one(chance: random.Random) -> Verdict:
        noise = slow(chance, 60, r1=r1, sd=0.01, level=1.0)
        grown = [400e6 * (part + growth * (number + 0.5) / 60) for number, part in enumerate(noise)]
        return judged("latency stable within 5%", {"latency": samples(grown)}, gauge(), 60).verdict

    return rates(name, times, one)


@pytest.mark.parametrize("r1", [0.0, 0.5, 0.8])
def test_what_does_not_grow_is_stable(r1: float) -> None:
    found = trend(f"trend: no leak, 1 % noise, r1 {r1}", 0.0, r1, 1200 if r1 == 0.8 else 300)

    assert found[Verdict.PASS] >= 0.90
    assert found[Verdict.FAIL] <= 0.01


@pytest.mark.parametrize("r1", [0.0, 0.5, 0.8])
def test_twice_the_budget_is_growing(r1: float) -> None:
    assert trend(f"trend: twice the budget, r1 {r1}", 0.10, r1, 300)[Verdict.FAIL] >= 0.95


@pytest.mark.parametrize("r1", [0.0, 0.5, 0.8])
def test_growth_at_the_budget_is_seldom_stable(r1: float) -> None:
    """The closest of all figures: 6.6 % in 4,000 runs at r1 = 0.8."""
    assert trend(f"trend: at the budget, r1 {r1}", 0.05, r1, 1500 if r1 == 0.8 else 800)[Verdict.PASS] <= 0.07


def bursts(name: str, size: int, rate: float, burst: float, times: int) -> Rates:
    """Three hours of a hundred requests a slot, of which ``rate`` fail, ``size`` at a time."""

    def one(chance: random.Random) -> Verdict:
        events = [float(size * sum(chance.random() < rate / size for _ in range(100))) for _ in range(180)]
        series = counted(growing(events), growing([100.0] * 180))
        return judged("errors < 0.1%", series, ratio(burst=burst), 180).verdict

    return rates(name, times, one)


def test_bursts_that_the_file_states_do_not_pass_at_five_times_the_limit() -> None:
    assert bursts("errors: 0.5 %, bursts of 20, stated", 20, 0.005, 20, 60)[Verdict.PASS] <= 0.05


def test_bursts_that_nobody_stated_are_seen_in_the_minutes() -> None:
    assert bursts("errors: 0.5 %, bursts of 20, not stated", 20, 0.005, 1, 60)[Verdict.PASS] <= 0.07


def test_independent_errors_at_the_limit_pass_seldom_and_far_below_it_they_pass() -> None:
    assert bursts("errors: 0.1 % against 0.1 %", 1, 0.001, 1, 400)[Verdict.PASS] <= 0.07
    assert bursts("errors: 0.02 % against 0.1 %", 1, 0.0002, 1, 40)[Verdict.PASS] >= 0.90


def test_extending_to_exhaustion_passes_no_more_often_than_one_look() -> None:
    ends: Counter[AfterLook] = Counter()

    def one(chance: random.Random) -> Verdict:
        baseline = captured(slow(chance, 120, r1=0.5, sd=0.1))
        soak = slow(chance, 90, r1=0.5, sd=0.1, level=110.0)
        for look in (1, 2, 3):
            slots = 30 * look
            series = {"latency": samples(soak[:slots])}
            condition, metric = "latency < baseline + 10%", gauge()
            found = judged(condition, series, metric, slots, baselines={"latency": baseline}, extend=2).verdict
            after = after_look(found, look, extend=2)
            if after is not AfterLook.EXTENDED:
                break
        ends[after] += 1
        return found

    found = rates("baseline: +10 % against +10 %, two extensions", 300, one)

    assert found[Verdict.PASS] <= 0.07
    assert ends[AfterLook.EXHAUSTED] >= 200


def test_extending_counts_to_exhaustion_passes_no_more_often_than_one_look() -> None:
    """Errors just at the limit, looked at after one, one and a half and two soaks."""
    ends: Counter[AfterLook] = Counter()

    def one(chance: random.Random) -> Verdict:
        events = growing([float(sum(chance.random() < 0.001 for _ in range(100))) for _ in range(360)])
        total = growing([100.0] * 360)
        for look, slots in ((1, 180), (2, 270), (3, 360)):
            series = counted(events[: slots + 1], total[: slots + 1])
            found = judged("errors < 0.1%", series, ratio(), slots, extend=2).verdict
            after = after_look(found, look, extend=2)
            if after is not AfterLook.EXTENDED:
                break
        ends[after] += 1
        return found

    found = rates("errors: 0.1 % against 0.1 %, two extensions", 250, one)

    assert found[Verdict.PASS] <= 0.07
    assert ends[AfterLook.EXHAUSTED] >= 200


@pytest.mark.parametrize(("percent", "least", "most"), [(1.0, 0.0, 0.03), (0.1, 0.95, 1.0)])
def test_a_watch_that_looks_every_ten_seconds_seldom_takes_what_is_at_its_limit_for_recovered(
    percent: float, least: float, most: float
) -> None:
    """Ten minutes of a hundred requests a slot: at 95 % a look, a fifth of those at the limit passed sooner or later."""

    def one(chance: random.Random) -> Verdict:
        events = growing([float(sum(chance.random() < percent / 100 for _ in range(100))) for _ in range(60)])
        series = counted(events, growing([100.0] * 60))
        metric = ratio()
        for slots in range(3, 61):
            found = holds(parse_condition("errors < 1%"), window(slots), series, {metric.id: metric}).verdict
            if found is Verdict.PASS:
                break
        return found

    assert least <= rates(f"watch: errors at {percent:g} % until below 1 %", 150, one)[Verdict.PASS] <= most


@pytest.mark.parametrize("terms", [1, 3])
def test_a_trigger_over_what_is_at_its_limit_seldom_fires_however_many_terms_it_has(terms: int) -> None:
    """Minutes of six hundred requests; three terms at 99.9 % each fired at 0.2 % of looks."""
    names = [f"errors{number}" for number in range(terms)]
    condition = parse_condition(" or ".join(f"{name} > 1%" for name in names))
    metrics = {name: ratio(name) for name in names}

    def one(chance: random.Random) -> Verdict:
        series: dict[str, list[tuple[int, float]]] = {}
        for name in names:
            events = [float(sum(chance.random() < 0.01 for _ in range(100))) for _ in range(6)]
            series |= counted(growing(events), growing([100.0] * 6), name)
        found = fire(condition, 60, at(6), series, metrics, since_ns=at(0))
        return Verdict.FAIL if found.fires else Verdict.UNKNOWN if found.is_blind else Verdict.INCONCLUSIVE

    assert rates(f"trigger: errors at 1 % above 1 %, terms by or: {terms}", 4000, one)[Verdict.FAIL] <= 0.001


def test_a_gate_that_is_ticked_again_and_again_passes_no_more_often_than_one_look() -> None:
    """Outside a soak, twenty windows one after the other; each at the level of the first, 27 % passed sooner or later."""

    def one(chance: random.Random) -> Verdict:
        for number in range(1, 21):
            events = growing([float(sum(chance.random() < 0.01 for _ in range(100))) for _ in range(60)])
            series, alpha = counted(events, growing([100.0] * 60)), alpha_of_look(number)
            found = judged("errors < 1%", series, ratio(), 60, alpha=alpha).verdict
            if found is Verdict.PASS:
                break
        return found

    assert rates("errors: 1 % against 1 %, twenty looks outside a soak", 150, one)[Verdict.PASS] <= 0.07


def test_a_leak_that_a_restart_hides_is_never_stable() -> None:
    """Memory grows by a tenth and begins anew in the middle, so that the slope of the whole is about none."""

    def one(chance: random.Random) -> Verdict:
        noise = slow(chance, 60, r1=0.3, sd=0.005, level=1.0)
        grown = [400e6 * (part + 0.1 * (number % 30) / 30) for number, part in enumerate(noise)]
        restarts = {"latency": [at(30)]}
        series = {"latency": samples(grown)}
        return judged("latency stable within 5%", series, gauge(), 60, restarts=restarts).verdict

    assert rates("trend: a leak, and a restart in the window", 200, one)[Verdict.PASS] == 0.0


def test_a_restart_that_hides_errors_is_unknown() -> None:
    """The counters begin anew in the middle of the window: nobody knows what was counted last before that."""

    def one(chance: random.Random) -> Verdict:
        first, second = chance.randint(60, 120), [0.0] * 60
        events = [*growing([0.0] * first, 5.0), *growing(second, 0.0)]
        total = [*growing([100.0] * first), *growing([100.0] * 60, 0.0)]
        return judged("errors < 0.1%", counted(events, total), ratio(), first + 61).verdict

    assert rates("errors: none seen, a restart in the window", 100, one)[Verdict.UNKNOWN] == 1.0


@pytest.mark.parametrize(
    ("beyond", "missing", "verdict"), [(0, 0, Verdict.PASS), (3, 0, Verdict.FAIL), (0, 3, Verdict.UNKNOWN)]
)
def test_a_gauge_is_judged_by_the_share_of_time(beyond: int, missing: int, verdict: Verdict) -> None:
    """Of 150 slots, of which one may be beyond the limit."""

    def one(chance: random.Random) -> Verdict:
        numbers = list(range(150))
        chance.shuffle(numbers)
        values: list[float | None] = [chance.uniform(50, 99) for _ in numbers]
        for number in numbers[:beyond]:
            values[number] = 101.0
        for number in numbers[beyond : beyond + missing]:
            values[number] = None
        return judged("latency < 100 s", {"latency": samples(values)}, gauge(), 150).verdict

    name = f"threshold: 1 % tolerated, {beyond / 1.5:g} % beyond, {missing / 1.5:g} % missing"
    assert rates(name, 50, one)[verdict] == 1.0


def test_a_drift_is_no_pass() -> None:
    """The soak climbs from the baseline's level to half as much again: its middle alone would be beyond the limit."""

    def one(chance: random.Random) -> Verdict:
        baseline = captured(slow(chance, 120, r1=0.5, sd=0.02))
        noise = slow(chance, 60, r1=0.5, sd=0.02)
        drift = [value * (1 + 0.22 * number / 60) for number, value in enumerate(noise)]
        metric = gauge()
        return judged(
            "latency < baseline + 10%", {"latency": samples(drift)}, metric, 60, baselines={"latency": baseline}
        ).verdict

    assert rates("baseline: drifts from 0 to +22 %", 150, one)[Verdict.PASS] <= 0.05


@pytest.mark.parametrize("r1", [0.9, 0.97])
def test_samples_of_every_second_with_a_slow_component_do_not_make_a_pass(r1: float) -> None:
    """Judged as they are, and not in bins, these passed in a third of all runs."""

    def one(chance: random.Random) -> Verdict:
        baseline = captured(slow(chance, 900, r1=r1, sd=0.1))
        soak = samples(slow(chance, 900, r1=r1, sd=0.1, level=110.0))
        condition = "latency < baseline + 10%"
        return judged(condition, {"latency": soak}, gauge(), 900, baselines={"latency": baseline}).verdict

    assert rates(f"baseline: +10 %, 900 samples, r1 {r1}", 300, one)[Verdict.PASS] <= 0.07


@pytest.mark.parametrize("drift", [0.1, -0.1])
def test_a_baseline_that_drifts_while_it_is_captured_does_not_make_a_pass(drift: float) -> None:
    """By a tenth of its level around its middle, which the soak is above by just the limit."""

    def one(chance: random.Random) -> Verdict:
        noise = slow(chance, 120, r1=0.5, sd=0.05)
        baseline = captured([value * (1 + drift * (number / 119 - 0.5)) for number, value in enumerate(noise)])
        soak = samples(slow(chance, 30, r1=0.5, sd=0.05, level=110.0))
        condition = "latency < baseline + 10%"
        return judged(condition, {"latency": soak}, gauge(), 30, baselines={"latency": baseline}).verdict

    assert rates(f"baseline: drifts by {100 * drift:+.0f} % in its capture, +10 %", 300, one)[Verdict.PASS] <= 0.07


def test_what_moves_both_sides_at_once_does_not_hide_a_change_from_a_concurrent_baseline() -> None:
    def one(change: float) -> Callable[[random.Random], Verdict]:
        def simulated(chance: random.Random) -> Verdict:
            load = slow(chance, 60, r1=0.95, sd=0.2, level=1.0)
            old = [part * own for part, own in zip(load, slow(chance, 60, r1=0.3, sd=0.05), strict=True)]
            new = [part * own * (1 + change) for part, own in zip(load, slow(chance, 60, r1=0.3, sd=0.05), strict=True)]
            series = {"latency": samples(new), "latency:baseline": samples(old)}
            return judged("latency < baseline + 10%", series, gauge(concurrent=True), 60).verdict

        return simulated

    assert rates("concurrent, load moves both: no change", 150, one(0.0))[Verdict.PASS] >= 0.95
    assert rates("concurrent, load moves both: +10 %", 400, one(0.1))[Verdict.PASS] <= 0.07
    assert rates("concurrent, load moves both: +25 %", 150, one(0.25))[Verdict.FAIL] >= 0.95


def test_dispersion_is_at_least_what_the_file_states() -> None:
    alone = Counts(3, 9000, (Bin(1, 3000), Bin(1, 3000), Bin(1, 3000)), 180, 18, 0, 0)

    assert (alone.dispersion(1), alone.dispersion(20)) == (1.0, 20.0)
