"""What the widgets see: one value, replaced as a whole whenever something is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from qudag_tui.core.item import Item, ItemState
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.rows import Outline, deferrals, outline
from qudag_tui.run.standings import Standings

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Actor, Event
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.readiness import Readiness
    from qudag_tui.core.state import State


@lean_dataclass(frozen=True, slots=True)
class Series:
    """The newest values of a metric, oldest first, None where a slot has none; ``seconds`` apart.

    ``age`` is how many seconds ago the newest good one was taken (None: there is none), ``backfilled`` how many of
    them were filled in later, ``first`` the number of the slot of the first value, on the run clock.
    """

    values: tuple[float | None, ...] = ()
    seconds: float = 5.0
    age: float | None = None
    backfilled: int = 0
    first: int = 0

    @property
    def newest(self) -> float | None:
        """The newest value that is a number."""
        return next((value for value in reversed(self.values) if value is not None), None)

    @property
    def is_stale(self) -> bool:
        """Whether the newest value is older than three periods, and a second for those who look."""
        return self.age is not None and self.age > 3 * self.seconds + 1


@lean_dataclass(frozen=True, slots=True)
class Readings:
    """One look at the samples and at who is there (``attached``), taken once a second by a thread of its own."""

    series: Mapping[str, Series] = field(default_factory=dict)
    standings: Standings = field(default_factory=Standings)
    attached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A run as it stands. ``state`` and ``events`` belong to the screen's thread: no other one touches them.

    ``trouble`` is what keeps the screen from the run's newest state or from writing to it; ``edited`` says that the
    checklist file is not what the run follows; ``readiness`` whether what the plan executes could start (None: nobody
    has looked yet).
    """

    plan: Plan
    state: State
    events: tuple[Event, ...]
    rows: Outline
    actor: Actor
    now: Instant
    readings: Readings = field(default_factory=Readings)
    trouble: str = ""
    edited: str = ""
    readiness: Readiness | None = None

    @property
    def standings(self) -> Standings:
        """What the supervisor last said."""
        return self.readings.standings

    @cached_property
    def starts(self) -> datetime | None:
        """T, if the run says it in a way that can be read."""
        return self.state.starts

    @cached_property
    def deferred(self) -> dict[str, list[Item]]:
        """Which boxes of other sections are to be done in a section."""
        return deferrals(self.state)

    @cached_property
    def current(self) -> str:
        """The id of the current box, or nothing."""
        item = self.state.current_item()
        return item.id if item else ""

    @cached_property
    def claimed(self) -> Mapping[str, int]:
        """How many boxes of each section and checklist are claimed; what has none is not in it."""
        counts: dict[str, int] = {}
        for item in _claimed_in_file(self.plan):
            if self.state.item_state(item) is ItemState.CLAIMED:
                for holder in {item.section, self.plan.sections[item.section].checklist}:
                    counts[holder] = counts.get(holder, 0) + 1
        return counts

    def seconds_from_start(self) -> float | None:
        """Seconds since T by the wall clock, negative before it."""
        return None if self.starts is None else (self.now.wall - self.starts).total_seconds()


def _claimed_in_file(plan: Plan) -> tuple[Item, ...]:
    found: tuple[Item, ...] | None = plan.__dict__.get("_claimed_in_file")
    if found is None:
        found = tuple(item for item in plan.items.values() if item.claimed)
        plan.__dict__["_claimed_in_file"] = found
    return found


def first_snapshot(plan: Plan, state: State, events: tuple[Event, ...], actor: Actor, now: Instant) -> Snapshot:
    """The snapshot of a run that was just opened."""
    return Snapshot(plan, state, events, outline(plan), actor, now)
