"""Asks every source at the multiples of its period on the run clock, each on its own, and keeps what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.metric import Source as SourceSpec
from qudag_tui.core.observed import SUPERVISOR, SUPERVISOR_EVERY_SECONDS
from qudag_tui.core.slots import period_ns
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample
from qudag_tui.sources.opening import open_source
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor.evidence import Evidence

_LATER_KINDS = {
    MetricKind.RATE: "the rate of a counter",
    MetricKind.RATIO: "a ratio of counts",
    MetricKind.QUANTILE: "a quantile of a histogram",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest word on one metric: a value with its time, or why there is none (then both are None)."""

    value: float | None = None
    at: Instant | None = None
    error: str = ""


@dataclass(slots=True)
class _Group:
    """The metrics that one source is asked for at one period."""

    source: SourceSpec
    every_ns: int
    reader: SourceReader
    metrics: list[Metric] = field(default_factory=list)
    last_slot_ns: int = 0
    pending_ns: int | None = None
    in_flight: asyncio.Task[Mapping[str, float]] | None = None


class Sampler:
    """Every source of a plan, and the supervisor's own heartbeat.

    ``readings`` is the newest word on each metric, ``changes`` grows with every one of them. ``run_clock`` tells what
    the run clock reads at an instant (nanoseconds).
    """

    def __init__(self, plan: Plan, folder: Path, run_clock: Callable[[Instant], int], evidence: Evidence) -> None:
        """``folder`` is the checklist file's. Nothing is read before :meth:`start`."""
        self.readings: dict[str, Reading] = {}
        self.changes = 0
        self._run_clock = run_clock
        self._evidence = evidence
        self._groups: dict[str, _Group] = {}
        self._tasks: list[asyncio.Task[None]] = []
        by_key: dict[tuple[str, int], _Group] = {}
        for metric in plan.metrics.values():
            source = plan.sources.get(metric.series.source)
            if source is None:
                self.readings[metric.id] = Reading(error=f"the plan has no source “{metric.series.source}”")
                continue
            key = (source.id, period_ns(metric.every_seconds))
            if key not in by_key:
                by_key[key] = _Group(source, key[1], open_source(source, folder))
            by_key[key].metrics.append(metric)
            self._groups[metric.id] = by_key[key]
        self._all = list(by_key.values())

    @property
    def errors(self) -> Mapping[str, str]:
        """Why a metric could last not be measured, by metric."""
        return {metric: reading.error for metric, reading in self.readings.items() if reading.error}

    def settled_ns(self, metric: str, now_ns: int) -> int:
        """Up to when every slot of a metric has been answered or given up, at most ``now_ns``."""
        group = self._groups.get(metric)
        if group is None:
            return now_ns
        if group.pending_ns is not None:
            return min(now_ns, group.pending_ns - 1)
        return min(now_ns, group.last_slot_ns + group.every_ns - 1)

    def start(self) -> None:
        """Begin to ask, each source in a task of its own."""
        now_ns = self._run_clock(clock.now())
        for group in self._all:
            group.last_slot_ns = now_ns // group.every_ns * group.every_ns
            self._tasks.append(asyncio.create_task(self._follow(group)))
        self._tasks.append(asyncio.create_task(self._beat()))

    async def stop(self) -> None:
        """Ask no more."""
        tasks = [*self._tasks, *(group.in_flight for group in self._all if group.in_flight is not None)]
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
        while True:
            at, slot = await self._next_slot(group.every_ns)
            group.pending_ns = slot
            await self._ask(group, at, slot)
            group.last_slot_ns, group.pending_ns = slot, None
            self.changes += 1

    async def _next_slot(self, every_ns: int) -> tuple[Instant, int]:
        """Wait for the next multiple; after a suspend it is the one that has just begun, and those before are missed."""
        now_ns = self._run_clock(clock.now())
        slot = (now_ns // every_ns + 1) * every_ns
        while now_ns < slot:
            # The loop's clock stands still in a suspend, and the two need not run alike: at most a second at once.
            await asyncio.sleep(min(1.0, (slot - now_ns) / NANOSECONDS))
            now_ns = self._run_clock(clock.now())
        return clock.now(), now_ns // every_ns * every_ns

    async def _ask(self, group: _Group, at: Instant, slot: int) -> None:
        if group.in_flight is not None and not group.in_flight.done():
            self._fail(group, f"no answer for more than {group.source.timeout_seconds:g} s")
            return
        group.in_flight = asyncio.ensure_future(group.reader.read(at))
        # Not cancelled when it is late: what hangs in the kernel would go on hanging, and the next one beside it.
        await asyncio.wait([group.in_flight], timeout=group.source.timeout_seconds)
        if not group.in_flight.done():
            self._fail(group, f"no answer within {group.source.timeout_seconds:g} s")
            return
        try:
            values = group.in_flight.result()
        except SourceError as error:
            self._fail(group, str(error))
        except Exception as error:  # noqa: BLE001  # one faulty source must not end the others: it is told as its error
            self._fail(group, f"the source failed: {type(error).__name__}: {error}")
        else:
            self._take(group, values, at, slot)
        group.in_flight = None

    def _take(self, group: _Group, values: Mapping[str, float], at: Instant, slot: int) -> None:
        rows = []
        for metric in group.metrics:
            value = values.get(metric.series.name)
            if metric.kind is not MetricKind.GAUGE:
                error = f"{_LATER_KINDS[metric.kind]} is read from the next version on"
                self.readings[metric.id] = Reading(error=error)
            elif value is None:
                self.readings[metric.id] = Reading(error=f"{group.source.id} has no {metric.series.name} now")
            else:
                self.readings[metric.id] = Reading(value, at)
                rows.append(Sample(metric.id, slot, at.wall, value))
        self._evidence.add(rows)

    def _fail(self, group: _Group, reason: str) -> None:
        for metric in group.metrics:
            self.readings[metric.id] = Reading(error=reason)
