"""What the samples say of gates, triggers and watches: standings while it is open, facts when it is final."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import thread_time
from typing import Any

from qudag_tui.core import event as ev
from qudag_tui.core.checklist import Plan
from qudag_tui.core.condition import Condition, terms
from qudag_tui.core.counts import countable
from qudag_tui.core.definition import gates_of
from qudag_tui.core.due import JudgeWatch
from qudag_tui.core.extension import EXTEND, AfterLook, after_look
from qudag_tui.core.fire import fire
from qudag_tui.core.glance import glance
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item, Kind, Soak
from qudag_tui.core.judge import holds, judge
from qudag_tui.core.judge_trend import LEAST_BINS
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.observed import MOST_PERIODS, SUPERVISOR, SUPERVISOR_EVERY_SECONDS, observed_seconds
from qudag_tui.core.part import Part, part, series_ids
from qudag_tui.core.phase import SoakProgress
from qudag_tui.core.slots import Series, Window, period_ns
from qudag_tui.core.state import State
from qudag_tui.core.trigger import Trigger
from qudag_tui.core.verdict import Finding, Verdict
from qudag_tui.run.block import stamp
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.sampler import Sampler

# How often so-far findings are refreshed at most, and at least: in between they take a hundredth of the time.
SO_FAR_SECONDS = 0.5
_SLOWEST_SECONDS = 5.0
_SHARE = 100
_KEPT_SECONDS = 900.0
_PATIENCE_SECONDS = 10.0
COUNTED_SECONDS = 60.0


class Judging:
    """Looks at the samples of one run; records nothing itself."""

    def __init__(self, plan: Plan, sampler: Sampler, evidence: Evidence) -> None:
        self._sampler = sampler
        self._evidence = evidence
        self._due: dict[tuple[str, int], int] = {}
        self.follow(plan)

    def follow(self, plan: Plan) -> None:
        """Judge by ``plan`` from here on."""
        self._plan = plan
        self._seen = -1
        self._next_ns = 0
        self._soak_of = {gate.id: soak for soak, gates in _gates_by_soak(plan) for gate in gates}
        self._gates_of = {soak.id: gates for soak, gates in _gates_by_soak(plan)}

    # Final looks

    def final(self, state: State, now: Instant) -> Iterator[ev.Fact]:
        """The facts that are ready to be recorded: looks that were asked for, and soaks that are complete."""
        for item_id, asked in list(state.look_requests.items()):
            gate = self._plan.items.get(item_id)
            if gate is not None and isinstance(gate.spec, Gate):
                names, now_ns = _metrics(gate.spec.condition), state.clock.at(now)
                window = self._own_window(gate.spec, self._settled(names, now_ns))
                if self._is_ready(item_id, asked.seq, names, window, now_ns):
                    yield self._look(gate, gate.spec, asked.seq, window, state)
        for item_id, soak in list(state.soaks.items()):
            item = self._plan.items.get(item_id)
            if item is not None and isinstance(item.spec, Soak) and soak.completed is None:
                yield from self._soak(item, item.spec, soak, state, state.clock.at(now))

    def _soak(self, item: Item, spec: Soak, soak: SoakProgress, state: State, now_ns: int) -> Iterator[ev.Fact]:
        wanted = spec.seconds + soak.extended_seconds
        if now_ns - soak.started_run_ns < wanted * NANOSECONDS:
            return
        gates = self._gates_of.get(item.id, [])
        periods = self._periods(gates)
        window = Window(soak.started_run_ns, self._settled(periods, now_ns))
        observed = self._observed(periods, window, now_ns)
        if observed < wanted or not self._is_ready(item.id, soak.seq, periods, window, now_ns):
            return
        look, open_ = soak.looks + 1, []
        for gate in gates:
            if not isinstance(gate.spec, Gate):
                continue
            known = self._known(gate, gate.spec, soak, state)
            if known is None:
                fact = self._look(gate, gate.spec, soak.seq, window, state, look=look)
                yield fact
                known = fact
            longer = known.look == look and _is_open(known, gate.spec)
            if longer and not state.item_state(gate).is_settled:
                open_.append(gate.id)
        if open_:
            yield ev.SoakExtended(item.id, soak.seq, look, max(1.0, spec.seconds / 2), tuple(open_))
        else:
            yield ev.SoakCompleted(item.id, soak.seq, round(observed, 3))

    @staticmethod
    def _known(gate: Item, spec: Gate, soak: SoakProgress, state: State) -> ev.GateJudged | None:
        """The look at ``gate`` that stands at this end of ``soak``, or None where one is due."""
        before = state.looks.get(gate.id)
        if before is None or before.judged.request != soak.seq:
            return None
        judged = before.judged
        return None if judged.look <= soak.looks and _is_open(judged, spec) else judged

    def _is_ready(self, item: str, request: int, names: Iterable[str], window: Window, now_ns: int) -> bool:
        """Whether a final look may be taken: gaps are filled, and the last slot of what is counted has its sample.

        For a slot that fails it waits for the next one, but not for ever: then what is missing is missing.
        """
        due_ns = self._due.setdefault((item, request), now_ns)
        names = [name for name in names if name in self._plan.metrics]
        if self._sampler.is_filling(names):
            return False
        return all(
            self._has_last(self._plan.metrics[name], window) or now_ns - due_ns > _patience_ns(self._plan.metrics[name])
            for name in names
        )

    def _has_last(self, metric: Metric, window: Window) -> bool:
        if metric.kind is not MetricKind.RATIO:
            return True
        every = period_ns(metric.every_seconds)
        last = window.end_ns // every * every
        series = self._evidence.series(series_ids(metric), last, last)
        return bool(series[part(metric.id, Part.EVENTS)])

    def _periods(self, gates: Iterable[Item]) -> dict[str, float]:
        """Whose samples count as observing; a soak without gates is observed by the supervisor's own."""
        gates = list(gates)
        if not gates:
            return {SUPERVISOR: SUPERVISOR_EVERY_SECONDS}
        named = [name for gate in gates if isinstance(gate.spec, Gate) for name in _metrics(gate.spec.condition)]
        return {name: self._plan.metrics[name].every_seconds for name in named if name in self._plan.metrics}

    def _observed(self, periods: Mapping[str, float], window: Window, now_ns: int) -> float:
        longest = max((period_ns(every) for every in periods.values()), default=0)
        series = self._evidence.series(periods, max(0, window.start_ns - MOST_PERIODS * longest), now_ns)
        return observed_seconds(series, periods, Window(window.start_ns, now_ns))

    def _look(
        self, gate: Item, spec: Gate, request: int, window: Window, state: State, *, look: int = 1
    ) -> ev.GateJudged:
        found = self._judge(gate, spec, window, window.end_ns, state)
        return ev.GateJudged(
            gate.id, request, found.verdict.value, found.line, found.value, found.limit, dict(found.evidence), look
        )

    # Triggers

    def breached(self, state: State, now: Instant) -> Iterator[ev.TriggerBreached]:
        """The triggers that fire: watched from the first phase to the run's close, each until somebody reopens it."""
        since = state.under_way_since
        if since is None:
            return
        for trigger in self._plan.triggers:
            if trigger.condition is None or trigger.id in state.fired:
                continue
            names = _metrics(trigger.condition)
            now_ns = self._settled(names, state.clock.at(now))
            since_ns = max(state.clock.at(since), state.trigger_since.get(trigger.id, 0))
            back_ns = _back_ns(trigger, [self._plan.metrics[name] for name in names if name in self._plan.metrics])
            window = Window(max(since_ns, now_ns - back_ns), now_ns)
            found = fire(
                trigger.condition,
                _for_seconds(trigger, self._plan),
                now_ns,
                self._series(names, window),
                self._plan.metrics,
                errors=self._sampler.errors,
                baselines=state.captured,
                restarts=self._sampler.restarts(names, window),
                since_ns=since_ns,
            )
            if found.fires:
                yield ev.TriggerBreached(trigger.id, found.line)

    # So far

    def so_far(self, state: State, now: Instant) -> None:
        """Refresh the standings, where there are new samples and it is time."""
        if self._seen == self._sampler.changes or now.boot_ns < self._next_ns:
            return
        began = thread_time()
        self._seen = self._sampler.changes
        now_ns = state.clock.at(now)
        kept: dict[str, int] = {}
        for item in self._plan.items.values():
            if isinstance(item.spec, Gate):
                window = self._window_of(item, item.spec, state, now_ns)
                if window is not None:
                    found = self._judge(item, item.spec, window, now_ns, state)
                    self._evidence.stand("gate", item.id, now_ns, _payload(found, now))
                    for name in _metrics(item.spec.condition):
                        kept[name] = min(kept.get(name, window.start_ns), window.start_ns)
        for trigger in self._plan.triggers:
            if trigger.condition is not None:
                self._glance(trigger.id, trigger.condition, now, now_ns)
        for metric, reading in self._sampler.readings.items():
            payload: dict[str, Any] = {"value": reading.value, "unit": self._plan.metrics[metric].unit.value}
            payload["error"] = reading.error
            if reading.at is not None:
                payload["at"] = stamp(reading.at.wall)
            self._evidence.stand("metric", metric, now_ns, payload)
        for trigger in self._plan.triggers:
            names = _metrics(trigger.condition) if trigger.condition is not None else []
            metrics = [self._plan.metrics[name] for name in names if name in self._plan.metrics]
            for one in metrics:
                start = now_ns - _back_ns(trigger, metrics)
                kept[one.id] = min(kept.get(one.id, start), start)
        self._forget(kept, state, now_ns)
        pause = min(max(SO_FAR_SECONDS, (thread_time() - began) * _SHARE), _SLOWEST_SECONDS)
        self._next_ns = now.boot_ns + round(pause * NANOSECONDS)

    def _window_of(self, gate: Item, spec: Gate, state: State, now_ns: int) -> Window | None:
        end_ns = self._settled(_metrics(spec.condition), now_ns)
        soak = self._soak_of.get(gate.id)
        if soak is None:
            return self._own_window(spec, end_ns)
        progress = state.soaks.get(soak.id)
        if progress is None or progress.completed is not None:
            return None
        return Window(progress.started_run_ns, max(progress.started_run_ns, end_ns))

    def _glance(self, trigger: str, condition: Condition, now: Instant, now_ns: int) -> None:
        found = glance(
            condition,
            now_ns,
            self._recent(condition, now_ns),
            self._plan.metrics,
            errors=self._sampler.errors,
        )
        verdict = {True: Verdict.FAIL, False: Verdict.PASS, None: Verdict.UNKNOWN}[found.holds]
        payload = _payload(Finding(verdict, found.line, found.value, found.limit), now)
        self._evidence.stand("trigger", trigger, now_ns, payload)

    def _recent(self, condition: Condition, now_ns: int) -> Series:
        names = _metrics(condition)
        every = max(
            (period_ns(self._plan.metrics[n].every_seconds) for n in names if n in self._plan.metrics), default=0
        )
        return self._evidence.series(names, now_ns - MOST_PERIODS * every, now_ns)

    def _forget(self, kept: Mapping[str, int], state: State, now_ns: int) -> None:
        slack = round(_KEPT_SECONDS * NANOSECONDS)
        soaking = [soak.started_run_ns for soak in state.soaks.values() if soak.completed is None]
        starts: dict[str, int] = {}
        for name, start in kept.items():
            for series in (*_ids(self._plan, [name]), *self._sampler.ids_beside(name)):
                starts[series] = min(start - slack, starts.get(series, start))
        starts[SUPERVISOR] = min([now_ns, *soaking]) - slack
        self._evidence.keep_from(starts, now_ns - slack)

    # Watches

    def watch(self, action: JudgeWatch, state: State, now: Instant) -> ev.WatchEnded | None:
        """How a watched step ended, or None while it is watched."""
        step, until = action.step, action.step.until
        since = action.execution.of(step.id).since
        if until is None or since is None:
            return None
        now_ns = state.clock.at(now)
        window = Window(state.clock.at(since), self._settled(_metrics(until.condition), now_ns))
        found = holds(
            until.condition,
            window,
            self._series(_metrics(until.condition), window),
            self._plan.metrics,
            errors=self._sampler.errors,
            baselines=state.captured,
            restarts=self._sampler.restarts(_metrics(until.condition), window),
        )
        self._evidence.stand("watch", step.id, now_ns, _payload(found, now))
        if found.verdict is Verdict.PASS:
            outcome = "passed"
        elif action.left_seconds <= 0:
            outcome = "failed"
        else:
            return None
        return ev.WatchEnded(step.id, action.execution.request, outcome, found.verdict.value, found.line)

    # Common

    def _judge(self, gate: Item, spec: Gate, window: Window, now_ns: int, state: State) -> Finding:
        names = _metrics(spec.condition)
        soak = self._soak_of.get(gate.id)
        phase_seconds = None
        if soak is not None and isinstance(soak.spec, Soak):
            window = self._from_first_count(names, window)
            phase_seconds = soak.spec.seconds
        return judge(
            spec.condition,
            window,
            self._series(names, window),
            self._plan.metrics,
            tolerate=spec.tolerate,
            errors=self._sampler.errors,
            now_ns=now_ns,
            extend=spec.extend if soak is not None else EXTEND,
            baselines=state.captured,
            restarts=self._sampler.restarts(names, window),
            phase_seconds=phase_seconds,
        )

    def _from_first_count(self, names: Iterable[str], window: Window) -> Window:
        """``window`` from where counting began, if the supervisor came with the soak and not before it.

        What is missing later, or although it was counted before, stays missing.
        """
        start = window.start_ns
        for metric in (self._plan.metrics[name] for name in names if name in self._plan.metrics):
            if metric.kind is not MetricKind.RATIO:
                continue
            patience, events = _patience_ns(metric), part(metric.id, Part.EVENTS)
            near = Window(window.start_ns - patience, window.start_ns + patience)
            if any(
                at < window.start_ns for at, _ in self._evidence.series([events], near.start_ns, near.end_ns)[events]
            ):
                continue
            near = Window(window.start_ns, min(near.end_ns, window.end_ns))
            series = self._evidence.series(series_ids(metric), near.start_ns, near.end_ns)
            counted = countable(metric, series, near)
            start = max(start, counted.start_ns) if counted is not None else start
        return Window(start, window.end_ns)

    def _series(self, metrics: Iterable[str], window: Window) -> Series:
        return self._evidence.series(_ids(self._plan, metrics), window.start_ns, window.end_ns)

    def _settled(self, metrics: Iterable[str], now_ns: int) -> int:
        """Up to when all of them have been answered or given up: a slot that is being asked is not missing yet."""
        return min((self._sampler.settled_ns(metric, now_ns) for metric in metrics), default=now_ns)

    @staticmethod
    def _own_window(spec: Gate, end_ns: int) -> Window:
        return Window(max(0, end_ns - round(spec.window_seconds * NANOSECONDS)), end_ns)


