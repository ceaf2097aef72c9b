"""Asking whether to begin a run where none is open: which release, over which, and when T is."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from qudag_tui.core.duration import parse_offset
from qudag_tui.core.instant import moment_of
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.printable import visible
from qudag_tui.tui import theme
from qudag_tui.tui.glyphs import ASCII, UNICODE
from qudag_tui.tui.lifecycle import Lifecycle, is_ascii_locale, unusable_terminal
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.words import Words

_FIELDS = ("release", "previous", "starts")


@lean_dataclass(frozen=True, slots=True)
class NewRun:
    """What was answered. ``starts`` is T, in UTC; None is now."""

    release: str
    previous: str
    starts: datetime | None


def parse_starts(text: str, now: datetime) -> datetime | None:
    """T as people type it: nothing or ``now``, ``20:30`` (the next one), a date and time, ``+2h``; UTC.

    Raises ``ValueError``, which says what is allowed.
    """
    said = text.strip()
    if said in {"", "now"}:
        return None
    try:
        if said.startswith(("+", "-")):
            return now + timedelta(seconds=parse_offset(f"T{said}"))
        if len(said) <= 5 and ":" in said:
            hour, minute = said.split(":")
            moment = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
            return moment if moment >= now else moment + timedelta(days=1)
        return moment_of(said)
    except (ValueError, OverflowError) as error:
        raise ValueError("T is now, 20:30, 2026-11-22 20:30 or +2h, in UTC") from error


class NewRunApp(App[NewRun]):
    """Three fields; escape, and every other way of leaving, begins nothing."""

    CSS_PATH: ClassVar = ["app.tcss", "new_run.tcss"]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "begin nothing"),
        ("ctrl+c", "leave", "begin nothing"),
        ("ctrl+q", "leave", "begin nothing"),
    ]

    def __init__(self, title: str, path: Path | str, *, ascii: bool = False) -> None:  # noqa: A002  # the option's name
        """``title`` is the plan's, ``path`` the file's."""
        super().__init__()
        self.colours = theme.wear(self, os.environ)
        self.glyphs = ASCII if ascii else UNICODE
        self.plan_title, self.path = title, str(path)
        self.lifecycle: Lifecycle | None = None

    def on_mount(self) -> None:
        """Signals end it in good order."""
        if self.lifecycle is not None:
            self.lifecycle.running(asyncio.get_running_loop(), lambda code: self.exit(None, return_code=code))

    def compose(self) -> ComposeResult:
        """What is asked."""
        c, glyphs = self.colours, self.glyphs
        head: list[list[Piece]] = [
            [(cut(self.plan_title, 76, glyphs), c.strong)],
            [(cut(self.path, 76, glyphs), c.dim)],
            [],
            [(glyphs.text("No run of this file is open. Begin one?"), c.plain)],
            [],
        ]
        yield Words(glyphs, c, head)
        for name, label, hint in (
            ("release", "Release", "needed, for example v2.1.0"),
            ("previous", "Over", "the release that a rollback returns to"),
            ("starts", "T is", "now; or 20:30, 2026-11-22 20:30, +2h; UTC"),
        ):
            yield Words(glyphs, c, [[(label, c.dim)]])
            field = Input(placeholder=hint, id=name, compact=True, max_length=200)
            field.cursor_blink = False
            yield field
        self.said = Words(glyphs, c, [[]])
        yield self.said
        keys: Sequence[Piece] = (
            ("enter", c.strong),
            (" begin   ", c.dim),
            ("tab", c.strong),
            (" next field   ", c.dim),
            ("esc", c.strong),
            (" begin nothing", c.dim),
        )
        yield Words(glyphs, c, [[], keys])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter begins from any field, once there is a release."""
        event.stop()
        release, previous, starts = (self.query_one(f"#{name}", Input).value.strip() for name in _FIELDS)
        if not release:
            self._say("which release is it?", "release")
            return
        try:
            moment = parse_starts(starts, datetime.now(UTC))
        except ValueError as error:
            self._say(str(error), "starts")
            return
        self.exit(NewRun(release, previous, moment))

    def _say(self, text: str, field: str) -> None:
        self.said.put([[(self.glyphs.text(visible(text)), self.colours.wrong)]])
        self.query_one(f"#{field}", Input).focus()

    def action_leave(self) -> None:
        """Begin nothing."""
        self.exit(None)


def ask_new_run(title: str, path: Path | str, *, ascii: bool = False) -> NewRun | None:  # noqa: A002  # the option's name
    """Ask on this terminal; None where nothing is to begin, or where there is no terminal to ask on."""
    why = unusable_terminal(os.environ)
    if why:
        print(f"qudag-tui: {why}", file=sys.stderr)  # noqa: T201  # there is no screen to say it on
        return None
    lifecycle = Lifecycle()
    lifecycle.install()
    app = NewRunApp(title, path, ascii=ascii or is_ascii_locale(os.environ))
    app.lifecycle = lifecycle
    try:
        return app.run()
    finally:
        lifecycle.uninstall()
