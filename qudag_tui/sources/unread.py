"""Sources that this version knows and does not ask: their metrics are unknown, and say why."""

from __future__ import annotations

from collections.abc import Mapping

from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import SourceKind
from qudag_tui.sources.source import SourceError


class UnreadSource:
    """Asks nobody: no address, no command."""

    def __init__(self, kind: SourceKind) -> None:
        article = "an" if kind.value[0] in "aeiouh" else "a"
        self._reason = f"{article} {kind.value} source is not read by this version yet"

    async def read(self, at: Instant) -> Mapping[str, float]:  # noqa: ARG002  # the answer is the same at any time
        """Always raises :class:`SourceError`."""
        raise SourceError(self._reason)