def _ids(plan: Plan, names: Iterable[str]) -> list[str]:
    """Every series that metrics are judged by."""
    return [name for metric in names if metric in plan.metrics for name in series_ids(plan.metrics[metric])]


def _metrics(condition: Condition) -> list[str]:
    return list(dict.fromkeys(term.metric for term in terms(condition)))


def _for_seconds(trigger: Trigger, plan: Plan) -> float:
    """How long it must hold; of counts without a time the last minute is looked at, as one look counts nothing."""
    names = _metrics(trigger.condition) if trigger.condition is not None else []
    counted = any(plan.metrics[name].kind is MetricKind.RATIO for name in names if name in plan.metrics)
    return trigger.for_seconds or (COUNTED_SECONDS if counted else 0.0)


def _back_ns(trigger: Trigger, metrics: Iterable[Metric]) -> int:
    """How far back its condition may look: twice as far as it must hold, and over the bins of a trend."""
    every = max((period_ns(metric.every_seconds) for metric in metrics), default=0)
    return max(round(2 * (trigger.for_seconds or COUNTED_SECONDS) * NANOSECONDS), (LEAST_BINS + 2) * every)


def _is_open(judged: ev.GateJudged, spec: Gate) -> bool:
    """Whether this final look may be followed by another one."""
    if judged.verdict not in set(Verdict):
        return False
    return after_look(Verdict(judged.verdict), judged.look, spec.extend) is AfterLook.EXTENDED


def _patience_ns(metric: Metric) -> int:
    """For how long a final look waits for a count, and counting for its beginning."""
    return max(MOST_PERIODS * period_ns(metric.every_seconds), round(_PATIENCE_SECONDS * NANOSECONDS))


def _gates_by_soak(plan: Plan) -> Iterator[tuple[Item, list[Item]]]:
    """Every soak with the gates whose nearest soak it is."""
    for section in plan.sections.values():
        for soak in section.items:
            if soak.kind is Kind.SOAK:
                yield soak, list(gates_of(plan, soak))


def _payload(found: Finding, now: Instant) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "line": found.line,
        "value": found.value,
        "limit": found.limit,
        "at": stamp(now.wall),
    }
