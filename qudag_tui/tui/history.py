"""Which events concern which box or phase: an index that grows with the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from qudag_tui.core.event import PlanAdopted

if TYPE_CHECKING:
    from qudag_tui.core.event import Event

_NAMES = ("item", "step", "trigger", "phase", "target")


class History:
    """Everything that happened to each box, in order."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._events: defaultdict[str, list[Event]] = defaultdict(list)

    def add(self, events: Iterable[Event]) -> None:
        """Take in new events."""
        for event in events:
            if isinstance(event.fact, PlanAdopted):
                self._rename(event.fact.same)
            for name in _NAMES:
                concerned = getattr(event.fact, name, "")
                if concerned:
                    self._events[concerned].append(event)

    def _rename(self, same: Mapping[str, str]) -> None:
        """What happened to a box goes on under its new id; two may have taken each other's."""
        moved = [(str(new), self._events.pop(old, [])) for old, new in same.items()]
        for new, events in moved:
            self._events[new] = sorted(events + self._events[new], key=lambda event: event.seq)

    def of(self, id_: str) -> list[Event]:
        """What happened to that box, oldest first."""
        return self._events.get(id_, [])
