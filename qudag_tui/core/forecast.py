"""How long a gate will need at today's rate: told at T-2 h, and before a soak."""

from __future__ import annotations

import math
from collections.abc import Mapping

from qudag_tui.core import judge_baseline as against
from qudag_tui.core import judge_threshold, judge_trend
from qudag_tui.core.against import NO_MULTIPLES, is_multiple_of_nothing, limit_from
from qudag_tui.core.baseline import Captured
from qudag_tui.core.bounds import bounds
from qudag_tui.core.condition import AgainstBaseline, AllOf, AnyOf, Condition, Term, Threshold, Trend
from qudag_tui.core.counts import countable, counts
from qudag_tui.core.duration import MAX_SECONDS, spoken
from qudag_tui.core.extension import EXTEND, alpha_of
from qudag_tui.core.judge_counts import requests_at_rate
from qudag_tui.core.judging import TOLERATE, Judging, joined
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.slots import Series, Window
from qudag_tui.core.verdict import Finding, Verdict


@lean_dataclass(frozen=True, slots=True)
class Forecast:
    """The ``seconds`` of a soak that a gate needs, None where no time would do or nothing tells; ``line`` in words.

    ``is_hopeless`` where it is no question of time: as things are the gate does not pass.
    """

    seconds: float | None
    line: str
    is_hopeless: bool = False


_HOPELESS = Forecast(None, "as things are this gate does not pass", is_hopeless=True)


def forecast(
    condition: Condition,
    window: Window,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    tolerate: float = TOLERATE,
    extend: int = EXTEND,
    errors: Mapping[str, str] | None = None,
    baselines: Mapping[str, Captured] | None = None,
    phase_seconds: float | None = None,
) -> Forecast:
    """What ``condition`` would need over a soak that goes on as the samples of ``window`` (the recent past) did."""
    judging = Judging(
        window=window,
        series=series,
        metrics=metrics,
        now_ns=window.end_ns,
        alpha=alpha_of(extend),
        tolerate=tolerate,
        errors=errors or {},
        baselines=baselines or {},
        phase_seconds=phase_seconds,
    )
    return _combine(condition, judging)


def beside_soak(found: Forecast, soak_seconds: float, extend: int = EXTEND) -> Finding:
    """Whether a soak of ``soak_seconds`` will do: ``fail`` where it is too short, or where no soak would do.

    ``value`` is what is needed and ``limit`` what there is, both in seconds.
    """
    if found.seconds is None:
        return Finding(Verdict.FAIL if found.is_hopeless else Verdict.UNKNOWN, found.line, limit=soak_seconds)
    if found.seconds <= soak_seconds:
        return Finding(Verdict.PASS, found.line, found.seconds, soak_seconds)
    longest = soak_seconds * (1 + max(0, extend) / 2)
    more = "which would be extended" if found.seconds <= longest else "even with its extensions" if extend > 0 else ""
    line = joined(f"{found.line}, longer than its soak of {spoken(soak_seconds)}", more)
    return Finding(Verdict.FAIL, line, found.seconds, soak_seconds)


def _combine(condition: Condition, judging: Judging) -> Forecast:
    if not isinstance(condition, AllOf | AnyOf):
        return _one(condition, judging)
    found = [_combine(term, judging) for term in condition.terms]
    told = [forecast for forecast in found if forecast.seconds is not None]
    if isinstance(condition, AllOf):
        open_ = [forecast for forecast in found if forecast.seconds is None]
        hopeless = [forecast for forecast in open_ if forecast.is_hopeless]
        return [*hopeless, *open_][0] if open_ else max(told, key=lambda forecast: forecast.seconds or 0.0)
    return min(told, key=lambda forecast: forecast.seconds or 0.0) if told else min(found, key=lambda f: f.is_hopeless)


