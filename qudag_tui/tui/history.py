"""Which events concern which box or phase: an index that grows with the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

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
            for name in _NAMES:
                concerned = getattr(event.fact, name, "")
                if concerned:
                    self._events[concerned].append(event)

    def of(self, id_: str) -> list[Event]:
        """What happened to that box, oldest first."""
        return self._events.get(id_, [])
