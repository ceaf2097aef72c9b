"""Whether a trigger fires: a condition that held for as long as it must, as far as anybody could see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qudag_tui.core.baseline import Captured
from qudag_tui.core.bounds import bounds
from qudag_tui.core.condition import AgainstBaseline, AllOf, AnyOf, Condition, Term, Threshold, Trend
from qudag_tui.core.counts import counts
from qudag_tui.core.duration import spoken
from qudag_tui.core.extension import REPEATED_ALPHA
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.judge_counts import NOT_TOGETHER, hardest_limit
from qudag_tui.core.judge_threshold import head
from qudag_tui.core.judge_trend import LEAST_BINS, judge_trend
from qudag_tui.core.judging import ROUNDING, Judging, shown
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.slots import Series, Window, period_ns
from qudag_tui.core.statistics.proportion import is_surely_above, is_surely_below
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Verdict
from qudag_tui.core.watch import as_threshold

# At least so much of the time that is looked back over has to be known.
LEAST_KNOWN = 0.5


@lean_dataclass(frozen=True, slots=True)
class Firing:
    """Whether it fires; ``is_blind`` where too little is known to tell, which starts nothing. ``line`` says it."""

    fires: bool
    is_blind: bool
    line: str


def fire(
    condition: Condition,
    for_seconds: float,
    now_ns: int,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    errors: Mapping[str, str] | None = None,
    baselines: Mapping[str, Captured] | None = None,
    restarts: Mapping[str, Sequence[int]] | None = None,
    since_ns: int = 0,
) -> Firing:
    """Whether ``condition`` held for ``for_seconds`` up to ``now_ns`` (run clock); nothing before ``since_ns`` counts.

    For counts ``for_seconds`` is the window, and the 99.9 % bound has to be beyond the limit. For gauges slots without
    a number pause the time: at least half of the slots looked back over must be known. A trend is judged at 99.9 %,
    over at least 60 slots. Of several by ``and`` all must fire, by ``or`` one, which shares what may be wrong with the
    others as a gate's do.
    """
    judging = Judging(
        window=Window(max(since_ns, now_ns - round(for_seconds * NANOSECONDS)), now_ns),
        series=series,
        metrics=metrics,
        now_ns=now_ns,
        alpha=REPEATED_ALPHA,
        errors=errors or {},
        baselines=baselines or {},
        restarts=restarts or {},
    )
    return _combine(condition, judging, _Back(since_ns, round(for_seconds * NANOSECONDS)))


@lean_dataclass(frozen=True, slots=True)
class _Back:
    """How far back may be looked, and for how long it has to hold (nanoseconds)."""

    since_ns: int
    for_ns: int


def _combine(condition: Condition, judging: Judging, back: _Back) -> Firing:
    if not isinstance(condition, AllOf | AnyOf):
        return _one(condition, judging, back)
    if isinstance(condition, AnyOf):
        # Any of them is enough: together they may fire falsely no more often than one.
        judging = replace(judging, alpha=judging.alpha / len(condition.terms))
    found = [_combine(term, judging, back) for term in condition.terms]
    line = "; ".join(firing.line for firing in found)
    if isinstance(condition, AllOf):
        fires = all(firing.fires for firing in found)
        quiet = any(not firing.fires and not firing.is_blind for firing in found)
    else:
        fires = any(firing.fires for firing in found)
        quiet = all(not firing.fires and not firing.is_blind for firing in found)
    return Firing(fires, not fires and not quiet, line)


def _one(term: Term, judging: Judging, back: _Back) -> Firing:
    metric = judging.metrics.get(term.metric)
    if metric is None:
        return Firing(fires=False, is_blind=True, line=f"the plan has no metric “{term.metric}”")
    if isinstance(term, Trend):
        return _trend(term, metric, judging, back)
    if metric.kind is MetricKind.RATIO:
        return _counts(term, metric, judging)
    return _gauge(term, metric, judging, back)


def _trend(term: Trend, metric: Metric, judging: Judging, back: _Back) -> Firing:
    least = LEAST_BINS * period_ns(metric.every_seconds)
    start = max(back.since_ns, min(judging.window.start_ns, judging.window.end_ns - least))
    found = judge_trend(term, metric, replace(judging, window=Window(start, judging.window.end_ns)))
    return Firing(found.verdict is Verdict.PASS, found.verdict is Verdict.UNKNOWN, found.line)


def _counts(term: Threshold | AgainstBaseline, metric: Metric, judging: Judging) -> Firing:
    seen = counts(metric, judging.series, judging.window, judging.restarts.get(metric.id))
    found = hardest_limit(term, metric, judging)
    if isinstance(found, str):
        return Firing(fires=False, is_blind=True, line=found)
    limit, alpha = found
    counted = f"{seen.events:,.0f} in {seen.total:,.0f}, limit {show(limit, metric.unit)}"
    if seen.events > seen.total * (1 + ROUNDING):
        return Firing(fires=False, is_blind=True, line=f"{counted} · {NOT_TOGETHER}")
    phi = seen.dispersion(metric.burst)
    surely = is_surely_below if term.comparison.wants_low else is_surely_above
    fires = seen.total > 0 and surely(seen.events / phi, seen.total / phi, limit / 100, alpha)
    blind = seen.missing > (1 - LEAST_KNOWN) * seen.slots or seen.total <= 0
    reason = judging.errors.get(metric.id, "") if blind else ""
    return Firing(fires and not blind, blind, f"{counted}{f' · {reason}' if reason else ''}")


def _gauge(term: Threshold | AgainstBaseline, metric: Metric, judging: Judging, back: _Back) -> Firing:
    every = period_ns(metric.every_seconds)
    slots = max(1, -(-back.for_ns // every))
    # Twice as far back: as many slots as are wanted may be known there if half of them are.
    far = Window(max(back.since_ns, judging.window.end_ns - round(slots * every / LEAST_KNOWN)), judging.window.end_ns)
    seen = bounds(metric, judging.series, far)
    # Beside it lies the baseline of the very slots that it has to hold in: in no time, or in a part of a period, there
    # may be none.
    start = judging.window.end_ns - _slots_back(seen.values, slots) * every
    fixed = as_threshold(term, metric, replace(judging, window=Window(max(far.start_ns, start), far.end_ns)))
    value = seen.newest[1] if seen.newest else None
    if isinstance(fixed, str) or fixed.unit is not metric.unit:
        reason = fixed if isinstance(fixed, str) else "the condition is in another unit than the metric"
        return Firing(fires=False, is_blind=True, line=f"{shown(value, metric)} · {reason}")
    held = known = passed = 0
    for low, high, was in zip(reversed(seen.low), reversed(seen.high), reversed(seen.values), strict=True):
        if held >= slots:
            break
        passed += 1
        if was is None:
            continue
        known += 1
        if not fixed.comparison.holds(high if fixed.comparison.wants_low else low, fixed.limit):
            return Firing(fires=False, is_blind=False, line=_line(fixed, value, held * every))
        held += 1
    fires = held >= slots and known >= LEAST_KNOWN * passed
    return Firing(fires, not fires and known < LEAST_KNOWN * passed, _line(fixed, value, held * every))


def _slots_back(values: Sequence[float | None], wanted: int) -> int:
    """Over how many of the last slots one has to look back for so many that are known; over all, if they are fewer."""
    known = 0
    for passed, value in enumerate(reversed(values), 1):
        known += value is not None
        if known == wanted:
            return passed
    return len(values)


def _line(term: Threshold, value: float | None, held_ns: int) -> str:
    return f"{head(term, value)} · held for {spoken(held_ns / NANOSECONDS)}"
