"""Asks every source at the multiples of its period on the run clock, each on its own, and keeps what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.measure import Look, beside, is_whole, measure, samples_of
from qudag_tui.core.metric import Metric
from qudag_tui.core.metric import Source as SourceSpec
from qudag_tui.core.observed import SUPERVISOR, SUPERVISOR_EVERY_SECONDS
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor.backfill import Backfill
from qudag_tui.supervisor.evidence import Evidence

# Answers of several sources to one slot wait for one another; more than so many slots never do.
_MOST_WAITING = 16
_GRACE_SECONDS = 0.25
# What a process says of its start moves by less: clocks are set, and start times are rounded.
_SAME_START_SECONDS = 2.0

Open = Callable[[SourceSpec, Sequence[Metric]], SourceReader]


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest word on one metric: a value with its time, or why there is none (then both are None)."""

    value: float | None = None
    at: Instant | None = None
    error: str = ""


@dataclass(slots=True)
class _Measured:
    """A metric, or a concurrent baseline as one of its own, between two looks.

    ``waiting`` holds the answers to slots that not all of its sources have answered yet.
    """

    metric: Metric
    sources: frozenset[str]
    earlier: Look | None = None
    waiting: dict[int, dict[str, Look]] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """What one source is asked for at one period."""

    source: SourceSpec
    every_ns: int
    measured: list[_Measured] = field(default_factory=list)
    reader: SourceReader | None = None
    backfill: Backfill | None = None
    last_slot_ns: int = 0
    pending_ns: int | None = None
    in_flight: asyncio.Task[Mapping[str, float]] | None = None


