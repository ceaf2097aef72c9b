"""A Prometheus text endpoint: gauges, counters and histograms, chosen by labels and summed over their series."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qudag_tui.core.counter import Tally, bucket_name, resets_name
from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Source
from qudag_tui.core.selector import Selector, SelectorError, parse_selector
from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.exposition import Exposition, Point, read_exposition
from qudag_tui.sources.freshness import Freshness
from qudag_tui.sources.network import Network
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.reason import UnansweredError, short
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted

# Rust's and Java's clients answer in OpenMetrics, whatever they are asked for.
_ACCEPT = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
# Up to here parsing takes no longer than a screen's frame; what is larger is parsed in a thread.
_SMALL_BYTES = 64 << 10
# What Prometheus's client libraries say of the process that they are in.
_STARTED = Selector("process_start_time_seconds")


class ScrapeSource:
    """One endpoint. Its counters are tallied (see :class:`Tally`), so that resets and churning labels are seen."""

    def __init__(self, source: Source, wanted: Wanted, network: Network) -> None:
        """Asks nobody yet; a selector that is none comes as the reason beside its series."""
        self._address = str(source.target.get("address", ""))
        self._credential = str(source.target.get("credential", ""))
        self._timeout_seconds = source.timeout_seconds
        self._network = network
        self._wanted = wanted
        self._selectors: dict[str, Selector] = {}
        self._unusable: dict[str, str] = {}
        for name in wanted.plain | wanted.histograms:
            try:
                self._selectors[name] = parse_selector(name)
            except SelectorError as error:
                self._unusable[name] = short(str(error))
        named = {self._selectors[name].name for name in wanted.plain if name in self._selectors}
        buckets = {f"{self._selectors[name].name}_bucket" for name in wanted.histograms if name in self._selectors}
        self._names = frozenset(named | buckets | {_STARTED.name})
        self._tallies: dict[str, Tally] = {}
        self._busiest = 1.0
        self._fresh = Freshness(source.every_seconds)

    async def read(self, at: Instant) -> Reading:
        """Every wanted series; a histogram as its buckets, under :func:`bucket_name`. What is missing has its reason.

        Raises :class:`UnansweredError` where nothing that is wanted is there, and what :class:`Network` raises.
        """
        answer = await self._network.ask(
            self._address, self._timeout_seconds, credential=self._credential, accept=_ACCEPT
        )
        answer.require_good()

        def parse() -> Exposition:
            return read_exposition(answer.body, answer.content_type, self._names)

        exposition = parse() if len(answer.body) <= _SMALL_BYTES else await off_loop(parse)
        values: dict[str, float] = {}
        reasons = dict(self._unusable)
        for name, selector in sorted(self._selectors.items()):
            try:
                if name in self._wanted.histograms:
                    values |= self._histogram(name, exposition, at)
                if name in self._wanted.plain:
                    values |= self._plain(name, exposition.points(selector), at)
            except SourceError as error:
                reasons[name] = str(error)
        if not values and reasons:
            raise UnansweredError(next(iter(reasons.values())))
        return Reading(values, reasons, _started(exposition))

    def _plain(self, name: str, points: Sequence[Point], at: Instant) -> dict[str, float]:
        self._require_finite(name, points, at)
        if name not in self._wanted.counters:
            total = math.fsum(point.value for point in points)
            if not math.isfinite(total):
                raise UnansweredError("the sum of its series is not finite")
            return {name: total}
        return self._tally(name, points)

    def _histogram(self, name: str, exposition: Exposition, at: Instant) -> dict[str, float]:
        values: dict[str, float] = {}
        buckets = exposition.buckets(self._selectors[name])
        if not buckets:
            raise UnansweredError("there is no such histogram")
        for bound, points in buckets.items():
            self._require_finite(bucket_name(name, bound), points, at)
        for bound, points in buckets.items():
            values |= self._tally(bucket_name(name, bound), points)
        return values

    def _require_finite(self, name: str, points: Sequence[Point], at: Instant) -> None:
        if not points:
            raise UnansweredError("there is no such series")
        for point in points:
            if not math.isfinite(point.value):
                raise UnansweredError(f"its value is {point.value}")
            if point.at_seconds is not None:
                trouble = self._fresh.trouble(f"{name} {point.labels}", point.at_seconds, at)
                if trouble:
                    raise UnansweredError(trouble)

    def _tally(self, name: str, points: Sequence[Point]) -> dict[str, float]:
        if any(point.value < 0 for point in points):
            raise UnansweredError("it is below zero, and counters are not")
        before, seen = self._tallies.get(name, Tally()), {point.labels: point.value for point in points}
        # Of all that is counted here: the first errors ever may be as many as there are requests.
        self._busiest = max(self._busiest, before.grown(seen))
        tally = before.after(seen, self._busiest)
        if not math.isfinite(tally.total):
            raise UnansweredError("the sum of its series is not finite")
        self._tallies[name] = tally
        return {name: tally.total, resets_name(name): float(tally.resets)}


def _started(exposition: Exposition) -> float | None:
    try:
        points = exposition.points(_STARTED)
    except UnansweredError:
        return None
    # Several processes behind one address have no one start.
    return points[0].value if len(points) == 1 and math.isfinite(points[0].value) else None
