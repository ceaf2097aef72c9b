"""View 4: everything that happened, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from qudag_tui.core.narration import words
from qudag_tui.core.printable import visible
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.screens.view import View, bindings
from qudag_tui.tui.widgets.event_list import EventList
from qudag_tui.tui.widgets.line import wrapped
from qudag_tui.tui.widgets.words import Words

if TYPE_CHECKING:
    from qudag_tui.tui.snapshot import Snapshot

_TOLD = 3


class Timeline(View):
    """One event a row; the one under the cursor is told in full below."""

    where = Where.TIMELINE
    CSS_PATH = "timeline.tcss"
    BINDINGS: ClassVar = bindings(Where.TIMELINE)

    def body(self) -> ComposeResult:
        """The list, and the whole sentence of one."""
        self.list = EventList(self.desk.glyphs, self.desk.colours, id="events")
        self.told = Words(self.desk.glyphs, self.desk.colours, [[]] * _TOLD, id="told")
        yield self.list
        yield self.told

    def focus_target(self) -> Widget | None:
        """The list."""
        return self.list

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.list.show(shot)
        self._tell()

    def _tell(self) -> None:
        event, shot = self.list.event(self.list.cursor), self.desk.shot
        if event is None or shot is None:
            self.told.put([[]] * _TOLD)
            return
        colours, glyphs = self.desk.colours, self.desk.glyphs
        width = max(10, self.size.width - 2)
        head = f"event {event.seq} · {event.at.wall:%Y-%m-%d %H:%M:%S} UTC · {event.actor.by}"
        from_ = "@".join(part for part in (event.actor.login, event.actor.host) if part)
        place = (
            f" ({from_}{', ' if from_ and event.actor.tty else ''}{event.actor.tty})"
            if from_ or event.actor.tty
            else ""
        )
        targets = dict(self.list._targets)  # noqa: SLF001  # its own list
        sentence = wrapped(words(event, shot.state.plan_at(event.seq), targets), width, glyphs, _TOLD - 1)
        self.told.put(
            [
                [(f" {glyphs.text(visible(head + place))}", colours.dim)],
                *([(f" {line}", colours.plain)] for line in sentence),
                *([] for _ in range(_TOLD - 1 - len(sentence))),
            ]
        )

    def _moved(self) -> None:
        self._tell()

    def act_down(self) -> None:
        """One down."""
        self.list.move(1)
        self._tell()

    def act_up(self) -> None:
        """One up."""
        self.list.move(-1)
        self._tell()

    def act_page_down(self) -> None:
        """One screen down."""
        self.list.page(1)
        self._tell()

    def act_page_up(self) -> None:
        """One screen up."""
        self.list.page(-1)
        self._tell()

    def act_first(self) -> None:
        """The first event."""
        self.list.move_to(0)
        self._tell()

    def act_last(self) -> None:
        """The newest event."""
        self.list.move_to(self.list.count() - 1)
        self._tell()

    def search(self, needle: str, direction: int, *, stay: bool = False) -> None:
        """Filter: only what holds the text stays."""
        del direction, stay
        number = self.list.filter(needle)
        self._tell()
        if needle:
            self.footer.say(f"{number} events with “{needle}”; / and esc show all", wrong=not number)

    def copy_text(self) -> str:
        """The events that are shown."""
        shot = self.desk.shot
        found = [self.list.event(number) for number in range(self.list.count())]
        if shot is None:
            return ""
        return "\n".join(
            f"{event.at.wall:%Y-%m-%d %H:%M:%S} {event.actor.by} {words(event, shot.state.plan_at(event.seq), {})}"
            for event in found
            if event is not None
        )
