"""The events of a run in words, newest last; drawn only where they are in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.event import ExecutionRequested, GateJudged, GateRegressed, TriggerBreached
from qudag_tui.core.execution import label
from qudag_tui.core.narration import words
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from qudag_tui.core.event import Event, Fact
    from qudag_tui.tui.snapshot import Snapshot


def _is_grave(fact: Fact) -> bool:
    """Whether it is wrong whatever its words are: a gate that fails, at its final look or since, or a trigger that fired."""
    return isinstance(fact, GateRegressed | TriggerBreached) or (
        isinstance(fact, GateJudged) and fact.verdict == Verdict.FAIL
    )


class EventList(Panel):
    """Follows the newest event while the cursor stands on it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Empty until :meth:`show`."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.shot: Snapshot | None = None
        self.needle = ""
        self._shown: list[int] | None = None
        self._filtered_to = 0
        self._targets: dict[int, str] = {}
        self._targets_to = 0

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        was_last = self.cursor >= self.count() - 1
        if self.shot is not None and len(shot.events) < len(self.shot.events):
            self._targets, self._targets_to, self._filtered_to, self._shown = {}, 0, 0, None
        self.shot = shot
        for event in shot.events[self._targets_to :]:
            if isinstance(event.fact, ExecutionRequested):
                self._targets[event.seq] = label(event.fact.target, event.fact.undoes)
        self._targets_to = len(shot.events)
        self._filter()
        if was_last:
            self.cursor = self.count() - 1
        self.keep_in_sight()
        self.repaint()

    def filter(self, needle: str) -> int:
        """Show only the events whose words hold ``needle``; how many there are."""
        self.needle, self._shown, self._filtered_to = needle, None, 0
        self._filter()
        self.cursor = self.count() - 1
        self.keep_in_sight()
        self.repaint()
        return self.count()

    def _filter(self) -> None:
        if not self.needle or self.shot is None:
            self._shown = None
            return
        if self._shown is None:
            self._shown, self._filtered_to = [], 0
        wanted = self.needle.casefold()
        for number in range(self._filtered_to, len(self.shot.events)):
            event = self.shot.events[number]
            if wanted in f"{event.actor.by} {self._words(event)}".casefold():
                self._shown.append(number)
        self._filtered_to = len(self.shot.events)

    def _words(self, event: Event) -> str:
        if self.shot is None:
            return ""
        return words(event, self.shot.state.plan_at(event.seq), self._targets)

    def count(self) -> int:
        """The events that are shown."""
        return len(self._shown) if self._shown is not None else len(self.shot.events) if self.shot else 0

    def event(self, number: int) -> Event | None:
        """The event in row ``number``."""
        if self.shot is None or not 0 <= number < self.count():
            return None
        return self.shot.events[self._shown[number] if self._shown is not None else number]

    def draw_row(self, number: int, width: int) -> list[Piece]:
        """When, who, what."""
        event = self.event(number)
        if event is None or self.shot is None:
            return []
        wall = event.at.wall
        before = self.event(number - 1)
        is_new_day = before is None or before.at.wall.date() != wall.date()
        day = f"{wall.day:>2} {wall:%b} " if is_new_day else " " * 7
        who = cut(event.actor.by, 10, self.glyphs).ljust(11)
        said = self._words(event)
        alarming = _is_grave(event.fact) or any(
            mark in said
            for mark in ("No-Go", "overrode", "failed", "timed out", "expired", "unknown", "refused", "saw “")
        )
        return [
            (f" {day}", self.colours.dim),
            (f"{wall:%H:%M:%S}  ", self.colours.dim),
            (who, self.colours.strong if event.actor.by == self.shot.actor.by else self.colours.plain),
            (cut(said, width - 29, self.glyphs), self.colours.wrong if alarming else self.colours.plain),
        ]
