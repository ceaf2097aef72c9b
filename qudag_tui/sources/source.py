"""What a source is: something that can be asked for numbers at a moment, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from qudag_tui.core.instant import Instant


class SourceError(Exception):
    """A source gave no numbers; the message is the short reason that stands beside every metric of it."""


class SourceReader(Protocol):
    """One opened source."""

    async def read(self, at: Instant) -> Mapping[str, float]:
        """The newest value of each series, by name, in base units; a series without a number now is left out.

        Never blocks the event loop. Raises :class:`SourceError` if there is nothing to read.
        """
        ...
