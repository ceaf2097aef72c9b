from __future__ import annotations

import random

import pytest

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.extension import AfterLook, after_look, alpha_of
from qudag_tui.core.forecast import Forecast, beside_soak, forecast
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import captured, counted, gauge, growing, ratio, samples, slow, window

SLOTS = 60


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("errors < 0.1%", Forecast(1186.8, "at today's rate this gate needs 19 min")),
        ("errors < 0.01%", Forecast(None, "at today's rate of errors this gate does not pass")),
        ("latency < 3 s", Forecast(300.0, "at today's rate this gate needs 5 min")),
        ("latency stable within 5%", Forecast(600.0, "at today's rate this gate needs 10 min")),
        ("latency < 3 s and errors < 0.1%", Forecast(1186.8, "at today's rate this gate needs 19 min")),
        ("latency < 3 s or errors < 0.1%", Forecast(300.0, "at today's rate this gate needs 5 min")),
        ("latency < baseline + 10%", Forecast(300.0, "at today's rate this gate needs 5 min")),
        ("latency < baseline - 50%", Forecast(None, "as things are this gate does not pass")),
        ("gone < 1", Forecast(None, "the plan has no metric “gone”")),
    ],
)
def test_what_a_gate_needs_at_todays_rate(condition: str, expected: Forecast) -> None:
    chance = random.Random(3)
    series = {
        "latency": samples(slow(chance, SLOTS, r1=0.2, sd=0.02, level=0.08)),
        **counted(growing([0.0] * 30 + [1.0] + [0.0] * 29), growing([65.0] * SLOTS)),
    }
    held = {"latency": captured(slow(chance, 120, r1=0.2, sd=0.02, level=0.08))}
    metrics = {"latency": gauge(), "errors": ratio()}

    found = forecast(parse_condition(condition), window(SLOTS), series, metrics, baselines=held)

    assert found.line == expected.line
    assert found.seconds == (None if expected.seconds is None else pytest.approx(expected.seconds, rel=0.01))


def test_a_metric_that_nobody_counted_has_no_forecast() -> None:
    found = forecast(parse_condition("errors < 0.1%"), window(SLOTS), {}, {"errors": ratio()})

    assert found == Forecast(None, "nothing was counted lately")


def test_the_level_is_shared_by_all_final_looks() -> None:
    assert [alpha_of(extend) for extend in (0, 2, -1)] == [0.05, pytest.approx(0.05 / 3), 0.05]


@pytest.mark.parametrize(
    ("verdict", "looks", "after"),
    [
        (Verdict.PASS, 1, AfterLook.SETTLED),
        (Verdict.FAIL, 1, AfterLook.SETTLED),
        (Verdict.UNKNOWN, 1, AfterLook.SETTLED),
        (Verdict.INCONCLUSIVE, 1, AfterLook.EXTENDED),
        (Verdict.INCONCLUSIVE, 2, AfterLook.EXTENDED),
        (Verdict.INCONCLUSIVE, 3, AfterLook.EXHAUSTED),
    ],
)
def test_only_what_is_inconclusive_is_looked_at_for_longer(verdict: Verdict, looks: int, after: AfterLook) -> None:
    assert after_look(verdict, looks, extend=2) is after


@pytest.mark.parametrize("condition", ["errors < 0.1%", "latency < 3 s", "latency stable within 5%"])
def test_what_is_not_measured_has_no_forecast_but_a_reason(condition: str) -> None:
    metrics = {"latency": gauge(), "errors": ratio()}
    reasons = dict.fromkeys(metrics, "connection refused")

    found = forecast(parse_condition(condition), window(SLOTS), {}, metrics, errors=reasons)

    assert found == Forecast(None, "connection refused")


@pytest.mark.parametrize(
    ("seconds", "extend", "verdict", "line"),
    [
        (1800.0, 2, Verdict.PASS, "needs"),
        (3000.0, 2, Verdict.FAIL, "needs, longer than its soak of 30 min, which would be extended"),
        (4000.0, 2, Verdict.FAIL, "needs, longer than its soak of 30 min, even with its extensions"),
        (3000.0, 0, Verdict.FAIL, "needs, longer than its soak of 30 min"),
        (None, 2, Verdict.UNKNOWN, "needs"),
    ],
)
def test_a_forecast_is_held_against_the_soak(seconds: float | None, extend: int, verdict: Verdict, line: str) -> None:
    found = beside_soak(Forecast(seconds, "needs"), 1800.0, extend)

    assert (found.verdict, found.line, found.value, found.limit) == (verdict, line, seconds, 1800.0)
    assert beside_soak(Forecast(None, "never", is_hopeless=True), 1800.0).verdict is Verdict.FAIL
