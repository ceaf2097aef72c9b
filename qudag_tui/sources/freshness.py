"""Whether what a source sends is new: an old number, or the same one again, is no observation."""

from __future__ import annotations

from dataclasses import dataclass, field

from qudag_tui.core.duration import spoken
from qudag_tui.core.instant import NANOSECONDS, Instant

# Clocks of two machines differ by as much without anybody noticing.
LEAST_AGE_SECONDS = 60.0
MOST_PERIODS = 3.0
_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class Freshness:
    """The newest time that each series has stated for its value, over one reader's life."""

    every_seconds: float
    _newest: dict[str, float] = field(default_factory=dict)
    # How far the boot clock was ahead of the stated times when the first one was taken, and how old that one was.
    _first: tuple[str, float, float] | None = None

    @property
    def most_age_seconds(self) -> float:
        """How old a value may be."""
        return max(LEAST_AGE_SECONDS, MOST_PERIODS * self.every_seconds)

    def trouble(self, name: str, at_seconds: float, now: Instant) -> str:
        """Why a value of ``name`` that was taken at ``at_seconds`` (Unix time) does not count, or ""."""
        age = self._age(at_seconds, now)
        if not abs(age) <= self.most_age_seconds:
            side = "old" if age > 0 else "ahead of this machine's clock"
            return f"its time stamp is {spoken(min(abs(age), 1e9))} {side}"
        before = self._newest.get(name)
        if before is not None and at_seconds <= before:
            return "the same sample again: its time stamp has not moved"
        if len(self._newest) >= _MOST_REMEMBERED:
            self._newest.clear()
        self._newest[name] = at_seconds
        return ""

    def _age(self, at_seconds: float, now: Instant) -> float:
        """Seconds by the wall clock, or by the boot clock since the first value, if that says less.

        A wall clock that jumps by an hour makes nothing old.
        """
        by_wall = now.wall.timestamp() - at_seconds
        lead = now.boot_ns / NANOSECONDS - at_seconds
        if self._first is None or self._first[0] != now.boot_id:
            if abs(by_wall) <= self.most_age_seconds:
                self._first = (now.boot_id, lead, by_wall)
            return by_wall
        by_boot = self._first[2] + lead - self._first[1]
        return min(by_wall, by_boot, key=abs)