def _one(term: Term, judging: Judging) -> Forecast:
    metric = judging.metrics.get(term.metric)
    if metric is None:
        return Forecast(None, f"the plan has no metric “{term.metric}”")
    if metric.kind is not MetricKind.RATIO and not bounds(metric, judging.series, judging.window).good:
        return Forecast(None, judging.errors.get(metric.id) or "nothing was measured lately")
    if isinstance(term, Trend):
        return _as_seen(judge_trend.judge_trend(term, metric, judging), judge_trend.LEAST_BINS, metric)
    if metric.kind is MetricKind.RATIO:
        return _requests(term, metric, judging)
    if isinstance(term, Threshold):
        return _as_seen(judge_threshold.judge_threshold(term, metric, judging), judge_threshold.LEAST_SLOTS, metric)
    return _shift(term, metric, judging)


def _as_seen(found: Finding, least: int, metric: Metric) -> Forecast:
    """From a verdict on the recent past: what is seen goes on, and takes ``least`` slots to be told."""
    if found.verdict is Verdict.UNKNOWN:
        return Forecast(None, found.line)
    return _HOPELESS if found.verdict is Verdict.FAIL else _least(least, metric)


def _least(slots: int, metric: Metric) -> Forecast:
    return _needs(slots * metric.every_seconds)


def _needs(seconds: float) -> Forecast:
    if seconds > MAX_SECONDS:
        return Forecast(None, "at today's rate no soak is long enough", is_hopeless=True)
    return Forecast(seconds, f"at today's rate this gate needs {spoken(math.ceil(seconds))}")


def _requests(term: Threshold | AgainstBaseline, metric: Metric, judging: Judging) -> Forecast:
    if isinstance(term, AgainstBaseline):
        captured = judging.baselines.get(metric.id)
        level = captured.level if captured and captured.total > 0 else metric.baseline
        if level is None:
            return Forecast(None, "no baseline of its counts is known yet")
        if metric.id not in judging.baselines and is_multiple_of_nothing(term, metric, level, level):
            return Forecast(None, NO_MULTIPLES)
        limit = limit_from(term, level)
    else:
        limit = term.limit
    span = countable(metric, judging.series, judging.window)
    if span is None:
        return Forecast(None, judging.errors.get(metric.id) or "nothing was counted lately")
    seen = counts(metric, judging.series, span)
    if seen.total <= 0 or seen.seconds <= 0:
        return Forecast(None, judging.errors.get(metric.id) or "nothing was counted lately")
    if _rare(term, seen.events, seen.total) / seen.total >= _rare_share(term, limit):
        return Forecast(None, "at today's rate of errors this gate does not pass", is_hopeless=True)
    phi = seen.dispersion(metric.burst)
    requests = requests_at_rate(term.comparison, limit, seen.events / seen.total, phi=phi, alpha=judging.alpha)
    if requests is None:
        return Forecast(None, "no number of requests makes this gate pass", is_hopeless=True)
    return _needs(requests * seen.seconds / seen.total)


def _rare(term: Threshold | AgainstBaseline, events: float, total: float) -> float:
    return events if term.comparison.wants_low else total - events


def _rare_share(term: Threshold | AgainstBaseline, limit: float) -> float:
    return limit / 100 if term.comparison.wants_low else 1 - limit / 100


def _shift(term: AgainstBaseline, metric: Metric, judging: Judging) -> Forecast:
    """From a verdict on the recent past: the bins it had, and those that its interval would still need."""
    alone = metric.concurrent is not None or metric.id not in judging.baselines
    least = against.LEAST_BINS_ALONE if alone else against.LEAST_BINS * judging.baselines[metric.id].width
    found = against.judge_baseline(term, metric, judging)
    if found.verdict is Verdict.UNKNOWN:
        return Forecast(None, found.line)
    if found.verdict is Verdict.FAIL:
        return _HOPELESS
    if found.verdict is Verdict.PASS:
        return _least(least, metric)
    more = found.evidence.get("samples_needed")
    if more is None:
        return (
            Forecast(None, "as things are no soak is long enough to tell", is_hopeless=True)
            if "bins" in found.evidence
            else _least(least, metric)
        )
    return _needs(max(least, found.evidence["slots"] + more) * metric.every_seconds)
