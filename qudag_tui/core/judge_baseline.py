"""A metric against its baseline: the interval of Hodges and Lehmann's shift, of logarithms for % and ×."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from qudag_tui.core.against import NO_BASELINE, NO_MULTIPLES, baseline_needs, limit_from, unusable
from qudag_tui.core.baseline import BaselineKind
from qudag_tui.core.bounds import Bounds, bounds
from qudag_tui.core.condition import AgainstBaseline, Relation
from qudag_tui.core.judging import Judging, fewer_gaps, joined, more_of, needs, shown, too_many_missing, units_differ
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.part import Part, part
from qudag_tui.core.statistics.autocorrelation import corrected, lag_one, widening, widening_of_both
from qudag_tui.core.statistics.bins import median, medians, seen_medians
from qudag_tui.core.statistics.shift import location_bounds, location_estimate, shift_bounds, shift_estimate
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Finding, Verdict

LEAST_BINS = 30
LEAST_BINS_ALONE = 60
# Where no extension would plausibly do, none is promised.
_MOST_TIMES = 50.0
# Of a larger logarithm there is no factor that a double could hold.
_MOST_LOG = 700.0
_LEAST = 5e-324


@lean_dataclass(frozen=True, slots=True)
class _Side:
    """Bins in order: what was seen (None for a missing one), and the least and the most that each may be."""

    values: Sequence[float | None]
    low: Sequence[float]
    high: Sequence[float]

    @property
    def is_exact(self) -> bool:
        """Whether all is known, so that what is worked out once holds for all three."""
        return self.low is self.values and self.high is self.values

    def binned(self, width: int) -> _Side:
        if width == 1:
            return self
        values = seen_medians(self.values, width)
        if self.is_exact:
            return _exactly([value for value in values if value is not None])
        return _Side(values, medians(self.low, width), medians(self.high, width))

    def not_negative(self) -> _Side:
        """With what is, or may be, below 0 as if it were missing: it has no logarithm, and no multiples."""
        below = [low < 0 for low in self.low]
        if not any(below):
            return self
        return _Side(
            [None if gone else value for gone, value in zip(below, self.values, strict=True)],
            [-math.inf if gone else low for gone, low in zip(below, self.low, strict=True)],
            [math.inf if gone else high for gone, high in zip(below, self.high, strict=True)],
        )

    def logs(self) -> _Side:
        """Of logarithms. What is not positive is as small as a number can be, which its ranks are right about."""
        floor = min((value for value in self.values if value is not None and value > 0), default=_LEAST)
        values = [None if value is None else math.log(max(value, floor)) for value in self.values]
        if self.is_exact and all(value > 0 for value in self.low):
            return _exactly([value for value in values if value is not None])
        return _Side(values, [_log(value) for value in self.low], [_log(value) for value in self.high])

    def over(self, other: _Side) -> _Side:
        """The differences of values at the same places."""
        if self.is_exact and other.is_exact:
            return _exactly([one - two for one, two in zip(self.low, other.low, strict=True)])
        pairs = zip(self.values, other.values, strict=True)
        return _Side(
            [None if one is None or two is None else one - two for one, two in pairs],
            [low - high for low, high in zip(self.low, other.high, strict=True)],
            [high - low for high, low in zip(self.high, other.low, strict=True)],
        )

    @property
    def seen(self) -> list[float]:
        return [value for value in self.values if value is not None]

    @property
    def r1(self) -> float:
        return corrected(lag_one(self.values), len(self.values))


def _exactly(values: Sequence[float]) -> _Side:
    return _Side(values, values, values)


def _log(value: float) -> float:
    return value if math.isinf(value) else math.log(max(value, _LEAST))


@lean_dataclass(frozen=True, slots=True)
class Compared:
    """The shift, with its bounds, in the scale of the comparison, from ``bins`` bins of ``width`` slots."""

    low: float
    estimate: float | None
    high: float
    r1: float
    bins: int
    width: int
    baseline_bins: int | None


@lean_dataclass(frozen=True, slots=True)
class _Beside:
    """What the soak is compared with: ``side`` in bins of ``width`` slots, ``level`` its middle, ``note`` in words."""

    kind: BaselineKind
    side: _Side
    width: int
    level: float | None
    note: str


def judge_baseline(term: AgainstBaseline, metric: Metric, judging: Judging) -> Finding:
    """JUDGEMENT's *against a baseline*: pass, fail or inconclusive by the side of the limit the interval lies on."""
    if term.relation is Relation.PLUS and term.unit is not metric.unit:
        return units_differ(metric, term.unit, judging.evidence(metric.id))
    soak = bounds(metric, judging.series, judging.window)
    error = judging.errors.get(metric.id, "")
    value = soak.newest[1] if soak.newest else None
    age = judging.age(soak.newest[0] if soak.newest else None)

    def early(verdict: Verdict, reason: str, needed: str) -> Finding:
        line = f"{shown(value, metric)} · {joined(reason, error if verdict is Verdict.UNKNOWN else '', age)}"
        facts = {"slots": len(soak.values), "missing": soak.missing, "reason": reason}
        return Finding(verdict, line, value, evidence=judging.evidence(metric.id, **facts), needs=needed)

    if too_many_missing(soak.missing, len(soak.values)) or (error and not soak.good):
        gone = f"{soak.missing} of {len(soak.values)} slots missing" if soak.values else "no slots yet"
        return early(Verdict.UNKNOWN, gone, fewer_gaps(judging, metric, (soak.missing, len(soak.values))))
    beside = _beside(metric, judging, soak)
    if isinstance(beside, str):
        return early(Verdict.UNKNOWN, beside, baseline_needs(metric, judging))
    if term.relation is not Relation.PLUS:
        beside = replace(beside, side=beside.side.not_negative())
    if term.relation is not Relation.PLUS and (limit_from(term, 1.0) <= 0 or _is_nothing(beside.side, metric)):
        return early(
            Verdict.UNKNOWN, NO_MULTIPLES, "a difference in the metric's unit as its limit, such as “baseline + 5 ms”"
        )
    compared = _compare(soak, beside, is_ratio=term.relation is not Relation.PLUS, judging=judging)
    if isinstance(compared, int):
        needed = more_of(compared, "sample", compared * metric.every_seconds)
        return early(Verdict.INCONCLUSIVE, joined(needs(compared), beside.note), needed)
    return _found(term, metric, judging, soak, (beside, compared))


