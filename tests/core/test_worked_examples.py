"""The worked examples of ``docs/metrics.md``: every kind of comparison with every verdict it reached, word for word."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qudag_tui.core.baseline import Captured
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.forecast import beside_soak, forecast
from qudag_tui.core.judge import judge
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.unit import Unit
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import Samples, captured, counted, gauge, growing, ratio, samples, slow, window

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
HALF_AN_HOUR = 180
METRICS: Mapping[str, Metric] = {
    "latency": gauge(),
    "errors": ratio(),
    "memory": gauge("memory", unit=Unit.BYTES),
    "p99": gauge("p99", kind=MetricKind.QUANTILE),
    "beside": gauge("beside", concurrent=True),
    "fixed": gauge("fixed", baseline=0.084),
}


def noise(seed: int, level: float = 0.084, *, spread: float = 0.03, count: int = HALF_AN_HOUR) -> list[float]:
    return slow(random.Random(seed), count, r1=0.3, sd=spread, level=level)


def quantile(low: float, high: float) -> dict[str, Samples]:
    """A quantile whose bucket reaches from ``low`` to ``high``."""
    middle = (low + high) / 2
    named = {"p99": middle, "p99:low": low, "p99:high": high}
    return {name: samples([value] * HALF_AN_HOUR) for name, value in named.items()}


def requests(errors: int, total: int) -> dict[str, Samples]:
    apart = HALF_AN_HOUR // errors if errors else HALF_AN_HOUR
    each = [
        float(bool(errors) and number % apart == apart // 2 and number // apart < errors)
        for number in range(HALF_AN_HOUR)
    ]
    return counted(growing(each), growing([total / HALF_AN_HOUR] * HALF_AN_HOUR))


def leaking(percent: float) -> list[float]:
    return [value * (1 + percent / 100 * n / HALF_AN_HOUR) for n, value in enumerate(noise(5, 412e6, spread=0.002))]


@dataclass(frozen=True)
class Example:
    """A condition over half an hour of slots, 10 s apart, in words and as samples."""

    condition: str
    seen: str
    series: Mapping[str, Samples]
    verdict: Verdict
    held: Mapping[str, Captured] = field(default_factory=dict)
    restarts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def held(values: Callable[[], list[float]] = lambda: noise(9, count=120)) -> dict[str, Captured]:
    return {"latency": captured(values())}


GAPS = [None if number % 10 == 0 else value for number, value in enumerate(noise(1))]
EXAMPLES = [
    Example("latency < 100 ms", "84 ms, steady", {"latency": samples(noise(1))}, Verdict.PASS),
    Example(
        "latency < 100 ms", "a tenth of it above", {"latency": samples([*noise(1)[:160], *[0.12] * 20])}, Verdict.FAIL
    ),
    Example("latency < 100 ms", "a tenth of the slots missing", {"latency": samples(GAPS)}, Verdict.UNKNOWN),
    Example("p99 < 100 ms", "a bucket from 50 to 75 ms", quantile(0.05, 0.075), Verdict.PASS),
    Example("p99 < 100 ms", "a bucket from 75 to 150 ms", quantile(0.075, 0.15), Verdict.INCONCLUSIVE),
    Example("errors < 0.1%", "no error in 5,400", requests(0, 5400), Verdict.PASS),
    Example("errors < 0.1%", "1 error in 5,400", requests(1, 5400), Verdict.INCONCLUSIVE),
    Example("errors < 0.1%", "20 errors in 5,400", requests(20, 5400), Verdict.FAIL),
    Example("latency < baseline + 10%", "the same as before", {"latency": samples(noise(2))}, Verdict.PASS, held()),
    Example(
        "latency < baseline + 10%", "9 % slower", {"latency": samples(noise(8, 0.0911))}, Verdict.INCONCLUSIVE, held()
    ),
    Example("latency < baseline + 10%", "25 % slower", {"latency": samples(noise(2, 0.105))}, Verdict.FAIL, held()),
    Example("latency < baseline + 10%", "nothing captured", {"latency": samples(noise(2))}, Verdict.UNKNOWN),
    Example(
        "beside < baseline + 10%",
        "another query, as quick",
        {"beside": samples(noise(2)), "beside:baseline": samples(noise(3))},
        Verdict.PASS,
    ),
    Example("fixed < baseline + 10%", "84 ms against 84 ms", {"fixed": samples(noise(4))}, Verdict.PASS),
    Example("memory stable within 5%", "no growth", {"memory": samples(leaking(0))}, Verdict.PASS),
    Example("memory stable within 5%", "10 % in half an hour", {"memory": samples(leaking(10))}, Verdict.FAIL),
    Example(
        "memory stable within 5%",
        "no growth, but a restart",
        {"memory": samples(leaking(0))},
        Verdict.INCONCLUSIVE,
        restarts={"memory": (window(90).end_ns,)},
    ),
]


def row(example: Example) -> str:
    found = judge(
        parse_condition(example.condition),
        window(HALF_AN_HOUR),
        example.series,
        METRICS,
        baselines=example.held,
        restarts=example.restarts,
        phase_seconds=1800.0,
    )
    assert found.verdict is example.verdict, (example.condition, example.seen, found)
    return f"| `{example.condition}` | {example.seen} | {found.verdict} | {found.line} | {found.needs} |"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.condition}, {example.seen}")
def test_the_document_shows_what_a_gate_says_of_it(example: Example) -> None:
    assert row(example) in DOCUMENT, f"docs/metrics.md should say\n{row(example)}"


AHEAD = [
    ("errors < 0.1%", requests(0, 5400), 1800.0),
    ("errors < 0.1%", requests(0, 3000), 1800.0),
    ("errors < 0.1%", requests(0, 600), 1800.0),
    ("errors < 0.1%", requests(20, 5400), 1800.0),
    ("latency < baseline + 10%", {"latency": samples(noise(2))}, 1800.0),
]


def forecast_row(condition: str, series: Mapping[str, Samples], soak: float) -> str:
    found = forecast(parse_condition(condition), window(HALF_AN_HOUR), series, METRICS, phase_seconds=soak)
    return f"- `{condition}`: {beside_soak(found, soak).line}"


@pytest.mark.parametrize(("condition", "series", "soak"), AHEAD)
def test_the_document_shows_what_a_forecast_says(condition: str, series: Mapping[str, Samples], soak: float) -> None:
    assert forecast_row(condition, series, soak) in DOCUMENT, forecast_row(condition, series, soak)
