"""The start of something that several people have to approve: wait for them, or go on alone and say why."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.widgets import Input

from qudag_tui.tui.screens.typed_start import TypedStart, new_code
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, cut
from qudag_tui.tui.widgets.words import Words

WAIT, ALONE = "w", "o"


class Code(Input):
    """The code; the two keys that choose are none of its letters."""

    def on_key(self, event: events.Key) -> None:
        """Choose, if a person pressed it."""
        screen = self.screen
        if event.character in {WAIT, ALONE} and isinstance(screen, ApprovedStart):
            event.stop()
            event.prevent_default()
            if screen.desk.pace.was_deliberate(event.time):
                screen.choose(event.character)


class ApprovedStart(TypedStart):
    """The answer is the reason; :attr:`is_alone` says of what.

    ``whose`` names those who may sign, ``blocked`` says why nobody can be waited for ("" if somebody can);
    ``cause`` is what the trigger that was breached says, offered as the reason for going on alone.
    """

    def __init__(
        self, title: str, lines: Sequence[Sequence[Piece] | str], *, whose: str, blocked: str = "", cause: str = ""
    ) -> None:
        super().__init__(title, lines, code=new_code(without=WAIT + ALONE))
        self.keys = {f"{WAIT}, {ALONE}": "choose", "tab": "why"}
        self.whose, self.blocked, self.cause = whose, blocked, cause
        self.chosen = "" if blocked else WAIT

    @property
    def is_alone(self) -> bool:
        """Whether it starts without the others."""
        return self.chosen == ALONE

    def fields(self) -> ComposeResult:
        """The choice, the code, the reason."""
        colours, glyphs = self.desk.colours, self.desk.glyphs
        self.choice = Words(glyphs, colours, self._choices(), id="choice")
        yield self.choice
        asks = [("Type  ", colours.plain), (self.code, colours.strong), (f"  to {self.verb}:", colours.plain)]
        yield Words(glyphs, colours, [[], asks], id="asks")
        code = Code(id="code", compact=True, max_length=2000)
        code.cursor_blink = False
        yield code
        yield self.field("reason", "why (optional)")

    def _choices(self) -> list[list[Piece]]:
        wait = self.blocked or f"wait for {self.whose} (asked by this tool)"
        return [self._choice(WAIT, wait, dim=bool(self.blocked)), self._choice(ALONE, "override: I am alone")]

    def _choice(self, key: str, words: str, *, dim: bool = False) -> list[Piece]:
        colours, glyphs = self.desk.colours, self.desk.glyphs
        is_chosen = key == self.chosen
        style = colours.strong if is_chosen else colours.dim if dim else NO_STYLE
        mark: Piece = (f"{glyphs.current if is_chosen else ' '} ", colours.accent)
        return [
            mark,
            (key, colours.dim if dim else colours.strong),
            (f"  {cut(words, self.inner_width - 5, glyphs)}", style),
        ]

    def choose(self, key: str) -> None:
        """Wait, or go on alone; what the trigger said is the reason until another one is typed."""
        if key == WAIT and self.blocked:
            self.say(f"{self.blocked}; {ALONE} goes on alone")
            return
        self.chosen = key
        self.choice.put(self._choices())
        field = self.query_one("#reason", Input)
        offered = self.desk.glyphs.text(self.cause)
        if key == ALONE and not field.value.strip():
            field.value = offered
        elif key == WAIT and field.value == offered:
            field.value = ""
        hint = "why you go on alone; it is shown for ever" if key == ALONE else "why (optional)"
        field.placeholder = self.desk.glyphs.text(hint)
        self.say("")

    def confirm(self, code: Input) -> None:
        """The right code starts once there is a choice, and for going on alone a reason."""
        if not self.chosen:
            code.value = ""
            self.say(f"{self.blocked}; {ALONE} goes on alone")
        elif self.is_alone and not self.reason:
            code.value = ""
            self.say("say why you go on alone (tab), then type the code again")
            self.query_one("#reason", Input).focus()
        else:
            self.dismiss(self.reason)