class Sampler:
    """Every source of a plan, and the supervisor's own heartbeat.

    ``readings`` is the newest word on each metric, by its own id; ``changes`` grows with every look. ``run_clock``
    tells what the run clock reads at an instant (nanoseconds).
    """

    def __init__(
        self,
        plan: Plan,
        open_source: Open,
        run_clock: Callable[[Instant], int],
        evidence: Evidence,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        """``open_source`` gives a reader of what some metrics need. Nothing is read before :meth:`start`."""
        self.readings: dict[str, Reading] = {}
        self.changes = 0
        self._run_clock = run_clock
        self._now = now
        self._evidence = evidence
        self._own = plan.metrics.keys()
        self._groups: dict[str, list[_Group]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        by_key: dict[tuple[str, int], _Group] = {}
        for metric in plan.metrics.values():
            for each in filter(None, (metric, beside(metric))):
                self._place(_Measured(each, _sources_of(each)), plan, by_key)
        self._all = list(by_key.values())
        for group in self._all:
            group.reader = open_source(group.source, [each.metric for each in group.measured])
            group.backfill = Backfill.of(group.reader, [each.metric for each in group.measured], group.every_ns)

    def _place(self, measured: _Measured, plan: Plan, by_key: dict[tuple[str, int], _Group]) -> None:
        name = measured.metric.id
        lost = next((source for source in sorted(measured.sources) if source not in plan.sources), None)
        if lost is not None:
            self._tell(name, Reading(error=f"the plan has no source “{lost}”"))
            return
        for source in sorted(measured.sources):
            key = (source, period_ns(measured.metric.every_seconds))
            group = by_key.setdefault(key, _Group(plan.sources[source], key[1]))
            group.measured.append(measured)
            self._groups.setdefault(name, []).append(group)

    @property
    def errors(self) -> Mapping[str, str]:
        """Why a metric could last not be measured, by metric."""
        return {metric: reading.error for metric, reading in self.readings.items() if reading.error}

    def settled_ns(self, metric: str, now_ns: int) -> int:
        """Up to when every slot of a metric has been answered or given up, at most ``now_ns``."""
        settled = now_ns
        for group in self._groups_of(metric):
            over = group.pending_ns - 1 if group.pending_ns is not None else group.last_slot_ns + group.every_ns - 1
            settled = min(settled, over)
        return settled

    def _groups_of(self, metric: str) -> list[_Group]:
        """Those of a metric, and of its concurrent baseline."""
        return [*self._groups.get(metric, ()), *self._groups.get(part(metric, Part.BASELINE), ())]

    def is_filling(self, metrics: Iterable[str]) -> bool:
        """Whether a gap of one of ``metrics`` is being filled in, or is about to be."""
        groups = [group for metric in metrics for group in self._groups_of(metric)]
        return any(group.backfill is not None and group.backfill.is_open for group in groups)

    def restarts(self, metrics: Iterable[str], window: Window) -> dict[str, list[int]]:
        """When what a metric measures was seen to start anew in ``window`` (run clock), by metric.

        Only of metrics all of whose sources told their start over all of the time in which they were measured.
        """
        found: dict[str, list[int]] = {}
        for name in metrics:
            groups = self._groups.get(name, ())
            told = [self._restarts_of(group, window) for group in groups]
            if groups and all(one is not None for one in told):
                found[name] = sorted({at for one in told for at in one or ()})
        return found

    def _restarts_of(self, group: _Group, window: Window) -> list[int] | None:
        start = window.start_ns - group.every_ns
        started, looked = started_id(group.source.id), looked_id(group.source.id, group.every_ns)
        series = self._evidence.series((started, looked), start, window.end_ns)
        told, looks = series[started], series[looked]
        if not told or not looks or told[0][0] > looks[0][0] or told[-1][0] < looks[-1][0]:
            return None
        return [at for (_, one), (at, other) in pairwise(told) if abs(other - one) > _SAME_START_SECONDS]

    def ids_beside(self, metric: str) -> list[str]:
        """The series that are kept of the sources of ``metric``."""
        found: list[str] = []
        for group in self._groups.get(metric, ()):
            found += [started_id(group.source.id), looked_id(group.source.id, group.every_ns)]
        return found

    def start(self) -> None:
        """Begin to ask, each source in a task of its own."""
        now_ns = self._run_clock(self._now())
        for group in self._all:
            group.last_slot_ns = now_ns // group.every_ns * group.every_ns
            if group.backfill is not None:
                group.backfill.begin(self._evidence)
            self._tasks.append(asyncio.create_task(self._follow(group)))
        self._tasks.append(asyncio.create_task(self._beat()))

    async def stop(self) -> None:
        """Ask no more."""
        tasks = [*self._tasks, *(group.in_flight for group in self._all if group.in_flight is not None)]
        tasks += [group.backfill.task for group in self._all if group.backfill is not None and group.backfill.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        every = period_ns(SUPERVISOR_EVERY_SECONDS)
        while True:
            at, slot = await self._next_slot(every)
            self._evidence.add([Sample(SUPERVISOR, slot, at.wall, 1.0)])
            self.changes += 1

    async def _follow(self, group: _Group) -> None:
        prepare = getattr(group.reader, "prepare", None)
        if prepare is not None:
            await prepare()
        while True:
            at, slot = await self._next_slot(group.every_ns)
            group.pending_ns = slot
            look = await self._ask(group, at, slot)
            rows = [row for measured in group.measured for row in self._answered(measured, group, look, at, slot)]
            self._evidence.add(rows)
            group.last_slot_ns, group.pending_ns = slot, None
            self.changes += 1
            if group.backfill is not None:
                if group.source.id in look.values:
                    group.backfill.after(slot, at, self._filled)
                group.backfill.asked()

    async def _next_slot(self, every_ns: int) -> tuple[Instant, int]:
        """Wait for the next multiple; after a suspend it is the one that has just begun, and those before are missed."""
        now_ns = self._run_clock(self._now())
        slot = (now_ns // every_ns + 1) * every_ns
        while now_ns < slot:
            # The loop's clock stands still in a suspend, and the two need not run alike: at most a second at once.
            await asyncio.sleep(min(1.0, (slot - now_ns) / NANOSECONDS))
            now_ns = self._run_clock(self._now())
        return self._now(), now_ns // every_ns * every_ns

    async def _ask(self, group: _Group, at: Instant, slot: int) -> Look:
        asked_ns, name = self._run_clock(at), group.source.id

        def failed(reason: str) -> Look:
            return Look(asked_ns, {}, {name: {"": reason}})

        if group.reader is None:
            return failed("it was not opened")
        if group.in_flight is not None and not group.in_flight.done():
            return failed(f"no answer for more than {group.source.timeout_seconds:g} s")
        group.in_flight = asyncio.ensure_future(group.reader.read(at))
        group.in_flight.add_done_callback(_forget)
        # Not cancelled when it is late: what hangs in the kernel would go on hanging, and the next one beside it.
        # A source that keeps its own deadline says better what it waited for.
        await asyncio.wait([group.in_flight], timeout=group.source.timeout_seconds + _GRACE_SECONDS)
        if not group.in_flight.done():
            return failed(f"no answer within {group.source.timeout_seconds:g} s")
        in_flight, group.in_flight = group.in_flight, None
        try:
            values = in_flight.result()
        except SourceError as error:
            return failed(str(error))
        except Exception as error:  # noqa: BLE001  # one faulty source must not end the others: it is told as its error
            return failed(f"the source failed: {type(error).__name__}: {error}")
        self._note_start(group, values, at, slot)
        return Look(asked_ns, {name: values}, {name: getattr(values, "reasons", {})})

    def _note_start(self, group: _Group, values: Mapping[str, float], at: Instant, slot: int) -> None:
        """Keep when the process behind a source says that it started, beside that it was looked at."""
        started = getattr(values, "started_seconds", None)
        if started is None and "uptime_seconds" in values:
            started = at.boot_ns / NANOSECONDS - values["uptime_seconds"]
        if started is None:
            return
        rows = [Sample(started_id(group.source.id), slot, at.wall, started)]
        self._evidence.add([*rows, Sample(looked_id(group.source.id, group.every_ns), slot, at.wall, 1.0)])

    def _answered(self, measured: _Measured, group: _Group, look: Look, at: Instant, slot: int) -> list[Sample]:
        """What is known of a metric once all of its sources have answered for this slot, or why nothing is."""
        answers = measured.waiting.setdefault(slot, {})
        answers[group.source.id] = look
        if answers.keys() != measured.sources:
            for oldest in sorted(measured.waiting)[:-_MOST_WAITING]:
                del measured.waiting[oldest]
            return []
        for older in [one for one in measured.waiting if one <= slot]:
            del measured.waiting[older]
        whole = _together(answers.values())
        metric = measured.metric
        found = measure(metric, measured.earlier, whole)
        if is_whole(metric, whole):
            measured.earlier = whole
        known = Reading(found.value, at) if found.value is not None else Reading(error=found.reason)
        self._tell(metric.id, known)
        return [Sample(name, slot, at.wall, value) for name, value in samples_of(metric, whole, found).items()]

    def _filled(self, rows: Sequence[Sample]) -> None:
        self._evidence.add(rows)
        self.changes += 1

    def _tell(self, name: str, reading: Reading) -> None:
        # A concurrent baseline has a part's id: it is measured, and shown with its metric.
        if name in self._own:
            self.readings[name] = reading


def started_id(source: str) -> str:
    """The series of when the process behind a source started; no metric's name has a bracket."""
    return f"(started) {source}"


def looked_id(source: str, every_ns: int) -> str:
    """The series of when that was looked at, at one period."""
    return f"(looked) {source} {every_ns}"


def _sources_of(metric: Metric) -> frozenset[str]:
    named = (metric.series, metric.total, metric.rest)
    return frozenset(series.source for series in named if series is not None)


def _forget(late: asyncio.Task[Mapping[str, float]]) -> None:
    """An error that comes when nobody waits for it any more is no news for the log."""
    if not late.cancelled():
        late.exception()


def _together(looks: Iterable[Look]) -> Look:
    looks = list(looks)
    values = {source: said for look in looks for source, said in look.values.items()}
    reasons = {source: said for look in looks for source, said in look.reasons.items()}
    return Look(max(look.at_ns for look in looks), values, reasons)
