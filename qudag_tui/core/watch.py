"""Whether a condition holds now, slot by slot: what a step waits for, and what a trigger looks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from qudag_tui.core.against import NO_BASELINE, NO_MULTIPLES, is_multiple_of_nothing, limit_from, unusable
from qudag_tui.core.bounds import bounds
from qudag_tui.core.condition import AgainstBaseline, Relation, Term, Threshold, Trend
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judge_counts import judge_counts, judge_counts_against
from qudag_tui.core.judge_threshold import beyond, head, threshold_evidence
from qudag_tui.core.judging import Judging, needs, units_differ
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.core.statistics.bins import median
from qudag_tui.core.verdict import Finding, Verdict

# How far back the condition of a watched step has to hold, and in how many slots at least.
HOLDS_SECONDS = 15.0
HOLDS_SLOTS = 3


def holds_now(term: Term, metric: Metric, judging: Judging) -> Finding:
    """``pass`` if ``term`` holds in every slot of the last 15 s of the window (of a ratio: over all of it)."""
    if isinstance(term, Trend):
        why = "a trend is judged over a soak, and cannot be waited for"
        return Finding(Verdict.UNKNOWN, why, evidence=judging.evidence(metric.id, reason=why))
    if metric.kind is MetricKind.RATIO:
        if isinstance(term, Threshold):
            return judge_counts(term, metric, judging)
        return judge_counts_against(term, metric, judging)
    every = period_ns(metric.every_seconds)
    span = max(round(HOLDS_SECONDS * NANOSECONDS), HOLDS_SLOTS * every)
    last = Window(max(judging.window.start_ns, judging.window.end_ns - span), judging.window.end_ns)
    fixed = as_threshold(term, metric, replace(judging, window=last))
    if isinstance(fixed, str):
        return Finding(Verdict.UNKNOWN, fixed, evidence=judging.evidence(metric.id, reason=fixed))
    if fixed.unit is not metric.unit:
        return units_differ(metric, fixed.unit, judging.evidence(metric.id))
    return _held(fixed, metric, replace(judging, window=last))


def as_threshold(term: Threshold | AgainstBaseline, metric: Metric, judging: Judging) -> Threshold | str:
    """``term`` with the middle of its baseline put in; or why it has none.

    Where slots of the baseline are missing its middle is only known between bounds: the limit is the one of them that
    is the hardest to be within.
    """
    if isinstance(term, Threshold):
        return term
    lows: Sequence[float]
    highs: Sequence[float]
    if metric.concurrent is not None:
        beside = bounds(replace(metric, id=part(metric.id, Part.BASELINE)), judging.series, judging.window)
        lows, highs = beside.low or (-math.inf,), beside.high or (math.inf,)
    elif metric.id in judging.baselines:
        captured = judging.baselines[metric.id]
        reason = unusable(captured, metric, judging)
        if reason:
            return reason
        lows, _, highs = zip(*captured.bins, strict=True)
    elif metric.baseline is not None:
        lows = highs = (metric.baseline,)
    else:
        return NO_BASELINE
    least, most = median(lows), median(highs)
    if not (math.isfinite(least) and math.isfinite(most)):
        return f"the {'concurrent' if metric.concurrent is not None else 'captured'} baseline is not known"
    if is_multiple_of_nothing(term, metric, least, most):
        return NO_MULTIPLES
    limits = limit_from(term, least), limit_from(term, most)
    unit = term.unit if term.relation is Relation.PLUS else metric.unit
    return Threshold(term.metric, term.comparison, (min if term.comparison.wants_low else max)(limits), unit)


def _held(term: Threshold, metric: Metric, judging: Judging) -> Finding:
    seen, error = bounds(metric, judging.series, judging.window), judging.errors.get(metric.id, "")
    count, missing = len(seen.values), seen.missing
    violations, inside = beyond(term, metric, seen)
    value = seen.newest[1] if seen.newest else None
    if violations:
        verdict, text = Verdict.FAIL, f"not within it in {violations} of the last {count} slots"
    elif missing or (error and not seen.good):
        verdict, text = Verdict.UNKNOWN, f"{missing} of the last {count} slots missing" if count else "no slots yet"
        text += f", {error}" if error else ""
    elif count < HOLDS_SLOTS:
        verdict, text = Verdict.INCONCLUSIVE, needs(HOLDS_SLOTS - count)
    elif inside:
        verdict, text = Verdict.INCONCLUSIVE, "the limit lies inside the histogram's bucket"
    else:
        verdict, text = Verdict.PASS, f"held in the last {count} slots"
    evidence = threshold_evidence(term, seen, judging) | {"violations": violations}
    return Finding(verdict, f"{head(term, value)} · {text}", value, term.limit, evidence)
