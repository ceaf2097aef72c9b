"""What an execution would run, as commands to paste; nothing is started by looking."""

from __future__ import annotations

from collections.abc import Sequence

from qudag_tui.tui.screens.dialog import Notice
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, wrapped


class Preview(Notice):
    """Wrapped to be read; copied as it is."""

    def __init__(self, title: str, commands: Sequence[str]) -> None:
        """``commands`` are the lines of the dry run."""
        super().__init__(title, (), {"y": "copy", "down": "read on", "enter": "close"})
        self.commands = commands

    def on_mount(self) -> None:
        """Drawn once there is a width."""
        super().on_mount()
        self.words.put([line for command in self.commands for line in self._lines(command)])

    def _lines(self, command: str) -> list[list[Piece]]:
        style = self.desk.colours.dim if command.startswith("#") else NO_STYLE
        return [[(part, style)] for part in wrapped(command, self.inner_width, self.desk.glyphs)]

    def answer(self, key: str) -> None:
        """Copy, or close."""
        if key == "y":
            from qudag_tui.tui.acts.whole import copy_text  # only when something is copied

            copy_text(self.desk, "\n".join(self.commands) + "\n")
            self.say("copied: it can be pasted into a shell")
        elif key != "4":
            super().answer(key)
