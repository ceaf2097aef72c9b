"""A threshold on a gauge: the share of time in violation."""

from __future__ import annotations

import math
from typing import Any

from qudag_tui.core.bounds import Bounds, bounds
from qudag_tui.core.condition import Threshold
from qudag_tui.core.judging import (
    ROUNDING,
    Judging,
    fewer_gaps,
    joined,
    more_of,
    needs,
    percent,
    too_many_missing,
    units_differ,
)
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Finding, Verdict

LEAST_SLOTS = 30


def judge_threshold(term: Threshold, metric: Metric, judging: Judging) -> Finding:
    """JUDGEMENT's *threshold on a gauge*; of a quantile, with what its bucket leaves open.

    Of several values at one time the worst counts.
    """
    if term.unit is not metric.unit:
        return units_differ(metric, term.unit, judging.evidence(metric.id))
    seen = bounds(metric, judging.series, judging.window)
    tolerate, error = judging.tolerate, judging.errors.get(metric.id, "")
    count, missing = len(seen.values), seen.missing
    violations, inside = beyond(term, metric, seen)
    evidence = threshold_evidence(term, seen, judging) | {"violations": violations, "tolerate": tolerate}
    if metric.kind is MetricKind.QUANTILE:
        evidence["in_bucket"] = inside
    value = seen.newest[1] if seen.newest else None
    age = judging.age(seen.newest[0] if seen.newest else None)
    several = f"{violations} beyond it" if violations else ""
    allowed = f"{percent(tolerate)} tolerated"

    def finding(verdict: Verdict, *details: str, needed: str = "") -> Finding:
        line = f"{head(term, value)} · {joined(*details)}"
        return Finding(verdict, line, value, term.limit, evidence, needed)

    if too_many_missing(missing, count) or (error and not seen.good):
        gone = f"{missing} of {count} slots missing" if count else "no slots yet"
        needed = fewer_gaps(judging, metric, (missing, count))
        return finding(Verdict.UNKNOWN, several, gone, error, age, needed=needed)
    if count < LEAST_SLOTS:
        more = LEAST_SLOTS - count
        wanted, needed = (
            f"{needs(more)} ({count} of {LEAST_SLOTS})",
            more_of(more, "sample", more * metric.every_seconds),
        )
        return finding(Verdict.INCONCLUSIVE, several, wanted, age, needed=needed)
    if violations > tolerate * count + ROUNDING:
        many = f"{violations} of {count} slots beyond it ({percent(violations / count)}, {allowed})"
        return finding(Verdict.FAIL, many, f"{missing} missing", age)
    if violations + missing > tolerate * count + ROUNDING:
        both = f"{violations} beyond it and {missing} missing of {count} slots ({allowed})"
        needed = fewer_gaps(judging, metric, (violations + missing, count), tolerate)
        return finding(Verdict.UNKNOWN, both, error, age, needed=needed)
    if violations + missing + inside > tolerate * count + ROUNDING:
        open_ = f"the limit lies inside the histogram's bucket in {inside} of {count} slots"
        needed = "a bucket of the histogram that ends at the limit, or another limit"
        return finding(Verdict.INCONCLUSIVE, several, open_, f"{missing} missing", age, needed=needed)
    return finding(Verdict.PASS, _margin(term, metric, seen), f"{count} slots", several, f"{missing} missing", age)


def _margin(term: Threshold, metric: Metric, seen: Bounds) -> str:
    """How far the worst of what was seen stayed from the limit; nothing where some of it went beyond."""
    is_low = term.comparison.wants_low
    known = [bound for bound in (seen.high if is_low else seen.low) if math.isfinite(bound)]
    left = (term.limit - max(known) if is_low else min(known) - term.limit) if known else 0.0
    return f"{show(left, metric.unit)} to spare" if left > 0 else ""


def beyond(term: Threshold, metric: Metric, seen: Bounds) -> tuple[int, int]:
    """In how many seen slots the limit is violated, and in how many its bucket leaves that open."""
    is_quantile = metric.kind is MetricKind.QUANTILE
    violations = inside = 0
    for value, low, high in zip(seen.values, seen.low, seen.high, strict=True):
        if value is None:
            continue
        worse, better = (high, low) if term.comparison.wants_low else (low, high)
        if not term.comparison.holds(better if is_quantile else worse, term.limit):
            violations += 1
        elif not term.comparison.holds(worse, term.limit):
            inside += 1
    return violations, inside


def head(term: Threshold, value: float | None) -> str:
    """``84 ms, limit 93 ms``."""
    return f"{show(value, term.unit) if value is not None else 'no value'}, limit {show(term.limit, term.unit)}"


def threshold_evidence(term: Threshold, seen: Bounds, judging: Judging) -> dict[str, Any]:
    """Plain values for the journal; never NaN, which canonical JSON does not have."""
    evidence: dict[str, Any] = {
        "metric": term.metric,
        "comparison": term.comparison.value,
        "limit": term.limit,
        "from_ns": judging.window.start_ns,
        "to_ns": judging.window.end_ns,
        "slots": len(seen.values),
        "missing": seen.missing,
    }
    good = sorted(seen.good)
    if good:
        evidence |= {"lowest": good[0], "median": good[math.ceil(len(good) / 2) - 1], "highest": good[-1]}
    return evidence
