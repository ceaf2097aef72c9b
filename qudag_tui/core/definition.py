"""Whether two plans mean the same by a metric, a gate, a soak or a trigger: if not, what was seen is no evidence now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.item import Gate, Item, Soak
from qudag_tui.core.metric import Metric

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.condition import Condition
    from qudag_tui.core.trigger import Trigger


def metric_change(name: str, old: Plan, new: Plan) -> str:
    """Why samples of the metric ``name`` under ``old`` say nothing under ``new``, or ""; titles mean nothing."""
    before, after = old.metrics.get(name), new.metrics.get(name)
    if before is None or after is None:
        return "" if before is after else f"“{name}” is {'new' if before is None else 'gone'}"
    if _bare(before) != _bare(after):
        return f"“{after.title}” is defined in another way"
    for source in sorted(sources_of(after)):
        if old.sources.get(source) != new.sources.get(source):
            return f"“{after.title}” comes from “{source}”, which was changed"
    return ""


def _bare(metric: Metric) -> Metric:
    return replace(metric, title="", short="")


def sources_of(metric: Metric) -> frozenset[str]:
    """The ids of every source that a metric, and its concurrent baseline, need."""
    named = (metric.series, metric.total, metric.rest, metric.concurrent)
    return frozenset(series.source for series in named if series is not None)


def changed_metrics(old: Plan, new: Plan) -> list[str]:
    """The metrics of ``new`` of which nothing that was measured before counts."""
    return [name for name in new.metrics if metric_change(name, old, new)]


def _condition_change(before: Condition, after: Condition, old: Plan, new: Plan) -> str:
    if before != after:
        return "its condition was changed"
    return next(filter(None, (metric_change(term.metric, old, new) for term in terms(after))), "")


def gate_change(before: Item, after: Item, old: Plan, new: Plan) -> str:
    """Why a look at ``before`` is none at ``after``, or ""."""
    one, other = before.spec, after.spec
    if not isinstance(one, Gate) or not isinstance(other, Gate):
        return ""
    was_in, is_in = old.soak_of(before), new.soak_of(after)
    if (was_in is None) != (is_in is None):
        return "it stood in a soak" if is_in is None else "it stands in a soak now"
    reasons = (
        _condition_change(one.condition, other.condition, old, new),
        "what it tolerates was changed" if one.tolerate != other.tolerate else "",
        "its window was changed" if is_in is None and one.window_seconds != other.window_seconds else "",
        "how often it may be extended was changed" if is_in is not None and one.extend != other.extend else "",
    )
    return next(filter(None, reasons), "")


def soak_change(before: Item, after: Item, old: Plan, new: Plan, came_from: dict[str, str]) -> str:
    """Why what was observed in the soak ``before`` does not count in ``after``, or "".

    ``came_from`` names the box of ``old`` that each box of ``new`` was.
    """
    one, other = before.spec, after.spec
    if isinstance(one, Soak) and isinstance(other, Soak) and one.seconds != other.seconds:
        return "its length was changed"
    for gate in new.gates_of(after):
        origin = old.items.get(came_from.get(gate.id, ""))
        soak = old.soak_of(origin) if origin is not None else None
        if origin is None or soak is None or soak.id != before.id:
            return f"“{gate.text}” was added to it"
        reason = gate_change(origin, gate, old, new)
        if reason:
            return f"“{gate.text}”: {reason}"
    return ""


def trigger_change(before: Trigger, after: Trigger, old: Plan, new: Plan) -> str:
    """Why what was seen of ``before`` does not let ``after`` fire, or ""."""
    if before.condition is None or after.condition is None:
        return "" if before.condition is after.condition else "its condition was changed"
    if before.for_seconds != after.for_seconds:
        return "how long it must hold was changed"
    return _condition_change(before.condition, after.condition, old, new)
