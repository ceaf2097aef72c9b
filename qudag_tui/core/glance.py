"""What a trigger's condition says at this moment: shown beside its limit, never acted upon."""

from __future__ import annotations

from collections.abc import Mapping

from qudag_tui.core.condition import AllOf, AnyOf, Condition, Term, Threshold
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric
from qudag_tui.core.observed import MOST_PERIODS
from qudag_tui.core.slots import Series, Window, period_ns, slots
from qudag_tui.core.unit import show


@lean_dataclass(frozen=True, slots=True)
class Glance:
    """``holds`` is None where it cannot be told; ``value`` and ``limit`` (base unit) are the first comparison's."""

    holds: bool | None
    line: str
    value: float | None = None
    limit: float | None = None


def glance(
    condition: Condition,
    now_ns: int,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    errors: Mapping[str, str] | None = None,
) -> Glance:
    """The newest value of each metric, not older than three of its periods, against its limit."""
    reasons = errors or {}
    if not isinstance(condition, AllOf | AnyOf):
        return _term(condition, now_ns, series, metrics, reasons)
    found = [glance(term, now_ns, series, metrics, errors=reasons) for term in condition.terms]
    decided = not isinstance(condition, AllOf)  # one that holds decides an "or", one that does not an "and"
    answers = [each.holds for each in found]
    answer = decided if decided in answers else None if None in answers else not decided
    return Glance(answer, "; ".join(each.line for each in found), found[0].value, found[0].limit)


def _term(term: Term, now_ns: int, series: Series, metrics: Mapping[str, Metric], reasons: Mapping[str, str]) -> Glance:
    metric = metrics.get(term.metric)
    if metric is None:
        return Glance(None, f"the plan has no metric “{term.metric}”")
    recent = Window(now_ns - MOST_PERIODS * period_ns(metric.every_seconds), now_ns)
    newest = slots(series.get(metric.id, ()), metric.every_seconds, recent).newest
    value = newest[1] if newest is not None and newest[0] > recent.start_ns else None
    limit = term.limit if isinstance(term, Threshold) else None
    if value is None:
        return Glance(None, reasons.get(metric.id) or "no sample", None, limit)
    if not isinstance(term, Threshold):
        return Glance(None, f"{show(value, metric.unit)} · judged over its time", value)
    line = f"{show(value, metric.unit)}, limit {show(term.limit, term.unit)}"
    return Glance(term.comparison.holds(value, term.limit), line, value, term.limit)
