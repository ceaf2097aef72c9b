"""What one read of a source gave: numbers, and why there are no others."""

from __future__ import annotations

from collections.abc import Mapping


class Reading(dict[str, float]):
    """The newest value of each series by name, as every source gives it, and ``reasons`` beside it.

    ``reasons`` says why a series that is wanted has no number now (or, of a page that is down, why it is).
    ``started_seconds`` is when the process behind it says that it started (Unix time): another one is a restart.
    """

    def __init__(
        self,
        values: Mapping[str, float],
        reasons: Mapping[str, str] | None = None,
        started_seconds: float | None = None,
    ) -> None:
        """``values`` are finite."""
        super().__init__(values)
        self.reasons: Mapping[str, str] = dict(reasons or {})
        self.started_seconds = started_seconds
