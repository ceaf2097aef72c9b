"""What a condition says of the samples in a window. Pure, and never a pass without the evidence for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from qudag_tui.core.baseline import Captured
from qudag_tui.core.condition import AgainstBaseline, AllOf, AnyOf, Condition, Term, Threshold
from qudag_tui.core.extension import EXTEND, REPEATED_ALPHA, alpha_of
from qudag_tui.core.judge_baseline import judge_baseline
from qudag_tui.core.judge_counts import judge_counts, judge_counts_against
from qudag_tui.core.judge_threshold import judge_threshold
from qudag_tui.core.judge_trend import judge_trend
from qudag_tui.core.judging import TOLERATE, Judging
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.requirement import Requirement
from qudag_tui.core.slots import Series, Window
from qudag_tui.core.spelling import spelled
from qudag_tui.core.verdict import Finding, Verdict, best, worst
from qudag_tui.core.watch import holds_now

Judge = Callable[[Term, Judging], Finding]


def judge(
    condition: Condition,
    window: Window,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    tolerate: float = TOLERATE,
    errors: Mapping[str, str] | None = None,
    now_ns: int | None = None,
    extend: int = EXTEND,
    baselines: Mapping[str, Captured] | None = None,
    restarts: Mapping[str, Sequence[int]] | None = None,
    phase_seconds: float | None = None,
    r1: float | None = None,
    alpha: float | None = None,
) -> Finding:
    """The verdict over the slots of ``window``, at the level of one of 1 + ``extend`` final looks, or at ``alpha``.

    ``series`` holds the samples by metric and part (``part.py``), ``errors`` why a metric could last not be measured,
    ``tolerate`` the share of the window (0 to 1) that may be in violation, ``baselines`` what was captured in the run,
    ``restarts`` when what a metric measures was seen to start anew (run clock; an empty entry: something watches, and
    saw none). Trends are projected over ``phase_seconds``, by default the window. Ages are told from ``now_ns``, by
    default the window's end. ``r1`` stands for tests: the autocorrelation, instead of what the data show.
    """
    judging = Judging(
        window=window,
        series=series,
        metrics=metrics,
        now_ns=window.end_ns if now_ns is None else now_ns,
        alpha=alpha_of(extend) if alpha is None else alpha,
        tolerate=tolerate,
        errors=errors or {},
        baselines=baselines or {},
        restarts=restarts or {},
        phase_seconds=phase_seconds,
        r1=r1,
    )
    return _combine(condition, judge_term, judging)


def holds(
    condition: Condition,
    window: Window,
    series: Series,
    metrics: Mapping[str, Metric],
    *,
    errors: Mapping[str, str] | None = None,
    baselines: Mapping[str, Captured] | None = None,
    restarts: Mapping[str, Sequence[int]] | None = None,
) -> Finding:
    """Whether a watched condition holds now: ``pass`` only if it does in every slot of the last 15 s.

    ``window`` goes from the start of the watch to now; what was seen before the watch says nothing. At least three
    slots are needed (so a slow metric is looked at over three periods), and none of them may be missing. A ratio of
    counts holds if what was counted since the start of the watch passes at 99.9 %: at 95 %, looked at every few
    seconds for five minutes, one exactly at its limit was taken for recovered in a fifth of all runs.
    """
    judging = Judging(
        window=window,
        series=series,
        metrics=metrics,
        now_ns=window.end_ns,
        alpha=REPEATED_ALPHA,
        errors=errors or {},
        baselines=baselines or {},
        restarts=restarts or {},
    )

    def one(term: Term, judging: Judging) -> Finding:
        metric = metrics.get(term.metric)
        return _no_metric(term) if metric is None else holds_now(term, metric, judging)

    return _combine(condition, one, judging)


def judge_term(term: Term, judging: Judging) -> Finding:
    """The verdict on a single comparison."""
    metric = judging.metrics.get(term.metric)
    if metric is None:
        return _no_metric(term)
    is_ratio = metric.kind is MetricKind.RATIO
    if isinstance(term, Threshold):
        return (judge_counts if is_ratio else judge_threshold)(term, metric, judging)
    if isinstance(term, AgainstBaseline):
        return (judge_counts_against if is_ratio else judge_baseline)(term, metric, judging)
    return judge_trend(term, metric, judging)


def _no_metric(term: Term) -> Finding:
    line = f"the plan has no metric “{term.metric}”"
    return Finding(Verdict.UNKNOWN, line, evidence={"metric": term.metric}, needs="a metric of that name in the plan")


def _combine(condition: Condition, one: Judge, judging: Judging) -> Finding:
    if not isinstance(condition, AllOf | AnyOf):
        alone = one(condition, judging)
        asked = Requirement(spelled(condition), alone.verdict, alone.line, alone.needs)
        return replace(alone, requirements=(asked,))
    if isinstance(condition, AnyOf):
        # The best of several looks is a choice among them: together they may err no more often than one.
        judging = replace(judging, alpha=judging.alpha / len(condition.terms))
    found = [_combine(term, one, judging) for term in condition.terms]
    named = [
        f"{_name(term, judging)} {finding.line}" if not isinstance(term, AllOf | AnyOf) else finding.line
        for term, finding in zip(condition.terms, found, strict=True)
    ]
    pick = worst if isinstance(condition, AllOf) else best
    verdict = pick(finding.verdict for finding in found)
    decisive = next(finding for finding in found if finding.verdict is verdict)
    open_ = [finding.needs for finding in found if finding.needs]
    joint = "; " if isinstance(condition, AllOf) else ", or "
    return replace(
        decisive,
        line="; ".join(named),
        evidence={str(number): finding.evidence for number, finding in enumerate(found, 1)},
        # Where one of several is enough, nothing is needed once one holds.
        needs="" if verdict is Verdict.PASS else joint.join(dict.fromkeys(open_)),
        requirements=tuple(asked for finding in found for asked in finding.requirements),
    )


def _name(term: Term, judging: Judging) -> str:
    return judging.metrics[term.metric].title if term.metric in judging.metrics else term.metric
