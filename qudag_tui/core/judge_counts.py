"""A ratio of counts against a limit: exact bounds of the proportion, and the requests that are still needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from qudag_tui.core.against import (
    NO_BASELINE,
    NO_MULTIPLES,
    baseline_needs,
    is_multiple_of_nothing,
    limit_from,
    unusable,
)
from qudag_tui.core.baseline import BaselineKind
from qudag_tui.core.condition import AgainstBaseline, Comparison, Relation, Threshold
from qudag_tui.core.counts import Counts, counts
from qudag_tui.core.judging import ROUNDING, Judging, fewer_gaps, joined, more_of, too_many_missing, units_differ
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric
from qudag_tui.core.part import Part, part
from qudag_tui.core.statistics.proportion import clopper_pearson, is_surely_below
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Finding, Verdict

# From so many events on their rate is taken to go on, when it is told how many requests are still needed.
_TELLING = 5
_MOST_REQUESTS = 1e9
NOT_TOGETHER = "more was counted than there was in all: the counters do not belong together"


@lean_dataclass(frozen=True, slots=True)
class _Limit:
    """A limit in percent, known between ``low`` and ``high``; ``note`` says where it comes from."""

    low: float
    high: float
    note: str = ""
    alpha_share: float = 1.0


def judge_counts(term: Threshold, metric: Metric, judging: Judging) -> Finding:
    """JUDGEMENT's *ratio of counts*: Clopper–Pearson on counts divided by φ, against a number."""
    if term.unit is not metric.unit:
        return units_differ(metric, term.unit, judging.evidence(metric.id))
    return _judged(term.comparison, metric, judging, _Limit(term.limit, term.limit))


def judge_counts_against(term: AgainstBaseline, metric: Metric, judging: Judging) -> Finding:
    """The same against a baseline's counts: each side's bound has half of the errors that are allowed.

    (Bonferroni: the limit is on its side of its bound, and the ratio of its own, all but α of the time.) Medians of
    bins, which other metrics are compared by, would not see events that most bins have none of.
    """
    if term.relation is Relation.PLUS and term.unit is not metric.unit:
        return units_differ(metric, term.unit, judging.evidence(metric.id))
    found = _limits(term, metric, judging)
    if isinstance(found, str):
        evidence = judging.evidence(metric.id, reason=found)
        needed = "a number as its limit" if found is NO_MULTIPLES else baseline_needs(metric, judging)
        return Finding(Verdict.UNKNOWN, found, evidence=evidence, needs=needed)
    return _judged(term.comparison, metric, judging, found)


def hardest_limit(term: Threshold | AgainstBaseline, metric: Metric, judging: Judging) -> tuple[float, float] | str:
    """The limit (percent) that is the hardest to be beyond, and the α left to tell it with; or why there is none.

    A baseline was counted too: a limit made of one is only known between bounds, which take half of α.
    """
    if (isinstance(term, Threshold) or term.relation is Relation.PLUS) and term.unit is not metric.unit:
        return "the condition is in another unit than the metric"
    if isinstance(term, Threshold):
        return term.limit, judging.alpha
    found = _limits(term, metric, judging)
    if isinstance(found, str):
        return found
    return found.low if term.comparison.wants_low else found.high, judging.alpha * found.alpha_share


def _limits(term: AgainstBaseline, metric: Metric, judging: Judging) -> _Limit | str:
    found = _baseline(metric, judging)
    if isinstance(found, str):
        return found
    # Of a baseline that was counted, and had no events, the ratio is at most its upper bound, which is above 0.
    if is_multiple_of_nothing(term, metric, found.high, found.high):
        return NO_MULTIPLES
    low, high = (limit_from(term, bound) for bound in (found.low, found.high))
    return replace(found, low=min(low, high), high=max(low, high))


def _baseline(metric: Metric, judging: Judging) -> _Limit | str:
    if metric.concurrent is not None:
        beside = replace(metric, id=part(metric.id, Part.BASELINE))
        seen = counts(beside, judging.series, judging.window, judging.restarts.get(metric.id))
        if too_many_missing(seen.missing, seen.slots) or seen.unobserved:
            return f"the concurrent baseline is not known: {seen.unobserved or 'too many slots missing'}"
        events, total, phi = seen.events, seen.total, seen.dispersion(metric.burst)
        note = f"{BaselineKind.CONCURRENT}: {events:,.0f} in {total:,.0f}"
    elif metric.id in judging.baselines:
        captured = judging.baselines[metric.id]
        if reason := unusable(captured, metric, judging):
            return reason
        events, total, phi = captured.events, captured.total, captured.dispersion
        note = f"{BaselineKind.CAPTURED}, {judging.age(captured.to_ns)}: {events:,.0f} in {total:,.0f}"
    elif metric.baseline is not None:
        return _Limit(
            metric.baseline, metric.baseline, f"baseline a fixed number, {show(metric.baseline, metric.unit)}"
        )
    else:
        return NO_BASELINE
    if total <= 0 or events > total:
        return "the baseline has no counts"
    low, high = clopper_pearson(events / phi, total / phi, judging.alpha / 2)
    return _Limit(100 * low, 100 * high, f"baseline {note}", 0.5)


