"""Where a box is deferred to, and why."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from qudag_tui.tui.screens.dialog import Dialog
from qudag_tui.tui.widgets.line import Piece, cut

_SHOWN = 9


class Defer(Dialog[tuple[str, str]]):
    """A list of sections to move through with the arrows, and a reason; the answer is the section's id and the reason."""

    def __init__(self, title: str, sections: Sequence[tuple[str, str]]) -> None:
        """``sections`` are ids and titles; the first is chosen at first."""
        super().__init__(title, [], {"up, down": "choose where", "enter": "record"})
        self.sections = sections
        self.chosen = 0

    def on_mount(self) -> None:
        """The list is drawn once there is a width."""
        self.words.put(self.list_lines())

    def fields(self) -> ComposeResult:
        """The reason."""
        yield self.field("reason", "why")

    def list_lines(self) -> list[list[Piece]]:
        """A window of the sections around the chosen one."""
        colours, glyphs = self.desk.colours, self.desk.glyphs
        top = max(0, min(self.chosen - _SHOWN // 2, len(self.sections) - _SHOWN))
        lines: list[list[Piece]] = []
        for number, (_, title) in enumerate(self.sections[top : top + _SHOWN], top):
            text = f"  {cut(title, self.inner_width - 4, glyphs)}".ljust(self.inner_width)
            lines.append([(text, colours.cursor if number == self.chosen else colours.plain)])
        return [*lines, []]

    def takes(self, key: str) -> bool:
        """The arrows choose."""
        step = {"down": 1, "up": -1, "pagedown": _SHOWN, "pageup": -_SHOWN}[key]
        self.chosen = max(0, min(len(self.sections) - 1, self.chosen + step))
        self.words.put(self.list_lines())
        return True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Both are needed."""
        event.stop()
        if not event.value.strip():
            self.say("say why; it stays in the record")
        else:
            self.dismiss((self.sections[self.chosen][0], event.value.strip()))
