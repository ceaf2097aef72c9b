from __future__ import annotations

import pytest

from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Finding, Verdict
from tests.core.measuring import at, gauge, judged, samples

FLAT = [400e6 + 1e6 * (number % 7 - 3) for number in range(180)]


def rising(percent: float, slots: int = 180) -> list[float]:
    return [value * (1 + percent / 100 * (number + 0.5) / slots) for number, value in enumerate(FLAT[:slots])]


def trend(
    values: list[float | None] | list[float], condition: str = "memory stable within 5%", **more: object
) -> Finding:
    metric = gauge("memory", unit=Unit.BYTES)
    return judged(condition, {"memory": samples(values)}, metric, len(values), **more)


@pytest.mark.parametrize(
    ("percent", "condition", "verdict", "line"),
    [
        (
            0,
            "memory stable within 5%",
            Verdict.PASS,
            "401 MB · +0% over 30 min, at most +0%, budget 5%, no growth above 5% in this window, 0 s old",
        ),
        (
            2,
            "memory stable within 5%",
            Verdict.PASS,
            "409 MB · +2% over 30 min, at most +2%, budget 5%, no growth above 5% in this window, at this rate 5% in 44 min, 0 s old",
        ),
        (
            5,
            "memory stable within 5%",
            Verdict.INCONCLUSIVE,
            "421 MB · +5% over 30 min, at most +5.1%, budget 5%, at this rate 5% in 1 s, 0 s old",
        ),
        (10, "memory stable within 5%", Verdict.FAIL, "441 MB · +10% over 30 min, at least +9.9%, budget 5%, 0 s old"),
        (10, "memory growing within 5%", Verdict.PASS, "441 MB · +10% over 30 min, at least +9.9%, budget 5%, 0 s old"),
        (
            0,
            "memory growing within 5%",
            Verdict.FAIL,
            "401 MB · +0% over 30 min, at most +0%, budget 5%, no growth above 5% in this window, 0 s old",
        ),
        (
            -40,
            "memory stable within 5%",
            Verdict.PASS,
            "241 MB · -40% over 30 min, at most -40%, budget 5%, no growth above 5% in this window, 0 s old",
        ),
        (3, "memory stable", Verdict.UNKNOWN, "413 MB · no budget is stated, such as “within 5%”, 0 s old"),
    ],
)
def test_the_trend_row(percent: float, condition: str, verdict: Verdict, line: str) -> None:
    finding = trend(rising(percent), condition)

    assert (finding.verdict, finding.line) == (verdict, line)


def test_growth_is_projected_over_the_phase() -> None:
    finding = trend(rising(2), phase_seconds=7200.0)

    assert (finding.verdict, finding.line) == (
        Verdict.FAIL,
        "409 MB · +8% over 2 h 00 min, at least +8%, budget 5%, at this rate 5% in 44 min, 0 s old",
    )


@pytest.mark.parametrize(
    ("values", "verdict", "reason"),
    [
        (FLAT[:59], Verdict.INCONCLUSIVE, "needs 1 more sample (59 of 60)"),
        (FLAT[:60], Verdict.PASS, "no growth above 5%"),
        ([None] * 10 + FLAT[:170], Verdict.UNKNOWN, "10 of 180 slots missing"),
        ([0.0] * 100, Verdict.UNKNOWN, "of a level that is not above 0 there are no percentages"),
        ([], Verdict.INCONCLUSIVE, "needs 60 more samples (0 of 60)"),
    ],
)
def test_slots_and_their_number(values: list[float | None], verdict: Verdict, reason: str) -> None:
    finding = trend(values)

    assert finding.verdict is verdict
    assert reason in finding.line


def test_a_restart_in_the_window_is_never_stable() -> None:
    inside = trend(FLAT, restarts={"memory": [at(90)]})
    before = trend(FLAT, restarts={"memory": [at(0)]})

    assert (inside.verdict, before.verdict) == (Verdict.INCONCLUSIVE, Verdict.PASS)
    assert "started anew 15 min ago" in inside.line
    assert trend(rising(10), restarts={"memory": [at(90)]}).verdict is Verdict.FAIL


def test_a_leak_that_restarts_hide_is_not_stable_either() -> None:
    saw = [value * (1 + 0.001 * (number % 60)) for number, value in enumerate(FLAT)]

    assert trend(saw, restarts={"memory": [at(60), at(120)]}).verdict is Verdict.INCONCLUSIVE
