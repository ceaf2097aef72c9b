"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """``measured`` in words, the ``value`` that is held against ``limit`` (None: only reported)."""

    what: str
    measured: str
    value: float
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        limit = "report" if self.limit is None else f"{self.limit:g}"
        word = "" if self.limit is None else ("ok" if self.holds else "TOO MUCH")
        return f"{self.what:<62} {self.measured:<44} {self.value:>10.2f} {limit:>8}  {word}"
