"""Fills in what nobody asked while the supervisor was away, from a source that remembers; marked as filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.measure import Look, is_whole, measure, samples_of
from qudag_tui.core.metric import Metric
from qudag_tui.core.part import series_ids
from qudag_tui.run.samples import Sample
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor.evidence import Evidence, say

# A longer absence is filled in from its end backwards so far.
MOST_SLOTS = 20_000
_TRIES = 3
Take = Callable[[Sequence[Sample]], None]


class Backfill:
    """One source's gap, if there is one; ``task`` is what fills it now."""

    def __init__(self, source: str, fill: Any, metrics: Sequence[Metric], every_ns: int) -> None:
        """``fill`` is the source's own (see :class:`PromqlSource`)."""
        self.task: asyncio.Task[None] | None = None
        self._source = source
        self._fill = fill
        self._metrics = metrics
        self._every_ns = every_ns
        self._good_ns: int | None = None
        self._tries = 0
        self._awaits_first = False

    @classmethod
    def of(cls, reader: SourceReader, metrics: Sequence[Metric], every_ns: int) -> Backfill | None:
        """For a reader that can fill; only of metrics that need no other source."""
        fill = getattr(reader, "fill", None)
        if fill is None or not metrics:
            return None
        source = metrics[0].series.source
        alone = [metric for metric in metrics if all(_is_of(source, one) for one in _series(metric))]
        return cls(source, fill, alone, every_ns) if alone else None

    def begin(self, evidence: Evidence) -> None:
        """Take up where an earlier supervisor left: after its newest sample."""
        newest = [evidence.newest(name) for metric in self._metrics for name in series_ids(metric)]
        self._good_ns = max((at for at in newest if at is not None), default=None)
        self._awaits_first = self._good_ns is not None

    def take_over(self, other: Backfill) -> None:
        """Fill what ``other`` did not come to fill; it stops."""
        if other.task is not None and not other.task.done():
            other.task.cancel()
            self._good_ns = other._good_ns

    def asked(self) -> None:
        """The source was asked, whatever it answered."""
        self._awaits_first = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to wait for."""
        return self._awaits_first or (self.task is not None and not self.task.done())

    def after(self, slot_ns: int, at: Instant, take: Take) -> None:
        """A good answer came for ``slot_ns``: fill in what was missed before it, if anything was."""
        good, missed = self._good_ns, 0
        if good is not None:
            missed = (slot_ns - good) // self._every_ns - 1
        if missed <= 0:
            self._good_ns = slot_ns
        elif self.task is None or self.task.done():
            self._tries += 1
            self.task = asyncio.create_task(self._run(slot_ns, min(missed, MOST_SLOTS), at, take))

    async def _run(self, slot_ns: int, count: int, at: Instant, take: Take) -> None:
        first_ns = slot_ns - count * self._every_ns
        first = at.wall - timedelta(microseconds=count * self._every_ns / 1000)
        try:
            filling = await self._fill(first, self._every_ns / NANOSECONDS, count)
        except SourceError as error:
            if self._tries >= _TRIES:
                say(f"{self._source}: what was missed cannot be filled in: {error}")
                self._good_ns, self._tries = slot_ns, 0
            return
        rows: list[Sample] = []
        for metric in self._metrics:
            earlier: Look | None = None
            for number in range(count):
                at_ns = first_ns + number * self._every_ns
                values = {name: points[number] for name, points in filling.values.items() if number in points}
                look = Look(at_ns, {self._source: values}, {self._source: filling.reasons})
                found = measure(metric, earlier, look)
                earlier = look if is_whole(metric, look) else earlier
                wall = first + timedelta(microseconds=number * self._every_ns / 1000)
                rows += [
                    Sample(name, at_ns, wall, value, backfilled=True)
                    for name, value in samples_of(metric, look, found).items()
                ]
        self._good_ns, self._tries = slot_ns, 0
        take(rows)


def _series(metric: Metric) -> list[Any]:
    return [series for series in (metric.series, metric.total, metric.rest) if series is not None]


def _is_of(source: str, series: Any) -> bool:
    return bool(series.source == source)
