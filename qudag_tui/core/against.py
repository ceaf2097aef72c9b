"""Whether a captured baseline may be compared with, and the limit that a condition makes of a baseline."""

from __future__ import annotations

from qudag_tui.core.baseline import LEAST_SAMPLES, Captured
from qudag_tui.core.condition import AgainstBaseline, Relation
from qudag_tui.core.judging import Judging, too_many_missing
from qudag_tui.core.metric import Metric, MetricKind

NO_BASELINE = "no baseline was captured"
NO_MULTIPLES = "there are no multiples of a baseline, or of a limit, that is not above 0"


def limit_from(term: AgainstBaseline, baseline: float) -> float:
    """The limit that ``term`` makes of a baseline, in the metric's base unit."""
    if term.relation is Relation.PERCENT:
        return baseline * (1 + term.amount / 100)
    return baseline * term.amount if term.relation is Relation.TIMES else baseline + term.amount


def is_multiple_of_nothing(term: AgainstBaseline, metric: Metric, least: float, most: float) -> bool:
    """Whether ``term`` asks for a multiple of a middle that is not above 0, known to be from ``least`` to ``most``.

    A histogram's first bucket begins at 0, and what is in it is above. The baseline itself is a limit wherever it is.
    """
    if term.relation is Relation.PLUS or limit_from(term, 1.0) == 1.0:
        return False
    is_none = least < 0 or most <= 0 or (least == 0 and metric.kind is not MetricKind.QUANTILE)
    return is_none or limit_from(term, 1.0) <= 0


def baseline_needs(metric: Metric, judging: Judging) -> str:
    """What is missing where a metric cannot be compared with its baseline."""
    if metric.concurrent is not None:
        return "samples of the concurrent baseline"
    captured = judging.baselines.get(metric.id)
    if captured is None:
        return "a captured baseline"
    if captured.to_ns > judging.window.start_ns:
        return "a window that begins after its baseline was captured"
    return "its baseline captured again"


def unusable(captured: Captured, metric: Metric, judging: Judging) -> str:
    """Why nothing can be compared with ``captured`` here, or ""."""
    if captured.unit is not metric.unit or captured.metric != metric.id:
        return "the baseline was captured of another metric, or in another unit: capture it again"
    if (metric.kind is MetricKind.RATIO) is bool(captured.values or captured.gaps):
        return "the baseline was captured when the metric was of another kind: capture it again"
    if captured.every_seconds != metric.every_seconds:
        return "the baseline was captured at another interval: capture it again"
    if captured.to_ns > judging.window.start_ns:
        return "the baseline was captured inside the window that is judged"
    return lacking(captured)


def lacking(captured: Captured) -> str:
    """Why nothing can be compared with ``captured`` anywhere, or "": too few samples, too many gaps, hidden counts."""
    gone = captured.slots - captured.samples
    if captured.samples < LEAST_SAMPLES:
        return f"the baseline has {captured.samples} of the {LEAST_SAMPLES} samples it needs: capture it again"
    if too_many_missing(gone, captured.slots):
        return f"{gone} of the {captured.slots} slots of the baseline are missing: capture it again"
    if captured.gaps and not captured.values:
        return "no bucket of the baseline's histogram has an end: capture it again"
    return f"the baseline is not known: {captured.unobserved}" if captured.unobserved else ""
