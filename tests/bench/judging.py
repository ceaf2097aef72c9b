"""Verdicts on a window of two hours at a sample a second: CPU time of one judgement of each kind."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from qudag_tui.core.baseline import capture
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judge import judge
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.slots import Window
from qudag_tui.core.unit import Unit
from tests.bench.figure import Figure

SOAK, BASELINE = 7200, 600
ROUNDS = 9
LIMIT_MS = 50


def figures(folder: Path) -> list[Figure]:
    """The median of several rounds each."""
    del folder
    chance = random.Random(1)
    at = [second * NANOSECONDS for second in range(BASELINE + SOAK + 1)]
    values = [(time_ns, 0.084 * (1 + 0.1 * chance.gauss(0, 1))) for time_ns in at]
    events = [(time_ns, float(number // 1000)) for number, time_ns in enumerate(at)]
    total = [(time_ns, 10.0 * number) for number, time_ns in enumerate(at)]
    gauge = Metric("m", "M", MetricKind.GAUGE, Series("host", "m"), Unit.SECONDS, every_seconds=1.0)
    beside = Metric(
        "c", "C", MetricKind.GAUGE, Series("host", "m"), Unit.SECONDS, concurrent=Series("host", "n"), every_seconds=1.0
    )
    ratio = Metric(
        "e", "E", MetricKind.RATIO, Series("n", "e"), Unit.PERCENT, total=Series("n", "t"), every_seconds=1.0
    )
    series = {"m": values, "c": values, "c:baseline": values, "e:events": events, "e:total": total}
    metrics = {metric.id: metric for metric in (gauge, beside, ratio)}
    held = {"m": capture(gauge, series, Window(0, at[BASELINE]))}
    found = []
    for what, text in (
        ("a threshold", "m < 100 ms"),
        ("a captured baseline", "m < baseline + 10%"),
        ("a concurrent baseline", "c < baseline + 10%"),
        ("a trend", "m stable within 5%"),
        ("a ratio of counts", "e < 0.1%"),
    ):
        condition, took = parse_condition(text), []
        for _ in range(ROUNDS):
            began = time.process_time()
            judge(condition, Window(at[BASELINE], at[-1]), series, metrics, baselines=held)
            took.append(1e3 * (time.process_time() - began))
        middle = statistics.median(took)
        found.append(Figure(f"judging {what} over {SOAK:,} samples, CPU", f"{middle:.1f} ms", middle, LIMIT_MS))
    return found
