"""Triggers: which of them fire, and what each says at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qudag_tui.core import event as ev
from qudag_tui.core.condition import Condition
from qudag_tui.core.fire import Firing, fire
from qudag_tui.core.glance import glance
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.judge_trend import LEAST_BINS
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.observed import MOST_PERIODS
from qudag_tui.core.slots import Series, Window, period_ns
from qudag_tui.core.state import State
from qudag_tui.core.trigger import Trigger
from qudag_tui.core.verdict import Finding, Verdict
from qudag_tui.supervisor.grounds import Grounds, metrics_of, payload

COUNTED_SECONDS = 60.0


class Triggers:
    """Looks at every trigger that has a condition."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def breached(self, state: State, now: Instant) -> Iterator[ev.TriggerBreached]:
        """Those that fire: watched from the first phase to the run's close, each until somebody reopens it."""
        since = state.under_way_since
        if since is None:
            return
        for trigger in self._grounds.plan.triggers:
            if trigger.condition is None or not state.may_breach(trigger.id):
                continue
            found = self._firing(trigger, trigger.condition, state, since, now)
            if found.fires:
                yield ev.TriggerBreached(trigger.id, found.line)

    def _firing(self, trigger: Trigger, condition: Condition, state: State, since: Instant, now: Instant) -> Firing:
        grounds, names = self._grounds, metrics_of(condition)
        now_ns = grounds.settled(names, state.clock.at(now))
        since_ns = max(state.clock.at(since), state.trigger_since.get(trigger.id, 0))
        window = Window(max(since_ns, now_ns - _back_ns(trigger, grounds.metrics(names))), now_ns)
        return fire(
            condition,
            self._for_seconds(trigger, names),
            now_ns,
            grounds.series(names, window),
            grounds.plan.metrics,
            errors=grounds.sampler.errors,
            baselines=state.captured,
            restarts=grounds.sampler.restarts(names, window),
            since_ns=since_ns,
        )

    def _for_seconds(self, trigger: Trigger, names: Iterable[str]) -> float:
        """How long it must hold; of counts without a time the last minute is looked at, as one look counts nothing."""
        counted = any(metric.kind is MetricKind.RATIO for metric in self._grounds.metrics(names))
        return trigger.for_seconds or (COUNTED_SECONDS if counted else 0.0)

    def stand(self, state: State, now: Instant, now_ns: int) -> None:
        """Write what each says at this moment into the standings."""
        for trigger in self._grounds.plan.triggers:
            if trigger.condition is not None:
                self._stand(trigger, trigger.condition, state, now, now_ns)

    def _stand(self, trigger: Trigger, condition: Condition, state: State, now: Instant, now_ns: int) -> None:
        """What its condition looks like; with an ``error`` where it cannot be told whether it fires."""
        grounds, since = self._grounds, state.under_way_since
        found = glance(
            condition, now_ns, self._recent(condition, now_ns), grounds.plan.metrics, errors=grounds.sampler.errors
        )
        blind = found.holds is None and found.value is None
        why = found.line if blind else ""
        if since is not None and state.may_breach(trigger.id):
            firing = self._firing(trigger, condition, state, since, now)
            why = (found.line if blind else firing.line) if firing.is_blind else ""
        verdict = {True: Verdict.FAIL, False: Verdict.PASS, None: Verdict.UNKNOWN}[found.holds]
        said = payload(Finding(verdict, found.line, found.value, found.limit), now)
        grounds.evidence.stand("trigger", trigger.id, now_ns, said | ({"error": why} if why else {}))

    def _recent(self, condition: Condition, now_ns: int) -> Series:
        names = metrics_of(condition)
        every = max((period_ns(metric.every_seconds) for metric in self._grounds.metrics(names)), default=0)
        return self._grounds.evidence.series(names, now_ns - MOST_PERIODS * every, now_ns)

    def starts(self, now_ns: int) -> Iterator[tuple[str, int]]:
        """The metrics that triggers look at, and back to when."""
        for trigger in self._grounds.plan.triggers:
            names = metrics_of(trigger.condition) if trigger.condition is not None else []
            metrics = self._grounds.metrics(names)
            yield from ((metric.id, now_ns - _back_ns(trigger, metrics)) for metric in metrics)


def _back_ns(trigger: Trigger, metrics: Iterable[Metric]) -> int:
    """How far back its condition may look: twice as far as it must hold, and over the bins of a trend."""
    every = max((period_ns(metric.every_seconds) for metric in metrics), default=0)
    return max(round(2 * (trigger.for_seconds or COUNTED_SECONDS) * NANOSECONDS), (LEAST_BINS + 2) * every)
