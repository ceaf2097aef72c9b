"""What a condition says of the samples in a window. Pure, and never a pass without the evidence for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from qudag_tui.core.condition import AgainstBaseline, AllOf, AnyOf, Condition, Term, Threshold
from qudag_tui.core.duration import spoken
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.slots import Series, Slots, Window, period_ns, slots
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Finding, Verdict, best, worst

LEAST_SLOTS = 30
MOST_MISSING = 0.05
TOLERATE = 0.01
# How far back the condition of a watched step has to hold, and in how many slots at least.
HOLDS_SECONDS = 15.0
HOLDS_SLOTS = 3
# Shares are compared with what rounding leaves of them: 29 of 100 is within 29 %.
_ROUNDING = 1e-9
_LATER = "judged from the next version on"
_LATER_KINDS = {
    MetricKind.RATE: "the rate of a counter",
    MetricKind.RATIO: "a ratio of counts",
    MetricKind.QUANTILE: "a quantile of a histogram",
}


def judge(
    condition: Condition,
    window: Window,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    tolerate: float = TOLERATE,
    errors: Mapping[str, str] | None = None,
    now_ns: int | None = None,
) -> Finding:
    """The verdict over the slots of ``window`` (JUDGEMENT's slots and its threshold on a gauge).

    ``series`` holds the samples by metric, ``errors`` why a metric could last not be measured, ``tolerate`` the share
    of the window (0 to 1) that may be in violation. Ages are told from ``now_ns``, by default the window's end.
    Every other kind of condition is ``unknown`` and says so.
    """
    reasons = errors or {}
    now = window.end_ns if now_ns is None else now_ns

    def one(term: Term) -> Finding:
        if not isinstance(term, Threshold) or not _is_gauge(term, metrics):
            return _cannot(term, window, series, metrics, reasons)
        metric = metrics[term.metric]
        seen = slots(series.get(metric.id, ()), metric.every_seconds, window, worst_is_high=term.comparison.wants_low)
        return _threshold(term, seen, window, tolerate=tolerate, error=reasons.get(metric.id, ""), now_ns=now)

    return _combine(condition, one, metrics)


def holds(
    condition: Condition,
    window: Window,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    errors: Mapping[str, str] | None = None,
) -> Finding:
    """Whether a watched condition holds now: ``pass`` only if it does in every slot of the last 15 s.

    ``window`` goes from the start of the watch to now; what was seen before the watch says nothing. At least three
    slots are needed (so a slow metric is looked at over three periods), and none of them may be missing.
    """
    reasons = errors or {}

    def one(term: Term) -> Finding:
        if not isinstance(term, Threshold) or not _is_gauge(term, metrics):
            return _cannot(term, window, series, metrics, reasons)
        metric = metrics[term.metric]
        every = period_ns(metric.every_seconds)
        span = max(round(HOLDS_SECONDS * NANOSECONDS), HOLDS_SLOTS * every)
        last = Window(max(window.start_ns, window.end_ns - span), window.end_ns)
        seen = slots(series.get(metric.id, ()), metric.every_seconds, last, worst_is_high=term.comparison.wants_low)
        return _held(term, seen, last, reasons.get(metric.id, ""))

    return _combine(condition, one, metrics)


def _combine(condition: Condition, one: Callable[[Term], Finding], metrics: Mapping[str, Metric]) -> Finding:
    if not isinstance(condition, AllOf | AnyOf):
        return one(condition)
    found = [_combine(term, one, metrics) for term in condition.terms]
    named = [
        f"{_name(term, metrics)} {finding.line}" if not isinstance(term, AllOf | AnyOf) else finding.line
        for term, finding in zip(condition.terms, found, strict=True)
    ]
    pick = worst if isinstance(condition, AllOf) else best
    verdict = pick(finding.verdict for finding in found)
    decisive = next(finding for finding in found if finding.verdict is verdict)
    return replace(
        decisive,
        line="; ".join(named),
        evidence={str(number): finding.evidence for number, finding in enumerate(found, 1)},
    )


def _is_gauge(term: Threshold, metrics: Mapping[str, Metric]) -> bool:
    return term.metric in metrics and metrics[term.metric].kind is MetricKind.GAUGE


def _name(term: Term, metrics: Mapping[str, Metric]) -> str:
    return metrics[term.metric].title if term.metric in metrics else term.metric


def _cannot(
    term: Term, window: Window, series: Series, metrics: Mapping[str, Metric], reasons: Mapping[str, str]
) -> Finding:
    metric = metrics.get(term.metric)
    if metric is None:
        return Finding(Verdict.UNKNOWN, f"the plan has no metric “{term.metric}”", evidence={"metric": term.metric})
    newest = slots(series.get(metric.id, ()), metric.every_seconds, window).newest
    value = newest[1] if newest else None
    if isinstance(term, Threshold):
        why = f"{_LATER_KINDS[metric.kind]} is {_LATER}"
    elif isinstance(term, AgainstBaseline):
        why = f"a comparison with a baseline is {_LATER}"
    else:
        why = f"a trend is {_LATER}"
    why = reasons.get(metric.id) or why
    line = why if value is None else f"{show(value, metric.unit)} · {why}"
    return Finding(Verdict.UNKNOWN, line, value, evidence={"metric": metric.id, "reason": why})


def _threshold(term: Threshold, seen: Slots, window: Window, *, tolerate: float, error: str, now_ns: int) -> Finding:
    count, missing = len(seen.values), seen.missing
    violations = sum(not term.comparison.holds(value, term.limit) for value in seen.good)
    evidence = _evidence(term, seen, window) | {"violations": violations, "tolerate": tolerate}
    value = seen.newest[1] if seen.newest else None
    head = [_head(term, value)]
    age = f"{spoken((now_ns - seen.newest[0]) / NANOSECONDS)} old" if seen.newest else ""
    beyond = f"{violations} beyond it" if violations else ""
    allowed = f"{_percent(tolerate)} tolerated"

    def finding(verdict: Verdict, *details: str) -> Finding:
        text = ", ".join(detail for detail in details if detail)
        return Finding(verdict, " · ".join([*head, text]), value, term.limit, evidence)

    if missing > MOST_MISSING * count + _ROUNDING or (error and not seen.good):
        gone = f"{missing} of {count} slots missing" if count else "no slots yet"
        return finding(Verdict.UNKNOWN, beyond, gone, error, age)
    if count < LEAST_SLOTS:
        needed = f"{_needs(LEAST_SLOTS - count)} ({count} of {LEAST_SLOTS})"
        return finding(Verdict.INCONCLUSIVE, beyond, needed, age)
    if violations > tolerate * count + _ROUNDING:
        many = f"{violations} of {count} slots beyond it ({_percent(violations / count)}, {allowed})"
        return finding(Verdict.FAIL, many, f"{missing} missing", age)
    if violations + missing > tolerate * count + _ROUNDING:
        both = f"{violations} beyond it and {missing} missing of {count} slots ({allowed})"
        return finding(Verdict.UNKNOWN, both, error, age)
    return finding(Verdict.PASS, f"{count} slots", beyond, f"{missing} missing", age)


def _held(term: Threshold, seen: Slots, window: Window, error: str) -> Finding:
    count, missing = len(seen.values), seen.missing
    violations = sum(not term.comparison.holds(value, term.limit) for value in seen.good)
    value = seen.newest[1] if seen.newest else None
    if violations:
        verdict, text = Verdict.FAIL, f"not within it in {violations} of the last {count} slots"
    elif missing or (error and not seen.good):
        verdict, text = Verdict.UNKNOWN, f"{missing} of the last {count} slots missing" if count else "no slots yet"
        text += f", {error}" if error else ""
    elif count < HOLDS_SLOTS:
        verdict, text = Verdict.INCONCLUSIVE, _needs(HOLDS_SLOTS - count)
    else:
        verdict, text = Verdict.PASS, f"held in the last {count} slots"
    evidence = _evidence(term, seen, window) | {"violations": violations}
    return Finding(verdict, f"{_head(term, value)} · {text}", value, term.limit, evidence)


def _head(term: Threshold, value: float | None) -> str:
    return f"{show(value, term.unit) if value is not None else 'no value'}, limit {show(term.limit, term.unit)}"


def _needs(more: int) -> str:
    return f"needs {more} more {'sample' if more == 1 else 'samples'}"


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _evidence(term: Threshold, seen: Slots, window: Window) -> dict[str, Any]:
    """Plain values for the journal; never NaN, which canonical JSON does not have."""
    evidence: dict[str, Any] = {
        "metric": term.metric,
        "comparison": term.comparison.value,
        "limit": term.limit,
        "from_ns": window.start_ns,
        "to_ns": window.end_ns,
        "slots": len(seen.values),
        "missing": seen.missing,
    }
    good = sorted(seen.good)
    if good:
        evidence |= {"lowest": good[0], "median": good[math.ceil(len(good) / 2) - 1], "highest": good[-1]}
    return evidence
