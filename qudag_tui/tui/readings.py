"""Reading what the supervisor measured and found, a little at a time, on a thread of its own."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.measure import beside
from qudag_tui.core.observed import observers_of
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.run.presence import attached
from qudag_tui.run.samples import SampleReader
from qudag_tui.run.sampling import sampling_trouble
from qudag_tui.run.standings import read_observed, read_standings
from qudag_tui.run.supervision import supervisor_alive
from qudag_tui.tui.snapshot import Readings, Series

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.item import Item
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.run import Run

SLOTS_KEPT = 480
_RECENT_NS = 30 * NANOSECONDS
_AGAIN_NS = 60 * NANOSECONDS
_NOT_YET_DUE = 3


@lean_dataclass(frozen=True, slots=True)
class _Counted:
    """How much of one soak was observed up to ``until_ns``, counted from all samples at ``at_ns``."""

    seq: int
    at_ns: int
    until_ns: int
    seconds: float


class Reader:
    """Keeps the newest samples of every metric, and asks the database only for what is newer."""

    def __init__(self, run: Run) -> None:
        """Read beside ``run``; there need not be any samples yet."""
        self._run = run
        self._samples = SampleReader(run.folder)
        self._kept: dict[str, deque[tuple[int, float]]] = {}
        self._filled: dict[str, int] = {}
        self._again_ns = 0
        self._counted: dict[str, _Counted] = {}
        self._plan: Plan | None = None

    def close(self) -> None:
        """Close the database."""
        self._samples.close()

    def read(self, now: Instant) -> Readings:
        """Everything as it is at ``now``."""
        state, folder = self._run.state, self._run.folder
        # In a folder of somebody else's nothing is believed: whether they have a supervisor cannot be told from here.
        supervised = None if folder.is_unknown else supervisor_alive(folder)
        # One plan for the whole look: another may be adopted in the middle of it.
        now_ns, plan = state.clock.at(now), state.plan
        if plan is not self._plan or now_ns - self._again_ns > _AGAIN_NS:
            # What was filled in lies before the newest sample: it is seen by looking once more at everything.
            self._plan, self._again_ns = plan, now_ns
            self._kept.clear()
        shown = chain.from_iterable((metric, beside(metric)) for metric in plan.metrics.values())
        series = {
            metric.id: self._series(metric, now_ns, state.metric_since.get(metric.id.partition(":")[0], 0))
            for metric in shown
            if metric is not None
        }
        newest = {
            name: series[part(name, Part.BASELINE)].newest
            for name in plan.metrics
            if part(name, Part.BASELINE) in series
        }
        standings = read_standings(
            self._samples,
            beside={name: value for name, value in newest.items() if value is not None},
            observed_seconds=dict(self._soaks(plan, now_ns)),
            supervised=supervised,
            trouble=sampling_trouble(self._samples, folder, state, now) if supervised else "",
        )
        return Readings(series, standings, tuple(one.by for one in attached(folder)))

    def _series(self, metric: Metric, now_ns: int, since_ns: int) -> Series:
        every = period_ns(metric.every_seconds)
        kept = self._kept.get(metric.id)
        if kept is None:
            latest = (sample for sample in self._samples.latest(metric.id, SLOTS_KEPT) if sample[0] >= since_ns)
            kept = self._kept[metric.id] = deque(latest, SLOTS_KEPT)
            self._filled[metric.id] = self._samples.backfilled(metric.id, kept[0][0], kept[-1][0]) if kept else 0
        else:
            kept.extend(self._samples.window(metric.id, kept[-1][0] + 1 if kept else since_ns, now_ns))
        if not kept:
            return Series(seconds=metric.every_seconds)
        newest, last = kept[-1][0], now_ns // every
        if newest // every >= last - _NOT_YET_DUE:
            last = newest // every
        first = max(kept[0][0] // every, last - SLOTS_KEPT + 1)
        values: list[float | None] = [None] * max(0, last - first + 1)
        for at, value in kept:
            place = at // every - first
            if 0 <= place < len(values) and math.isfinite(value):
                values[place] = value
        age = max(0.0, (now_ns - newest) / NANOSECONDS)
        return Series(tuple(values), metric.every_seconds, age, self._filled.get(metric.id, 0), first)

    def _soaks(self, plan: Plan, now_ns: int) -> Iterator[tuple[str, float]]:
        for item_id, soak in list(self._run.state.soaks.items()):
            item = plan.items.get(item_id)
            if item is not None and soak.completed is None:
                yield item_id, self._observed(plan, item, soak.seq, soak.started_run_ns, now_ns)

    def _observed(self, plan: Plan, soak: Item, seq: int, start_ns: int, now_ns: int) -> float:
        periods = observers_of(plan, soak)
        counted = self._counted.get(soak.id)
        if counted is None or counted.seq != seq or now_ns - counted.at_ns > _AGAIN_NS:
            until = max(start_ns, now_ns - _RECENT_NS)
            seconds = read_observed(self._samples, periods, Window(start_ns, until), now_ns)
            counted = self._counted[soak.id] = _Counted(seq, now_ns, until, seconds)
        return counted.seconds + read_observed(self._samples, periods, Window(counted.until_ns, now_ns), now_ns)