def _judged(comparison: Comparison, metric: Metric, judging: Judging, limit: _Limit) -> Finding:
    seen = counts(metric, judging.series, judging.window, judging.restarts.get(metric.id))
    alpha = judging.alpha * limit.alpha_share
    phi = seen.dispersion(metric.burst)
    rate = 100 * seen.events / seen.total if seen.total > 1e-9 else None
    # The limit that is the hardest to pass, and the one that is the hardest to fail.
    hard, easy = (limit.low, limit.high) if comparison.wants_low else (limit.high, limit.low)
    text = (
        show(hard, metric.unit)
        if hard == easy
        else f"{show(limit.low, metric.unit)} to {show(limit.high, metric.unit)}"
    )
    counted = (
        f"{show(rate, metric.unit)} ({seen.events:,.0f} in {seen.total:,.0f})" if rate is not None else "no requests"
    )
    low, high = _bounds(seen, phi, alpha)
    age = judging.age(seen.newest_ns)
    assumed = _assumption(metric, phi, comparison)
    evidence = judging.evidence(
        metric.id,
        comparison=comparison.value,
        limit=hard,
        slots=seen.slots,
        missing=seen.missing,
        events=seen.events,
        total=seen.total,
        dispersion=phi,
        lowest=low,
        highest=high,
        unobserved=seen.unobserved or None,
        baseline=limit.note or None,
    )

    def finding(verdict: Verdict, *details: str, needed: str = "") -> Finding:
        line = f"{counted}, limit {text} · {joined(*details, limit.note, age)}"
        return Finding(verdict, line, rate, hard, evidence, needed)

    error = judging.errors.get(metric.id, "")
    if too_many_missing(seen.missing, seen.slots):
        gone = f"{seen.missing} of {seen.slots} slots missing"
        needed = fewer_gaps(judging, metric, (seen.missing, seen.slots))
        return finding(Verdict.UNKNOWN, gone, error, needed=needed)
    if seen.events > seen.total * (1 + ROUNDING):
        return finding(Verdict.UNKNOWN, NOT_TOGETHER, needed="counters that belong together")
    bound = high if comparison.wants_low else low
    word = "at most" if comparison.wants_low else "at least"
    sure = f"{word} {show(bound, metric.unit)}"
    if rate is not None and not comparison.holds(low if comparison.wants_low else high, easy):
        other = "at least" if comparison.wants_low else "at most"
        reached = show(low if comparison.wants_low else high, metric.unit)
        return finding(Verdict.FAIL, f"{other} {reached}", assumed)
    if seen.unobserved:
        return finding(Verdict.UNKNOWN, seen.unobserved, error, needed="a window in which everything was counted")
    if rate is not None and comparison.holds(bound, hard):
        return finding(Verdict.PASS, sure, assumed)
    more = requests_needed(comparison, hard, seen.events, seen.total, phi=phi, alpha=alpha)
    if more is None:
        return finding(Verdict.INCONCLUSIVE, sure, assumed, needed="another limit: no number of requests is enough")
    evidence["requests_needed"] = more
    needed = more_of(more, "request", seconds_needed(more, seen))
    return finding(Verdict.INCONCLUSIVE, sure, f"needs {needed}", assumed, needed=needed)


def _bounds(seen: Counts, phi: float, alpha: float) -> tuple[float, float]:
    """Bounds in percent."""
    low, high = clopper_pearson(min(seen.events, seen.total) / phi, seen.total / phi, alpha)
    return 100 * low, 100 * high


def _assumption(metric: Metric, phi: float, comparison: Comparison) -> str:
    what = "errors" if comparison.wants_low else "hits"
    if phi > 1.05 * max(1.0, metric.burst):
        return f"{what} in bursts of {phi:.3g}, as seen"
    return f"bursts ≤ {metric.burst:g}" if metric.burst > 1 else f"{what} independent"


def requests_needed(
    comparison: Comparison, limit: float, events: float, total: float, *, phi: float, alpha: float
) -> int | None:
    """How many more requests would make it a pass; None where no number would. ``limit`` is in percent.

    Up to four of what must be rare (errors, or what is not a hit) it is told what is needed if no more come; from
    then on if they go on at the rate seen, or, where that is beyond the limit, if no more come.
    """
    share = limit / 100 if comparison.wants_low else 1 - limit / 100
    rare = events if comparison.wants_low else total - events
    if not 0 < share < 1:
        return None
    rate = rare / total if total > 0 and rare >= _TELLING and rare / total < share else None

    def enough(requests: float) -> bool:
        expected = rare if rate is None else rate * requests
        return is_surely_below(expected / phi, requests / phi, share, alpha)

    found = _least(enough, max(1.0, total))
    return None if found is None else max(1, math.ceil(found - total))


def requests_at_rate(comparison: Comparison, limit: float, rate: float, *, phi: float, alpha: float) -> float | None:
    """How many requests in all a pass takes if a ratio of ``rate`` (0 to 1) goes on; None where none would do."""
    share, rare = (limit / 100, rate) if comparison.wants_low else (1 - limit / 100, 1 - rate)
    if not 0 < share < 1 or rare >= share:
        return None
    return _least(lambda requests: is_surely_below(rare * requests / phi, requests / phi, share, alpha), 1.0)


def _least(enough: Callable[[float], bool], start: float) -> float | None:
    """The least whole number from ``start`` on that is enough, or None."""
    high = start
    while not enough(high):
        high *= 2
        if high > _MOST_REQUESTS:
            return None
    low = high / 2 if high > start else start - 1
    while high - low > max(0.5, 1e-4 * high if high > 1e7 else 0.5):
        middle = (low + high) / 2 if high > 1e7 else (math.floor(low) + math.ceil(high)) // 2
        if middle in {low, high}:
            break
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


def seconds_needed(requests: float, seen: Counts) -> float | None:
    """How long ``requests`` take at the rate seen; None without any."""
    return requests * seen.seconds / seen.total if seen.total > 0 and seen.seconds > 0 else None
