"""Samples in memory and in ``samples.db``: judged from the one, kept in the other."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.printable import visible
from qudag_tui.core.slots import Series
from qudag_tui.run import clock
from qudag_tui.run.error import RunError, RunGone
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.samples import Sample, SampleReader, SampleWriter, StandingKind

_RETRY_SECONDS = 5.0
_LATEST_NS = (1 << 63) - 1


def say(line: str) -> None:
    """A line in supervisor.log, which is where stderr goes."""
    with suppress(OSError, ValueError):  # on a full disk, or without a stderr, there is nobody to tell
        print(f"{clock.now().wall:%Y-%m-%dT%H:%M:%SZ} {visible(line)}", file=sys.stderr, flush=True)  # noqa: T201  # the log


class Evidence:
    """The samples of every metric, newest last.

    A disk that takes nothing loses what is kept, not what is judged now: it is told once, and tried again. A folder
    that is gone is remembered in ``gone``.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.gone: RunGone | None = None
        self.trouble = ""
        self._folder = folder
        self._reader = SampleReader(folder)
        self._writer: SampleWriter | None = None
        self._retry_ns = 0
        self._series: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        self._from_ns: dict[str, int] = {}
        self._since: dict[str, int] = {}
        self._standing: dict[tuple[str, str], Mapping[str, Any]] = {}

    def add(self, rows: Sequence[Sample]) -> None:
        """Take new samples in, in any order; a slot keeps its first value."""
        for row in rows:
            self._insert(row.metric, row.at_ns, row.value)
        if rows:
            self._write(lambda writer: writer.add(rows))

    def _insert(self, metric: str, at_ns: int, value: float) -> None:
        series = self._series[metric]
        if not series or at_ns > series[-1][0]:
            series.append((at_ns, value))
            return
        known_from = self._from_ns.get(metric)
        # What is older than all that is in memory is read from the database when it is wanted.
        if at_ns < series[0][0] and (known_from is None or at_ns < known_from):
            return
        place = bisect_left(series, at_ns, key=_at)
        if series[place][0] != at_ns:
            series.insert(place, (at_ns, value))

    def newest(self, metric: str) -> int | None:
        """When the newest sample of ``metric`` was due (run clock), or None."""
        stored = self._series[metric][-1:] or self._reader.latest(metric)
        return stored[0][0] if stored and stored[0][0] >= self._since.get(metric, 0) else None

    def newest_of_all(self) -> int | None:
        """When the newest sample of all that are kept was due (run clock), or None."""
        return self._reader.newest()

    def count_from(self, since: Mapping[str, int]) -> None:
        """Take nothing before ``since`` (run clock, by series) for evidence: until then it was of something else."""
        self._since = dict(since)

    def take_away(self, since: Mapping[str, int]) -> None:
        """Forget what is kept of these series from ``since`` on: it was measured as it is not any more."""
        for metric, start in since.items():
            series = self._series[metric]
            del series[bisect_left(series, start, key=_at) :]
        if since:
            self._write(lambda writer: writer.remove(since))

    def series(self, metrics: Iterable[str], start_ns: int, end_ns: int) -> Series:
        """The samples of ``metrics`` from ``start_ns`` to ``end_ns``, both included."""
        return {metric: self._between(metric, start_ns, end_ns) for metric in metrics}

    def _between(self, metric: str, start_ns: int, end_ns: int) -> list[tuple[int, float]]:
        start_ns = max(start_ns, self._since.get(metric, 0))
        series = self._series[metric]
        known_from = self._from_ns.get(metric)
        if known_from is None or start_ns < known_from:
            # Once a metric and window: from before this supervisor, or from before what was asked for until now.
            # All that came since then is known from here on, and has to be read as well: not only up to ``end_ns``.
            until = series[0][0] - 1 if series else _LATEST_NS
            if known_from is not None:
                until = min(until, known_from - 1)
            series[:0] = self._reader.window(metric, start_ns, until)
            self._from_ns[metric] = start_ns
        return series[bisect_left(series, start_ns, key=_at) : bisect_right(series, end_ns, key=_at)]

    def keep_from(self, starts: Mapping[str, int], otherwise_ns: int) -> None:
        """Drop from memory what no window reaches back to: each metric's from its start, or ``otherwise_ns``."""
        for metric, series in self._series.items():
            start = starts.get(metric, otherwise_ns)
            del series[: bisect_left(series, start, key=_at)]
            if metric in self._from_ns:
                self._from_ns[metric] = max(self._from_ns[metric], start)

    def stand(self, kind: StandingKind, name: str, at_ns: int, payload: Mapping[str, Any]) -> None:
        """Write a standing where it says something new."""
        if self._standing.get((kind, name)) == payload:
            return
        if self._write(lambda writer: writer.set_standing(kind, name, at_ns, payload)):
            self._standing[kind, name] = payload

    def forget_standings(self) -> None:
        """What was said so far was said by another plan."""
        if self._write(lambda writer: writer.clear_standings()):
            self._standing.clear()

    def witness(self, seq: int, digest: str, now: Instant) -> None:
        """Remember how far the journal had come."""
        self._write(lambda writer: writer.set_witness(seq, digest, now))

    def close(self) -> None:
        """Close the database."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, what: Callable[[SampleWriter], None]) -> bool:
        now_ns = clock.boot_ns()
        if self.gone is not None or now_ns < self._retry_ns:
            return False
        try:
            if self._writer is None:
                self._writer = SampleWriter(self._folder)
                # It may be another file than before, in which nothing stands.
                self._standing.clear()
            what(self._writer)
        except RunGone as error:
            self.gone = error
            return False
        except RunError as error:
            self._retry_ns = now_ns + round(_RETRY_SECONDS * NANOSECONDS)
            if str(error) != self.trouble:
                self.trouble = str(error)
                say(self.trouble)
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            return False
        self.trouble = ""
        return True


def _at(sample: tuple[int, float]) -> int:
    return sample[0]
