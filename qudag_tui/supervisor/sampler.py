"""Asks every source at the multiples of its period on the run clock, each on its own, and keeps what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from qudag_tui.core.checklist import Plan
from qudag_tui.core.definition import metric_change
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.measure import Look, beside, is_whole, measure, samples_of
from qudag_tui.core.metric import Metric, SourceKind
from qudag_tui.core.metric import Source as SourceSpec
from qudag_tui.core.observed import SUPERVISOR, SUPERVISOR_EVERY_SECONDS, looked_at
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor.backfill import Backfill
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.process_start import restarts_seen, start_samples, started_id

# Answers of several sources to one slot wait for one another; more than so many slots never do.
_MOST_WAITING = 16
_GRACE_SECONDS = 0.25

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
    task: asyncio.Task[None] | None = None
    is_retired: bool = False


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
        self._open_source = open_source
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: list[asyncio.Task[Any]] = []
        self._arrange(plan, {})
        for group in self._all:
            self._open(group)

    def _arrange(self, plan: Plan, before: Mapping[str, _Measured]) -> None:
        """Sort everything that ``plan`` measures by its sources; ``before`` is what goes on being measured, by id."""
        self._plan = plan
        self._own = plan.metrics.keys()
        self._groups: dict[str, list[_Group]] = {}
        by_key: dict[tuple[str, int], _Group] = {}
        for metric in plan.metrics.values():
            for each in filter(None, (metric, beside(metric))):
                measured = before.get(each.id) or _Measured(each, _sources_of(each))
                measured.metric = each
                self._place(measured, plan, by_key)
        self._all = list(by_key.values())

    def _open(self, group: _Group) -> None:
        group.reader = self._open_source(group.source, [each.metric for each in group.measured])
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

        Only of metrics all of whose sources told their start in it, or one of whose sources was seen to start anew.
        """
        found: dict[str, list[int]] = {}
        for name in metrics:
            groups = self._groups.get(name, [])
            own = looked_at(self._plan.metrics[name]) if groups else ""
            told = [restarts_seen(self._evidence, one.source.id, own, one.every_ns, window) for one in groups]
            seen_anew = sorted({at for seen in told for at in seen or ()})
            # One that is seen hides what was counted, whatever the others tell. At the window's first slot it hides
            # nothing in it, and must not stand for sources that tell nothing.
            inside = [at for at in seen_anew if at - window.start_ns >= groups[0].every_ns]
            if groups and (inside or all(seen is not None for seen in told)):
                found[name] = seen_anew
        return found

    def ids_beside(self, metric: str) -> list[str]:
        """The series that are kept of the sources of ``metric``."""
        return [started_id(group.source.id) for group in self._groups.get(metric, ())]

    def start(self) -> None:
        """Begin to ask, each source in a task of its own."""
        for group in self._all:
            self._begin(group)
        self._tasks.append(asyncio.create_task(self._beat()))

    def _begin(self, group: _Group, after: _Group | None = None) -> None:
        now_ns = self._run_clock(self._now())
        group.last_slot_ns = now_ns // group.every_ns * group.every_ns
        if group.backfill is not None:
            group.backfill.begin(self._evidence)
        if after is not None:
            group.last_slot_ns, group.pending_ns = after.last_slot_ns, after.pending_ns
        group.task = asyncio.create_task(self._follow(group, after))

    def follow(self, plan: Plan, *, is_moved: bool = False) -> None:
        """Go on with another plan: what is measured as before misses no slot, everything else begins anew.

        ``is_moved``: its file lies in another folder, where the pid files of processes are sought.
        """
        old, groups = self._plan, self._all
        kept = {
            each.metric.id: each
            for group in groups
            for each in group.measured
            if not metric_change(each.metric.id.partition(":")[0], old, plan)
        }
        former = {(group.source.id, group.every_ns): (group, list(group.measured)) for group in groups}
        self._arrange(plan, kept)
        self.readings = {name: said for name, said in self.readings.items() if name in kept}
        stays: dict[int, _Group] = {}
        for group in self._all:
            earlier, measured = former.get((group.source.id, group.every_ns), (None, []))
            if earlier is None or earlier.source != group.source:
                self._open(group)
                self._begin(group)
            elif _is_alike(measured, group.measured) and not (is_moved and group.source.kind is SourceKind.PROCESS):
                stays[id(group)] = earlier
                earlier.measured = group.measured
            else:
                self._hand_over(earlier, group, kept)
        self._all = [stays.get(id(group), group) for group in self._all]
        self._groups = {name: [stays.get(id(one), one) for one in found] for name, found in self._groups.items()}
        for group in groups:
            if not any(group is one for one in self._all) and not group.is_retired:
                self._retire(group, kept)
        self.changes += 1

    def _hand_over(self, earlier: _Group, group: _Group, kept: Mapping[str, _Measured]) -> None:
        self._open(group)
        if group.source.kind is SourceKind.HOST:
            # It measures what happened between two looks, whatever is read of it.
            group.reader = earlier.reader
        self._begin(group, earlier)
        if group.backfill is not None and earlier.backfill is not None:
            group.backfill.take_over(earlier.backfill)
        self._retire(earlier, kept)

    def _retire(self, group: _Group, kept: Mapping[str, _Measured]) -> None:
        """Ask for no other slot; the one that is being asked still counts for what goes on being measured."""
        group.is_retired = True
        if group.backfill is not None and group.backfill.task is not None:
            group.backfill.task.cancel()
        group.backfill = None
        group.measured = [each for each in group.measured if each.metric.id in kept]
        leaving: list[asyncio.Task[Any]] = [task for task in (group.task, group.in_flight) if task is not None]
        if group.task is not None and (group.pending_ns is None or not group.measured):
            group.task.cancel()
        self._leaving = [task for task in (*self._leaving, *leaving) if not task.done()]

    async def stop(self) -> None:
        """Ask no more."""
        following = [group.task for group in self._all if group.task is not None]
        tasks = [
            *self._tasks,
            *self._leaving,
            *following,
            *(group.in_flight for group in self._all if group.in_flight is not None),
        ]
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

    async def _follow(self, group: _Group, after: _Group | None = None) -> None:
        prepare = getattr(group.reader, "prepare", None)
        if prepare is not None:
            # What is wrong comes again with the first read, which tells it. Raised here it would end this task unheard:
            # nothing would be asked any more, and no trigger upon it be blind.
            with suppress(Exception):
                await prepare()
        if after is not None and after.task is not None:
            await asyncio.wait([after.task])
            group.last_slot_ns, group.pending_ns = after.last_slot_ns, None
            group.in_flight = after.in_flight
        while not group.is_retired:
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
        self._evidence.add(start_samples(name, values, asked_ns, at.wall, slot))
        return Look(asked_ns, {name: values}, {name: getattr(values, "reasons", {})})

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


def _is_alike(before: Sequence[_Measured], after: Sequence[_Measured]) -> bool:
    return len(before) == len(after) and all(one is other for one, other in zip(before, after, strict=True))


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