def _beside(metric: Metric, judging: Judging, soak: Bounds) -> _Beside | str:
    """The concurrent baseline if the plan has one, else the captured, else the fixed one; or why there is none."""
    if metric.concurrent is not None:
        found = bounds(replace(metric, id=part(metric.id, Part.BASELINE)), judging.series, judging.window)
        if too_many_missing(found.missing, len(found.values)):
            return f"{found.missing} of {len(found.values)} slots of the concurrent baseline missing"
        level = median(found.good) if found.good else None
        note = f"baseline concurrent, {len(found.good)} samples"
        return _Beside(BaselineKind.CONCURRENT, _Side(found.values, found.low, found.high), 1, level, note)
    captured = judging.baselines.get(metric.id)
    if captured is not None:
        if reason := unusable(captured, metric, judging):
            return reason
        low, values, high = zip(*captured.bins, strict=True)
        note = f"baseline captured, {judging.age(captured.to_ns)}, {captured.samples} samples"
        side = _Side(values, low, high)
        return _Beside(BaselineKind.CAPTURED, side, captured.width, median(captured.values), note)
    if metric.baseline is not None:
        fixed = [metric.baseline] * len(soak.values)
        return _Beside(BaselineKind.FIXED, _Side(fixed, fixed, fixed), 1, metric.baseline, "baseline a fixed number")
    return NO_BASELINE


def _is_nothing(side: _Side, metric: Metric) -> bool:
    """Whether half of a baseline is not above 0, as far as is known; a histogram's first bucket begins there."""
    none = [
        low < 0 or high <= 0 or (low == 0 and metric.kind is not MetricKind.QUANTILE)
        for low, high in zip(side.low, side.high, strict=True)
    ]
    return bool(none) and 2 * sum(none) >= len(none)


def _compare(soak: Bounds, beside: _Beside, *, is_ratio: bool, judging: Judging) -> Compared | int:
    """The shift; or, as a number, how many more samples it takes to compare at all."""
    # The soak first becomes bins as a captured baseline did, so that both sides go through the same medians.
    side, other = _Side(soak.values, soak.low, soak.high).binned(beside.width), beside.side
    if beside.kind is BaselineKind.CAPTURED:
        return _compare_apart(
            side, other, is_ratio=is_ratio, slots=len(soak.values), width=beside.width, judging=judging
        )
    if len(side.values) < LEAST_BINS_ALONE:
        return LEAST_BINS_ALONE - len(side.values)
    # Slot by slot: what moves both at once (load, the time of day) leaves their difference alone.
    apart = side.logs().over(other.logs()) if is_ratio else side.over(other)
    width = len(apart.values) // LEAST_BINS_ALONE
    bins = apart.binned(width)
    r1 = bins.r1 if judging.r1 is None else judging.r1
    low, high = location_bounds(bins.low, bins.high, alpha=judging.alpha, widening=widening(r1, len(bins.values)))
    return Compared(low, location_estimate(bins.seen), high, r1, len(bins.values), width, None)


