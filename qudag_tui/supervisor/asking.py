"""Opens the sources of a run: those that run commands or ask addresses only once its plan is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Metric, Source, SourceKind
from qudag_tui.plan import trust
from qudag_tui.sources.asked import AskedSources
from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.opening import open_source
from qudag_tui.sources.source import SourceError, SourceReader

if TYPE_CHECKING:
    from qudag_tui.sources.promql import Filling

# Neither a command nor an address: read whatever is trusted.
HARMLESS = (SourceKind.HOST, SourceKind.PROCESS, SourceKind.SCRIPTED)
NOT_TRUSTED = "not trusted: nothing is asked"
# For so long the answer to whether a plan is trusted holds for addresses; commands are checked before each start.
_HOLDS_SECONDS = 1.0


class Asking:
    """Every source of one plan, which was read from ``file``; trust that is given later counts from then on."""

    def __init__(self, plan: Plan, file: Path) -> None:
        """Opens and asks nothing."""
        self._plan = plan
        self._file = file
        self._given: trust.Trusted | None = None
        self._until = 0.0
        self._sources: AskedSources | None = None
        self._former: list[AskedSources] = []
        self.generation = 0

    @property
    def file(self) -> Path:
        """The file that the plan was read from."""
        return self._file

    def follow(self, plan: Plan, file: Path) -> None:
        """Ask for another plan from here on: trust is asked for that one, and every source is opened again."""
        self._plan, self._file, self._until, self._given = plan, file, 0.0, None
        self.generation += 1
        if self._sources is not None:
            # What is being read is read to its end.
            self._former.append(self._sources)
            self._sources = None

    def open(self, source: Source, metrics: Sequence[Metric]) -> SourceReader:
        """A reader of what ``metrics`` need of ``source``."""
        if source.kind in HARMLESS:
            return open_source(source, self._file.parent)
        remembers = source.kind is SourceKind.PROMQL
        return (_FillsOnceTrusted if remembers else _OnceTrusted)(self, source, metrics)

    async def trusted(self) -> trust.Trusted | None:
        """What was trusted of this plan, or None; asked at most once a second."""
        if monotonic() >= self._until:
            self._given = await off_loop(lambda: trust.trusted(self._plan, self._file))
            self._until = monotonic() + _HOLDS_SECONDS
        return self._given

    def sources(self, given: trust.Trusted) -> AskedSources:
        """Those that may be asked."""
        if self._sources is None:
            self._sources = AskedSources(
                self._plan.metrics.values(), self._file.parent, search_path=given.search_path, forbidden=self._forbidden
            )
        return self._sources

    def _forbidden(self) -> str:
        """Called in a thread, before each start of a command."""
        return trust.check(self._plan, self._file)

    async def close(self) -> None:
        """Close what was opened."""
        opened = [*self._former, *([self._sources] if self._sources is not None else [])]
        self._former, self._sources = [], None
        for sources in opened:
            await sources.close()


class _OnceTrusted:
    """Opens its source at the first read at which the plan is trusted, and reads it as long as it is."""

    def __init__(self, asking: Asking, source: Source, metrics: Sequence[Metric]) -> None:
        self._asking = asking
        self._source = source
        self._metrics = tuple(metrics)
        self._reader: SourceReader | None = None
        self._generation = asking.generation

    async def read(self, at: Instant) -> Mapping[str, float]:
        """Raises :class:`SourceError` while nobody trusts the plan."""
        return await (await self._opened()).read(at)

    async def prepare(self) -> None:
        """Open it already, if it may be: what that imports takes longer than some periods."""
        with suppress(SourceError):
            await self._opened()

    async def _opened(self) -> SourceReader:
        given = await self._asking.trusted()
        if given is None:
            raise SourceError(NOT_TRUSTED)
        if self._reader is None or self._generation != self._asking.generation:
            self._generation = self._asking.generation
            self._reader = self._asking.sources(given).open(self._source, self._metrics)
        return self._reader


class _FillsOnceTrusted(_OnceTrusted):
    """The same of a Prometheus server, which also knows what it was at times that were missed."""

    async def fill(self, first: datetime, every_seconds: float, count: int) -> Filling:
        """See :meth:`PromqlSource.fill`. Raises :class:`SourceError`."""
        from qudag_tui.sources.promql import Filling, PromqlSource  # only where one is asked

        reader = await self._opened()
        return await reader.fill(first, every_seconds, count) if isinstance(reader, PromqlSource) else Filling()
