"""Numbers that were recorded or made up: for tests, screenshots and trying things out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from qudag_tui.core.instant import Instant
from qudag_tui.sources.source import SourceError


class ScriptedSource:
    """Each read gives the next number of every series, and begins again after the last; NaN is a missing one."""

    def __init__(self, series: Mapping[str, Sequence[float]]) -> None:
        """No series may be empty; ``ValueError`` for one that is."""
        empty = [name for name, values in series.items() if not values]
        if empty:
            raise ValueError(f"a scripted series needs at least one number; {', '.join(empty)} has none")
        self._series = {name: tuple(values) for name, values in series.items()}
        self._reads = 0

    async def read(self, at: Instant) -> Mapping[str, float]:  # noqa: ARG002  # the numbers were there before the clock
        """The next values; :class:`SourceError` if all of them are missing."""
        number, self._reads = self._reads, self._reads + 1
        values = {name: series[number % len(series)] for name, series in self._series.items()}
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        if not finite:
            raise SourceError("the script has no number here")
        return finite
