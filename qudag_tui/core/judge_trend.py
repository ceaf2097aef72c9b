"""A trend: Theil and Sen's slope of the bins, projected over the phase, against a stated budget."""

from __future__ import annotations

import math

from qudag_tui.core.bounds import bounds
from qudag_tui.core.condition import Trend
from qudag_tui.core.duration import spoken
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judging import Judging, fewer_gaps, joined, more_of, needs, shown, too_many_missing
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.slots import period_ns
from qudag_tui.core.statistics.autocorrelation import corrected, lag_one, widening
from qudag_tui.core.statistics.bins import edges, median, medians, seen_medians
from qudag_tui.core.statistics.slope import Slope, residuals, slope
from qudag_tui.core.verdict import Finding, Verdict

LEAST_BINS = 60
_LONGEST_SECONDS = 100 * 86400.0


def judge_trend(term: Trend, metric: Metric, judging: Judging) -> Finding:
    """JUDGEMENT's *trend*. ``stable`` passes if it is stable and fails if it grows; ``growing`` the other way round.

    Growth is told over the phase, as a percentage of the level at the window's start. Stable: its upper bound is
    below the budget, and nothing started anew in the window. Growing: its lower bound is above 0 and the estimate
    above the budget. The level, and the estimate, are those that make what is claimed the hardest.
    """
    seen = bounds(metric, judging.series, judging.window)
    count, error = len(seen.values), judging.errors.get(metric.id, "")
    value = seen.newest[1] if seen.newest else None
    age = judging.age(seen.newest[0] if seen.newest else None)
    facts = {"slots": count, "missing": seen.missing, "budget_percent": term.budget_percent}

    def early(verdict: Verdict, reason: str, needed: str) -> Finding:
        line = f"{shown(value, metric)} · {joined(reason, error if verdict is Verdict.UNKNOWN else '', age)}"
        evidence = judging.evidence(metric.id, **facts, reason=reason)
        return Finding(verdict, line, value, evidence=evidence, needs=needed)

    if metric.kind is MetricKind.RATIO:
        why = "a ratio of counts has no trend: compare it with a number, or with its baseline"
        return early(Verdict.UNKNOWN, why, "a number, or its baseline, to compare it with")
    if too_many_missing(seen.missing, count) or (error and not seen.good):
        gone = f"{seen.missing} of {count} slots missing" if count else "no slots yet"
        return early(Verdict.UNKNOWN, gone, fewer_gaps(judging, metric, (seen.missing, count)))
    if term.budget_percent is None:
        return early(Verdict.UNKNOWN, "no budget is stated, such as “within 5%”", "a budget, such as “within 5%”")
    if count < LEAST_BINS:
        more = LEAST_BINS - count
        needed = more_of(more, "sample", more * metric.every_seconds)
        return early(Verdict.INCONCLUSIVE, f"{needs(more)} ({count} of {LEAST_BINS})", needed)
    width, every = count // LEAST_BINS, period_ns(metric.every_seconds) / NANOSECONDS
    times = [every * (start + end - 1) / 2 for start, end in edges(count, width)]
    binned = seen_medians(seen.values, width)
    lows = medians(seen.low, width)
    highs = lows if seen.high is seen.low else medians(seen.high, width)
    r1 = corrected(lag_one(residuals(times, binned)), len(times)) if judging.r1 is None else judging.r1
    found = slope(times, lows, highs, alpha=judging.alpha, widening=widening(r1, len(times)))
    window = every * count
    phase = judging.phase_seconds or window
    if median(lows) <= 0:
        return early(Verdict.UNKNOWN, "of a level that is not above 0 there are no percentages", "a level above 0")
    growth = _Growth(found, median(lows), median(highs), phase, window)
    restarted = [
        at for at in judging.restarts.get(metric.id, ()) if judging.window.start_ns < at <= judging.window.end_ns
    ]
    budget = term.budget_percent
    is_stable = growth.high < budget and not restarted
    is_growing = growth.low > 0 and growth.least > budget
    needed = ""
    if is_stable or is_growing:
        verdict = Verdict.PASS if is_growing is term.growing else Verdict.FAIL
    else:
        verdict = Verdict.INCONCLUSIVE
        needed = "a window without a restart" if restarted else "a longer window, or another budget"
    restart = f"started anew {spoken((judging.now_ns - max(restarted)) / NANOSECONDS)} ago" if restarted else ""
    told = f"{growth.estimate:+.2g}%" if growth.estimate is not None else "no estimate"
    over = f"over {spoken(phase)}"
    bound = f"at most {growth.high:+.2g}%" if math.isfinite(growth.high) else "no upper bound"
    least = f"at least {growth.low:+.2g}%" if is_growing else ""
    says = f"no growth above {budget:g}% in this window" if is_stable else ""
    missing = f"{seen.missing} missing" if seen.missing else ""
    details = joined(least or bound, f"budget {budget:g}%", says, growth.reached(budget), restart, missing, age)
    evidence = judging.evidence(
        metric.id,
        **facts,
        bins=len(times),
        bin_slots=width,
        r1=r1,
        lowest_percent=growth.low,
        estimate_percent=growth.estimate,
        highest_percent=growth.high,
        phase_seconds=phase,
        restarts=len(restarted),
    )
    return Finding(verdict, f"{shown(value, metric)} · {told} {over}, {details}", value, None, evidence, needed)


class _Growth:
    """Slopes (units a second) as growth over the phase, in percent of the level at the window's start.

    That level is what the line through the bins says, from the ``lowest`` or the ``highest`` that their median may
    be: a bound for "stable" rests on the least there may have been, one for "growing" on the most.
    """

    def __init__(self, found: Slope, lowest: float, highest: float, phase: float, window: float) -> None:
        self.phase, self.window = phase, window
        least_start, most_start = lowest - found.most * window / 2, highest - found.least * window / 2
        self.high = self._percent(found.high, least_start)
        self.low = self._percent(found.low, most_start)
        self.least = self._percent(found.least, most_start)
        most = self._percent(found.most, least_start)
        self.estimate = self.least / 2 + most / 2 if math.isfinite(self.least) and math.isfinite(most) else None

    def _percent(self, steep: float, start: float) -> float:
        """From a start at 0 or below any growth is without bound."""
        if start == math.inf:
            return 0.0
        if math.isinf(steep) or start <= 0:
            return math.copysign(math.inf, steep)
        return 100.0 * steep * self.phase / start

    def reached(self, budget: float) -> str:
        """When the budget is used up if growth goes on as the estimate says."""
        if self.estimate is None or self.estimate <= 0:
            return ""
        left = budget / self.estimate * self.phase - self.window
        return f"at this rate {budget:g}% in {spoken(left)}" if 0 < left <= _LONGEST_SECONDS else ""
