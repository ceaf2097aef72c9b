"""Which metrics are compared with a baseline, and what that is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.condition import AgainstBaseline, terms
from qudag_tui.core.item import Gate

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.condition import Condition
    from qudag_tui.core.metric import Metric


def compared(plan: Plan) -> set[str]:
    """The metrics that some gate, trigger or watched step compares with a baseline."""
    conditions: list[Condition] = [item.spec.condition for item in plan.items.values() if isinstance(item.spec, Gate)]
    conditions += [trigger.condition for trigger in plan.triggers if trigger.condition is not None]
    conditions += [step.until.condition for step in plan.steps.values() if step.until is not None]
    return {term.metric for each in conditions for term in terms(each) if isinstance(term, AgainstBaseline)}


def to_capture(plan: Plan) -> list[Metric]:
    """Those of them whose baseline has to be captured in the run, in the plan's order."""
    wanted = compared(plan)
    return [
        metric
        for metric in plan.metrics.values()
        if metric.id in wanted and metric.baseline is None and metric.concurrent is None
    ]


def baseline_level(metric: Metric, captured: float | None, beside: float | None) -> float | None:
    """What ``metric`` is compared with now, in its base unit: the newest ``beside`` it, what was captured, a number."""
    if metric.concurrent is not None:
        return beside
    return captured if captured is not None else metric.baseline
