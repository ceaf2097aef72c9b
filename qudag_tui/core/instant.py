"""A moment as a run sees it: the wall clock for people, the boot clock for arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta

from qudag_tui.core.lean_dataclass import lean_dataclass

NANOSECONDS = 1_000_000_000
# Room on both sides for what is counted from a moment: a calendar ends with the year 9999.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MOST_BOOTS = 64


def moment_of(text: str) -> datetime:
    """The moment that ``text`` says in ISO 8601, in UTC, as is what names no zone. Raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:
        raise ValueError(f"the year is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lean_dataclass(frozen=True, slots=True)
class Instant:
    """One moment, by two clocks.

    ``wall`` is UTC and may jump; ``boot_ns`` counts nanoseconds since the boot named by ``boot_id``, suspends
    included, and never jumps.
    """

    wall: datetime
    boot_ns: int
    boot_id: str

    def seconds_since(self, earlier: Instant) -> float:
        """Seconds from ``earlier`` to here, never negative: by the boot clock within one boot, else by the wall."""
        if self.boot_id == earlier.boot_id:
            return max(0, self.boot_ns - earlier.boot_ns) / NANOSECONDS
        return max(0.0, (self.wall - earlier.wall).total_seconds())

    def plus(self, seconds: float) -> Instant:
        """The moment ``seconds`` later, by both clocks."""
        return Instant(
            self.wall + timedelta(seconds=seconds), self.boot_ns + round(seconds * NANOSECONDS), self.boot_id
        )


EPOCH = Instant(datetime(1970, 1, 1, tzinfo=UTC), 0, "")


@lean_dataclass(frozen=True, slots=True)
class RunClock:
    """Nanoseconds since a run was created: the boot clock, carried across boots by the wall, never backwards.

    ``anchor`` is an instant at which the run clock read ``run_ns``; ``former`` are the last such of earlier boots, so
    that what happened then stays when it was, whatever the wall clock was set to since.
    """

    anchor: Instant = EPOCH
    run_ns: int = 0
    former: Mapping[str, RunClock] = field(default_factory=dict)

    def at(self, now: Instant) -> int:
        """What the run clock reads at ``now`` (nanoseconds, at least the anchor's where no event of that boot came later)."""
        if now.boot_id == self.anchor.boot_id:
            return self.run_ns + now.boot_ns - self.anchor.boot_ns
        before = self.former.get(now.boot_id)
        if before is not None and now.boot_ns <= before.anchor.boot_ns:
            return before.at(now)
        return self.run_ns + round(now.seconds_since(self.anchor) * NANOSECONDS)

    def seen(self, now: Instant, at_least_ns: int = 0) -> RunClock:
        """The clock after an event at ``now``: re-anchored, so that a later boot continues from here."""
        former = self.former
        if now.boot_id != self.anchor.boot_id:
            # More boots than any run has are a forgery, which must not fill the memory.
            kept = list(former.items())[-_MOST_BOOTS:]
            former = {**dict(kept), self.anchor.boot_id: RunClock(self.anchor, self.run_ns)}
            former.pop(now.boot_id, None)
        return RunClock(now, max(self.run_ns, self.at(now), at_least_ns), former)