def _compare_apart(
    soak: _Side, other: _Side, *, is_ratio: bool, slots: int, width: int, judging: Judging
) -> Compared | int:
    shorter = min(len(soak.values), len(other.values))
    if shorter < LEAST_BINS:
        return max(1, LEAST_BINS * width - slots)
    wide = shorter // LEAST_BINS
    bins, others = soak.binned(wide), other.binned(wide)
    if is_ratio:
        bins, others = bins.logs(), others.logs()
    soak_r1, other_r1 = (bins.r1, others.r1) if judging.r1 is None else (judging.r1, judging.r1)
    wide_by = widening_of_both((soak_r1, len(bins.values)), (other_r1, len(others.values)))
    low, high = shift_bounds((bins.low, bins.high), (others.low, others.high), alpha=judging.alpha, widening=wide_by)
    estimate = shift_estimate(bins.seen, others.seen)
    return Compared(low, estimate, high, max(soak_r1, other_r1), len(bins.values), wide * width, len(others.values))


def _found(
    term: AgainstBaseline, metric: Metric, judging: Judging, soak: Bounds, sides: tuple[_Beside, Compared]
) -> Finding:
    beside, compared = sides
    is_ratio, comparison = term.relation is not Relation.PLUS, term.comparison
    limit = math.log(limit_from(term, 1.0)) if is_ratio else term.amount
    best, worst = (compared.low, compared.high) if comparison.wants_low else (compared.high, compared.low)
    level = None if beside.level is None else limit_from(term, beside.level)
    value = median(soak.good) if soak.good else None
    more: float | None = None
    needed = ""
    if comparison.holds(worst, limit):
        verdict = Verdict.PASS
    elif not comparison.holds(best, limit):
        verdict = Verdict.FAIL
    else:
        verdict, more = Verdict.INCONCLUSIVE, samples_needed(compared, limit, wants_low=comparison.wants_low)
        needed = _wanted(more, metric) or "other values: as they are no soak is long enough to tell"

    def said(shift: float) -> str:
        if not math.isfinite(shift) or (is_ratio and shift > _MOST_LOG):
            return "no bound"
        if not is_ratio:
            return ("+" if shift >= 0 else "") + show(shift, metric.unit)
        if term.relation is Relation.TIMES:
            return f"{math.exp(shift):.3g}x"
        return f"{100 * math.expm1(shift):+.3g}%"

    span = (
        ""
        if compared.estimate is None
        else f"{said(compared.estimate)} ({said(compared.low)} to {said(compared.high)})"
    )
    age = judging.age(soak.newest[0] if soak.newest else None)
    head = f"{shown(value, metric)}, limit {shown(level, metric)}"
    missing = f"{soak.missing} missing" if soak.missing else ""
    wanted = f"needs {_wanted(more, metric)}" if more is not None else ""
    line = f"{head} · {joined(span, missing, wanted, beside.note, age)}"
    evidence = judging.evidence(
        metric.id,
        comparison=comparison.value,
        limit=level,
        baseline=beside.kind.value,
        baseline_level=beside.level,
        baseline_bins=compared.baseline_bins,
        scale="log" if is_ratio else "linear",
        lowest=compared.low,
        estimate=compared.estimate,
        highest=compared.high,
        slots=len(soak.values),
        missing=soak.missing,
        bins=compared.bins,
        bin_slots=compared.width,
        r1=compared.r1,
        samples_needed=more,
    )
    return Finding(verdict, line, value, level, evidence, needed)


def _wanted(more: float | None, metric: Metric) -> str:
    if more is None:
        return ""
    if math.isinf(more):
        return "a longer baseline"
    return more_of(math.ceil(more), "sample", more * metric.every_seconds)


def samples_needed(compared: Compared, limit: float, *, wants_low: bool) -> float | None:
    """How many more samples would bring the bound to the limit; ∞ if the baseline is too short for any number to.

    An interval shrinks as the square root of its bins. None where that cannot be told: the estimate is on the wrong
    side, there are no bounds yet, or it would take more than fifty times as long.
    """
    if compared.estimate is None or not math.isfinite(compared.high - compared.low):
        return None
    room = limit - compared.estimate if wants_low else compared.estimate - limit
    half = compared.high - compared.estimate if wants_low else compared.estimate - compared.low
    if room <= 0 or half <= 0:
        return None
    other = 1 / compared.baseline_bins if compared.baseline_bins else 0.0
    left = (1 / compared.bins + other) * (room / half) ** 2 - other
    if left <= 0:
        return math.inf
    more = (1 / left - compared.bins) * compared.width
    return more if 0 < more <= _MOST_TIMES * compared.bins * compared.width else None
