"""``docs/metrics.md``: every example parses, and there is one for each source and each kind of metric."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qudag_tui.core.metric import MetricKind, SourceKind
from tests.plan.checklist_text import plan_of

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_every_worked_example_is_a_whole_file_that_parses(example: str) -> None:
    assert plan_of(example).metrics


def test_there_is_an_example_of_every_source_and_every_kind_of_metric() -> None:
    plans = [plan_of(example) for example in EXAMPLES]
    assert {source.kind for plan in plans for source in plan.sources.values()} == set(SourceKind)
    assert {metric.kind for plan in plans for metric in plan.metrics.values()} == set(MetricKind)
