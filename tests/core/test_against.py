from __future__ import annotations

import pytest

from qudag_tui.core.against import is_multiple_of_nothing
from qudag_tui.core.condition import AgainstBaseline, parse_condition, terms
from qudag_tui.core.metric import Metric, MetricKind
from tests.core.measuring import gauge

HISTOGRAM = gauge(kind=MetricKind.QUANTILE)


@pytest.mark.parametrize(
    ("condition", "metric", "least", "most", "is_nothing"),
    [
        ("latency > 2x baseline", gauge(), 0.1, 0.1, False),
        ("latency > 2x baseline", gauge(), 0.0, 0.1, True),
        ("latency > 2x baseline", gauge(), -0.1, 0.1, True),
        ("latency > 2x baseline", gauge(), -0.2, -0.1, True),
        # The first bucket of a histogram begins at 0, and what is in it is above.
        ("latency > 2x baseline", HISTOGRAM, 0.0, 0.1, False),
        ("latency > 2x baseline", HISTOGRAM, -0.1, 0.1, True),
        ("latency > 2x baseline", HISTOGRAM, 0.0, 0.0, True),
        # A limit of nothing, whatever the baseline is.
        ("latency > baseline - 100%", gauge(), 0.1, 0.1, True),
        # No multiples at all.
        ("latency > baseline", gauge(), 0.0, 0.0, False),
        ("latency > baseline + 5 ms", gauge(), -0.1, 0.0, False),
    ],
)
def test_of_what_there_are_no_multiples(
    condition: str, metric: Metric, least: float, most: float, *, is_nothing: bool
) -> None:
    (term,) = terms(parse_condition(condition))
    assert isinstance(term, AgainstBaseline)

    assert is_multiple_of_nothing(term, metric, least, most) is is_nothing
