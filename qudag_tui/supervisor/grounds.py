"""What verdicts rest on: the samples of the metrics that a condition names, over a window that is settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qudag_tui.core.checklist import Plan
from qudag_tui.core.condition import Condition, terms
from qudag_tui.core.counts import countable
from qudag_tui.core.extension import alpha_of, alpha_of_look
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item, Soak
from qudag_tui.core.judge import judge
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.observed import MOST_PERIODS, SUPERVISOR, observed_seconds
from qudag_tui.core.part import Part, part, series_ids
from qudag_tui.core.requirement import plain
from qudag_tui.core.slots import Series, Window, period_ns
from qudag_tui.core.state import State
from qudag_tui.core.verdict import Finding
from qudag_tui.run.block import stamp
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.sampler import Sampler

_PATIENCE_SECONDS = 10.0
# How long samples stay in memory although no window reaches back to them.
KEPT_SECONDS = 900.0


class Grounds:
    """The plan of a run with what the sampler measures of it; every verdict of the supervisor is reached from here."""

    def __init__(self, plan: Plan, sampler: Sampler, evidence: Evidence) -> None:
        self.plan = plan
        self.sampler = sampler
        self.evidence = evidence
        self.soak_of = {gate.id: soak for gate in plan.gates if (soak := plan.soak_of(gate)) is not None}

    def metrics(self, names: Iterable[str]) -> list[Metric]:
        """Those that the plan has."""
        return [self.plan.metrics[name] for name in names if name in self.plan.metrics]

    def ids(self, names: Iterable[str]) -> list[str]:
        """Every series that metrics are judged by."""
        return [name for metric in self.metrics(names) for name in series_ids(metric)]

    def series(self, names: Iterable[str], window: Window) -> Series:
        """What there is of ``names`` in ``window``."""
        return self.evidence.series(self.ids(names), window.start_ns, window.end_ns)

    def settled(self, names: Iterable[str], now_ns: int) -> int:
        """Up to when all of them have been answered or given up: a slot that is being asked is not missing yet."""
        return min((self.sampler.settled_ns(name, now_ns) for name in names), default=now_ns)

    def observed(self, periods: Mapping[str, float], window: Window, now_ns: int) -> float:
        """Seconds from the start of ``window`` to ``now_ns`` in which somebody was looking."""
        longest = max((period_ns(every) for every in periods.values()), default=0)
        series = self.evidence.series(periods, max(0, window.start_ns - MOST_PERIODS * longest), now_ns)
        return observed_seconds(series, periods, Window(window.start_ns, now_ns))

    def judge(
        self, gate: Item, spec: Gate, window: Window, now_ns: int, state: State, *, alpha: float | None = None
    ) -> Finding:
        """The verdict of ``gate`` over ``window``, at the level of its next final look, or at ``alpha``."""
        names = metrics_of(spec.condition)
        soak = self.soak_of.get(gate.id)
        phase_seconds = None
        if soak is not None and isinstance(soak.spec, Soak):
            window = self._from_first_count(names, window)
            phase_seconds = soak.spec.seconds
        if alpha is None:
            alpha = alpha_of_look(state.next_look(gate.id)) if soak is None else alpha_of(spec.extend)
        return judge(
            spec.condition,
            window,
            self.series(names, window),
            self.plan.metrics,
            tolerate=spec.tolerate,
            errors=self.sampler.errors,
            now_ns=now_ns,
            baselines=state.captured,
            restarts=self.sampler.restarts(names, window),
            phase_seconds=phase_seconds,
            alpha=alpha,
        )

    def _from_first_count(self, names: Iterable[str], window: Window) -> Window:
        """``window`` from where counting began, if it began with the soak: the supervisor came with it, or the trust.

        What is missing later, or although it was counted before while a supervisor looked, stays missing.
        """
        start = window.start_ns
        for metric in self.metrics(names):
            if metric.kind is not MetricKind.RATIO:
                continue
            patience, events = patience_ns(metric), part(metric.id, Part.EVENTS)
            looked = self.evidence.series([SUPERVISOR], window.start_ns - patience, window.start_ns - 1)[SUPERVISOR]
            back_ns = max(patience, round(KEPT_SECONDS * NANOSECONDS)) if looked else patience
            if self.evidence.series([events], window.start_ns - back_ns, window.start_ns - 1)[events]:
                continue
            near = Window(window.start_ns, min(window.start_ns + patience, window.end_ns))
            counted = countable(metric, self.series([metric.id], near), near)
            start = max(start, counted.start_ns) if counted is not None else start
        return Window(start, window.end_ns)


def metrics_of(condition: Condition) -> list[str]:
    """The metrics that a condition names, each once, in order."""
    return list(dict.fromkeys(term.metric for term in terms(condition)))


def own_window(spec: Gate, end_ns: int) -> Window:
    """What a gate outside a soak looks over."""
    return Window(max(0, end_ns - round(spec.window_seconds * NANOSECONDS)), end_ns)


def patience_ns(metric: Metric) -> int:
    """For how long a final look waits for a count, and counting for its beginning."""
    return max(MOST_PERIODS * period_ns(metric.every_seconds), round(_PATIENCE_SECONDS * NANOSECONDS))


def payload(found: Finding, now: Instant) -> dict[str, Any]:
    """A finding as a standing keeps it."""
    return {
        "verdict": found.verdict.value,
        "line": found.line,
        "value": found.value,
        "limit": found.limit,
        "needs": found.needs,
        "requirements": plain(found.requirements),
        "at": stamp(now.wall),
    }
