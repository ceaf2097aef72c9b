"""What a verdict is reached from, and the words that every kind of verdict shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qudag_tui.core.baseline import Captured
from qudag_tui.core.duration import spoken
from qudag_tui.core.extension import ALPHA
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import Metric
from qudag_tui.core.slots import Series, Window
from qudag_tui.core.unit import Unit, show
from qudag_tui.core.verdict import Finding, Verdict

MOST_MISSING = 0.05
TOLERATE = 0.01
# Shares are compared with what rounding leaves of them: 29 of 100 is within 29 %.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """All that a term is judged by. Times are nanoseconds on the run clock.

    ``alpha`` is the share of errors allowed on one side, ``tolerate`` the share of the window that may be in
    violation; ``errors`` say why a metric could last not be measured, ``restarts`` when what it measures was seen to
    start anew (a metric without an entry is one of which nothing else tells). ``phase_seconds`` is what a trend is
    projected over. ``r1`` replaces the autocorrelation that the data show, for tests of what depends on it alone.
    """

    window: Window
    series: Series
    metrics: Mapping[str, Metric]
    now_ns: int
    alpha: float = ALPHA
    tolerate: float = TOLERATE
    errors: Mapping[str, str] = field(default_factory=dict)
    baselines: Mapping[str, Captured] = field(default_factory=dict)
    restarts: Mapping[str, Sequence[int]] = field(default_factory=dict)
    phase_seconds: float | None = None
    r1: float | None = None

    def age(self, at_ns: int | None) -> str:
        """How old something is, in words; "" for nothing."""
        return f"{spoken((self.now_ns - at_ns) / NANOSECONDS)} old" if at_ns is not None else ""

    def evidence(self, metric: str, **facts: Any) -> dict[str, Any]:
        """Plain values for the journal: no None, and no number that is not finite, which canonical JSON lacks."""
        named = {"metric": metric, "from_ns": self.window.start_ns, "to_ns": self.window.end_ns, "alpha": self.alpha}
        return {
            key: value
            for key, value in (named | facts).items()
            if value is not None and not (isinstance(value, float) and not math.isfinite(value))
        }


def too_many_missing(missing: int, count: int) -> bool:
    """Whether so many of the slots are missing that nothing can be said."""
    return missing > MOST_MISSING * count + ROUNDING


def joined(*details: str) -> str:
    """Those that say something, separated by commas."""
    return ", ".join(detail for detail in details if detail)


def more_of(more: int, what: str = "sample", seconds: float | None = None) -> str:
    """``3 more samples, ~30 s``; ``seconds`` is how long they take."""
    time = f", ~{spoken(seconds)}" if seconds is not None else ""
    return f"{more:,} more {what}{'' if more == 1 else 's'}{time}"


def needs(more: int) -> str:
    """``needs 3 more samples``."""
    return f"needs {more_of(more)}"


def fewer_gaps(judging: Judging, metric: Metric, seen: tuple[int, int], share: float = MOST_MISSING) -> str:
    """What it takes until what is in the way, ``seen`` as (so many, of so many slots), is at most ``share`` of all.

    In a soak those slots stay in the window, and it takes others beside them; elsewhere they leave it.
    """
    gone, count = seen
    if not count:
        return "a first sample"
    if judging.phase_seconds is None or share <= 0:
        return f"at most {percent(share)} of its slots missing"
    more = max(1, math.ceil(gone / share - ROUNDING) - count)
    return f"{more_of(more, 'slot')} without a gap, ~{spoken(more * metric.every_seconds)}"


def percent(share: float) -> str:
    """A share (0 to 1) as a percentage."""
    return f"{share * 100:.3g}%"


def units_differ(metric: Metric, unit: Unit, evidence: Mapping[str, Any]) -> Finding:
    """The verdict where a condition's number is in another unit than its metric."""
    names = [found.value or "plain numbers" for found in (metric.unit, unit)]
    line = f"the metric is in {names[0]}, the condition in {names[1]}"
    return Finding(Verdict.UNKNOWN, line, evidence=evidence, needs="the condition in the metric's unit")


def shown(value: float | None, metric: Metric) -> str:
    """``value`` in the metric's unit, or that there is none."""
    return "no value" if value is None else show(value, metric.unit)
