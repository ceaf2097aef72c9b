"""Every source of a plan, opened together: those that have an address share one client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.metric import Metric, Source, SourceKind
from qudag_tui.core.printable import visible
from qudag_tui.sources.opening import open_source
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.sources.wanted import wanted_of

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.sources.network import Network
    from qudag_tui.sources.reading import Reading


class _Unusable:
    """A source that cannot be asked, for a reason of this machine's."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def read(self, at: Instant) -> Reading:  # noqa: ARG002  # the answer is the same at any time
        """Always raises :class:`SourceError`."""
        raise SourceError(self._reason)


class AskedSources:
    """Opens sources, and closes what they share. Only for a trusted plan: these run commands and ask addresses."""

    def __init__(
        self,
        metrics: Iterable[Metric],
        folder: Path,
        *,
        search_path: str = os.defpath,
        forbidden: Callable[[], str] = lambda: "",
        configuration: Path | None = None,
    ) -> None:
        """``metrics`` say which series are wanted; ``folder`` is the checklist file's.

        ``search_path`` and ``forbidden`` are as for :class:`CommandSource`; ``configuration`` is the user's
        ``config.toml`` (the login's own, if None). Nothing is read, asked or imported until it is needed.
        """
        self._metrics = tuple(metrics)
        self._folder = folder
        self._search_path = search_path
        self._forbidden = forbidden
        self._configuration = configuration
        self._network: Network | None = None

    def open(self, source: Source, metrics: Iterable[Metric] | None = None) -> SourceReader:
        """A reader for ``source``, of what ``metrics`` (all, if None) need of it.

        Opening never fails: what is wrong comes with the first read.
        """
        wanted = wanted_of(source.id, self._metrics if metrics is None else metrics)
        # httpx and what it needs take a tenth of a second to import, and most plans may do without.
        if source.kind is SourceKind.COMMAND:
            from qudag_tui.sources.command import CommandSource

            return CommandSource(source, wanted, self._folder, self._search_path, self._forbidden)
        if source.kind not in {SourceKind.SCRAPE, SourceKind.PROMQL, SourceKind.HTTP}:
            return open_source(source, self._folder)
        try:
            network = self._shared()
        except SourceError as error:
            return _Unusable(visible(str(error)))
        if source.kind is SourceKind.SCRAPE:
            from qudag_tui.sources.scrape import ScrapeSource

            return ScrapeSource(source, wanted, network)
        if source.kind is SourceKind.PROMQL:
            from qudag_tui.sources.promql import PromqlSource

            return PromqlSource(source, wanted, network)
        from qudag_tui.sources.http import HttpSource

        return HttpSource(source, wanted, network)

    def _shared(self) -> Network:
        if self._network is None:
            from qudag_tui.sources.configuration import (
                configuration_path,
                load_configuration,
            )
            from qudag_tui.sources.network import Network

            self._network = Network(load_configuration(self._configuration or configuration_path()))
        return self._network

    async def close(self) -> None:
        """Close the connections; the readers are not used any more."""
        if self._network is not None:
            await self._network.close()
            self._network = None
