"""What is known of a checklist file while it is read."""

from __future__ import annotations

from dataclasses import field

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, Source
from qudag_tui.plan.ids import Ids
from qudag_tui.plan.problem import Problems
from qudag_tui.plan.variables import Variables


@lean_dataclass(frozen=True, slots=True)
class Draft:
    """The parts that later parts of the file refer to."""

    problems: Problems
    ids: Ids
    variables: Variables
    sources: dict[str, Source] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
