from __future__ import annotations

import pytest

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.glance import Glance, glance
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import Metric, MetricKind, Series
from qudag_tui.core.unit import Unit

METRICS = {name: Metric(name, name, MetricKind.GAUGE, Series("host", name), Unit.PERCENT) for name in ("cpu", "memory")}


def seen(condition: str, *, now: float = 20.0, error: str = "", **values: float) -> Glance:
    series = {name: [(10 * NANOSECONDS, 1.0), (15 * NANOSECONDS, value)] for name, value in values.items()}
    return glance(
        parse_condition(condition), round(now * NANOSECONDS), series, METRICS, errors={"cpu": error} if error else {}
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (seen("cpu > 90%", cpu=95), Glance(True, "95%, limit 90%", 95, 90)),
        (seen("cpu > 90%", cpu=31), Glance(False, "31%, limit 90%", 31, 90)),
        (seen("cpu > 90%"), Glance(None, "no sample", None, 90)),
        (seen("cpu > 90%", error="refused"), Glance(None, "refused", None, 90)),
        (seen("cpu > 90%", now=31, cpu=95), Glance(None, "no sample", None, 90)),
        (seen("cpu growing", cpu=95), Glance(None, "95% · judged over its time", 95)),
        (seen("disk > 90%"), Glance(None, "the plan has no metric “disk”")),
        (seen("cpu > 90% or memory > 90%", cpu=95), Glance(True, "95%, limit 90%; no sample", 95, 90)),
        (seen("cpu > 90% or memory > 90%", cpu=31), Glance(None, "31%, limit 90%; no sample", 31, 90)),
        (seen("cpu > 90% and memory > 90%", cpu=31), Glance(False, "31%, limit 90%; no sample", 31, 90)),
        (seen("cpu > 90% and memory > 90%", cpu=95), Glance(None, "95%, limit 90%; no sample", 95, 90)),
    ],
)
def test_the_newest_value_is_shown_against_the_limit_and_a_blind_one_says_nothing(
    found: Glance, expected: Glance
) -> None:
    assert found == expected
