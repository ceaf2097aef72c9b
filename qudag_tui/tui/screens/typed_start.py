"""The start of something destructive: what is stopped first, what runs as whom, and a short code to type."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from qudag_tui.tui.screens.dialog import Dialog
from qudag_tui.tui.widgets.line import Piece
from qudag_tui.tui.widgets.words import Words

# Without characters that are taken for one another.
_ALPHABET = "ABCDEFGHJKLMNPQRTUVWXY346789"
_LENGTH = 4


def new_code(without: str = "") -> str:
    """A code that nobody types, or pastes, by accident, of other letters than those in ``without``."""
    letters = [letter for letter in _ALPHABET if letter.casefold() not in without.casefold()]
    return "".join(secrets.choice(letters) for _ in range(_LENGTH))


class TypedStart(Dialog[str]):
    """The answer is the reason (which may be empty), given only once the code was typed."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Sequence[Piece] | str],
        *,
        verb: str = "start",
        with_reason: bool = True,
        reason: str = "",
        code: str | None = None,
    ) -> None:
        """``code`` is random unless one is given; ``verb`` is what typing it does; ``reason`` may be changed."""
        super().__init__(title, lines, {"tab": "why (optional)"} if with_reason else {"up, down": "read on"})
        self.code = code or new_code()
        self.verb, self.with_reason, self.given_reason = verb, with_reason, reason

    def fields(self) -> ComposeResult:
        """The code, then the reason."""
        colours, glyphs = self.desk.colours, self.desk.glyphs
        asks = [("Type  ", colours.plain), (self.code, colours.strong), (f"  to {self.verb}:", colours.plain)]
        yield Words(glyphs, colours, [[], asks], id="asks")
        yield self.field("code", "")
        if self.with_reason:
            yield self.field("reason", "why (optional)", self.given_reason)

    @property
    def reason(self) -> str:
        """What was typed as the reason."""
        return self.query_one("#reason", Input).value.strip() if self.with_reason else ""

    def on_input_changed(self, event: Input.Changed) -> None:
        """The right code starts; nothing else does."""
        event.stop()
        if event.input.id == "code" and event.value.strip().upper() == self.code:
            self.confirm(event.input)

    def confirm(self, code: Input) -> None:
        """The right code stands in its field."""
        del code
        self.dismiss(self.reason)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the code, and says so where it is wrong."""
        event.stop()
        if event.input.id == "reason":
            self.query_one("#code", Input).focus()
        elif event.value:
            # Whoever types it again is not to rub this out first.
            event.input.value = ""
            self.say("that is not the code: type it again")
