"""The field that takes a colleague's signature: one line, verified before anything is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Paste
from textual.widgets import Input

from qudag_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from qudag_tui.core.intent import Approve

_MOST_CHARACTERS = 20_000


class _SignatureLine(Input):
    """A line that a terminal has wrapped is copied as several: it is put together again, not cut at the first break."""

    def on_paste(self, event: Paste) -> None:
        """All of it, in the place of what is selected."""
        event.prevent_default()
        event.stop()
        self.replace("".join(event.text.split()), *self.selection)


class SignatureField(Dialog["Approve"]):
    """``verify`` answers with the approval that a text is, or says why it is none."""

    def __init__(self, title: str, lines: list[str], verify: Callable[[str], Awaitable[Approve | str]]) -> None:
        super().__init__(title, lines, {"enter": "verify and record"})
        self.verify = verify
        self._verifying = False

    def fields(self) -> ComposeResult:
        """One line."""
        line = _SignatureLine(
            placeholder=self.desk.glyphs.text("the line that approve printed"),
            id="signature",
            compact=True,
            max_length=_MOST_CHARACTERS,
        )
        line.cursor_blink = False
        yield line

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter verifies. One that came with a paste does not: what follows it must not reach the view below."""
        event.stop()
        if not self.desk.pace.is_deliberate:
            self.say("pasted; press enter to hand it in")
        elif event.value.strip() and not self._verifying:
            self._verifying = True
            self.say("verifying")
            self.run_worker(self._verify(event.value), group="verify", exit_on_error=False)

    async def _verify(self, text: str) -> None:
        try:
            answer = await self.verify(text)
        finally:
            self._verifying = False
        if isinstance(answer, str):
            self.say(answer)
            self.query_one("#signature", Input).value = ""
        elif self.is_current:
            self.dismiss(answer)
