"""Capturing a baseline from what the supervisor has kept: the same from the command line and from the screen."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from qudag_tui.core.baseline import capture
from qudag_tui.core.counts import countable
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import MetricKind
from qudag_tui.core.part import Part, part, series_ids
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.run.samples import SampleReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qudag_tui.core.baseline import Captured
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.folder import RunFolder


def captures(folder: RunFolder, metrics: Iterable[Metric], seconds: float, now_ns: int) -> list[Captured]:
    """What each of ``metrics`` was in the last ``seconds`` before ``now_ns`` (run clock). Reads the disk.

    The window of each begins at its first sample: before that nobody looked, and nothing is missing.
    """
    with closing(SampleReader(folder)) as reader:
        return [_captured(reader, metric, seconds, now_ns) for metric in metrics]


def _captured(reader: SampleReader, metric: Metric, seconds: float, now_ns: int) -> Captured:
    every = period_ns(metric.every_seconds)
    own = part(metric.id, Part.EVENTS) if metric.kind is MetricKind.RATIO else metric.id
    newest = reader.latest(own)
    # The slot that is being asked now is not missing yet; a longer silence is.
    end = newest[0][0] if newest and now_ns - newest[0][0] < 2 * every else now_ns
    window = Window(max(0, end - round(seconds * NANOSECONDS)), end)
    first = reader.window(own, window.start_ns, window.end_ns)[:1]
    if first:
        window = Window(max(window.start_ns, first[0][0] - every), end)
    series = {name: reader.window(name, window.start_ns, window.end_ns) for name in series_ids(metric)}
    if metric.kind is MetricKind.RATIO:
        counted = countable(metric, series, window)
        if counted is not None and counted.start_ns - window.start_ns <= every:
            window = counted
    return capture(metric, series, window)
