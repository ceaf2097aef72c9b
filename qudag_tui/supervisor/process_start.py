"""When the process behind a source started, kept beside its samples: a restart begins its counters anew."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.slots import Window
from qudag_tui.run.samples import Sample

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.supervisor.evidence import Evidence

# What a process says of its start moves by less: clocks are set, and start times are rounded.
_SAME_SECONDS = 2.0


def started_id(source: str) -> str:
    """The series that holds, at every look at a source, when its process says that it started (seconds)."""
    return f"(started) {source}"


def start_samples(source: str, values: Mapping[str, float], run_ns: int, wall: datetime, slot: int) -> list[Sample]:
    """What to keep of an answer that a source gave at ``run_ns`` (run clock): when its process says that it started.

    ``values`` may say it as ``started_seconds`` of their own or as ``uptime_seconds``; nothing where they do not.
    """
    started = getattr(values, "started_seconds", None)
    if started is None and "uptime_seconds" in values:
        # On the run clock: a service starts as long after the machine at each of its boots.
        started = run_ns / NANOSECONDS - values["uptime_seconds"]
    return [] if started is None else [Sample(started_id(source), slot, wall, started)]


def restarts_seen(evidence: Evidence, source: str, looked_at: str, every_ns: int, window: Window) -> list[int] | None:
    """When (run clock) the process behind ``source`` was seen to have started anew in ``window``.

    ``looked_at`` is the series that has a sample wherever the source was read. What tells its start no more, or only
    from some look on, is another process as well. None where nothing told a start.
    """
    started = started_id(source)
    series = evidence.series((started, looked_at), window.start_ns - every_ns, window.end_ns)
    told = dict(series[started])
    if not told:
        return None
    looks = sorted(told.keys() | {at for at, _ in series[looked_at]})
    return [at for before, at in pairwise(looks) if _is_another(told.get(before), told.get(at))]


def _is_another(one: float | None, other: float | None) -> bool:
    """Whether two looks at a source were at two processes, by when each started (seconds; None: not told)."""
    if one is None or other is None:
        return one is not other
    return abs(other - one) > _SAME_SECONDS
