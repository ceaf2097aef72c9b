"""A question in the middle of the screen. Escape answers it with nothing, and so does every way of ignoring it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from qudag_tui.core.printable import visible
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, wrapped
from qudag_tui.tui.widgets.words import Words

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp

Answer = TypeVar("Answer")
WIDTH = 72
# Frame, heading, what is said, keys.
_AROUND = 6


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """``lines`` say what it is about, ``keys`` what can be answered. None is *not now*: nothing is recorded."""

    CSS_PATH = "dialog.tcss"
    way_out: ClassVar[Mapping[str, str]] = {"esc": "not now"}
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(
        self, title: str, lines: Sequence[Sequence[Piece] | str] = (), keys: Mapping[str, str] | None = None
    ) -> None:
        """``keys`` name the keys in the last line, in order; escape is added."""
        super().__init__()
        self.heading = title
        self.lines = lines
        self.keys = dict(keys or {})
        self.is_answered = False

    @property
    def desk(self) -> QudagApp:
        """The application, by its own type."""
        return cast("QudagApp", self.app)

    def compose(self) -> ComposeResult:
        """Title, words, fields, keys."""
        glyphs, colours = self.desk.glyphs, self.desk.colours
        with Vertical(id="box"):
            yield Words(glyphs, colours, [[(glyphs.text(visible(self.heading)), colours.strong)], []], id="heading")
            self.words = Words(glyphs, colours, self.drawn(self.lines), id="words")
            yield self.words
            yield from self.fields()
            self.said = Words(glyphs, colours, [[]], id="said")
            yield self.said
            yield Words(glyphs, colours, [self.key_line()], id="keys")

    def on_mount(self) -> None:
        """The frame is of characters that this terminal has."""
        self.query_one("#box").set_class(self.desk.glyphs.is_ascii, "ascii")

    def fields(self) -> ComposeResult:
        """What is typed into."""
        yield from ()

    def field(self, name: str, hint: str, value: str = "") -> Input:
        """A field of one line."""
        line = Input(value, placeholder=self.desk.glyphs.text(hint), id=name, compact=True, max_length=2000)
        line.cursor_blink = False
        return line

    @property
    def inner_width(self) -> int:
        """The cells that a line of words has."""
        return max(10, min(WIDTH, self.desk.size.width) - 4)

    def drawn(self, lines: Sequence[Sequence[Piece] | str]) -> list[list[Piece]]:
        """Texts broken into lines; pieces as they are."""
        done: list[list[Piece]] = []
        for line in lines:
            if isinstance(line, str):
                done.extend([(part, NO_STYLE)] for part in wrapped(line, self.inner_width, self.desk.glyphs))
            else:
                done.append(list(line))
        return done

    def key_line(self) -> list[Piece]:
        """The last line."""
        colours = self.desk.colours
        pieces: list[Piece] = []
        for key, word in {**self.keys, **self.way_out}.items():
            pieces.extend([(key, colours.strong), (f" {visible(word)}   ", colours.dim)])
        return pieces

    def say(self, text: str) -> None:
        """Tell what is still missing."""
        self.said.put(
            [[(part, self.desk.colours.wrong)] for part in wrapped(text, self.inner_width, self.desk.glyphs, 3)]
        )

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Once: a key that was read together with the one that answered finds it answered, and closes nothing else."""
        if self.is_answered or not self.is_current:
            return AwaitComplete()
        self.is_answered = True
        return super().dismiss(result)

    def on_key(self, event: events.Key) -> None:
        """Escape cancels; another key counts only if it came after a pause, as a paste's do not."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in {"pagedown", "down"} and not self.takes(event.key):
            self.words.scroll(1 if event.key == "down" else 10)
        elif event.key in {"pageup", "up"} and not self.takes(event.key):
            self.words.scroll(-1 if event.key == "up" else -10)
        elif self.desk.pace.was_deliberate(event.time):
            if self.focused is None:
                # The view below has a use of its own for most letters.
                event.stop()
                event.prevent_default()
            self.answer(event.character or event.key)

    def takes(self, key: str) -> bool:
        """Whether the dialog has a use of its own for an arrow key."""
        del key
        return False

    def answer(self, key: str) -> None:
        """Answer to a key that no field took."""


class Choice(Dialog[str]):
    """One key, one answer."""

    def answer(self, key: str) -> None:
        """The key itself is the answer; enter counts where it is offered."""
        name = {"\r": "enter", "\n": "enter", " ": "space"}.get(key, key)
        if name in self.keys:
            self.dismiss(name)


class Notice(Dialog[str]):
    """Something to read; enter, escape or q closes it."""

    way_out: ClassVar[Mapping[str, str]] = {}

    def on_resize(self) -> None:
        """What there is to read takes the whole height where it needs it, and the keys stay below it."""
        self.words.styles.max_height = max(1, self.desk.size.height - _AROUND)

    def answer(self, key: str) -> None:
        """Close."""
        if key in {"\r", "\n", "enter", "q", "?", "4"}:
            self.dismiss(key)


class Impossible(Notice):
    """Why something cannot be asked for: in place of the dialog, so that whoever types on types into nothing."""

    way_out: ClassVar[Mapping[str, str]] = {"esc": "close"}

    def answer(self, key: str) -> None:
        """Only enter closes it: what is typed here was meant as a reason."""
        if key in {"\r", "\n", "enter"}:
            self.dismiss(key)


class Reason(Dialog[str]):
    """A text, needed or not; an empty one is no answer where it is needed."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Sequence[Piece] | str] = (),
        *,
        hint: str = "why",
        needed: bool = True,
        value: str = "",
    ) -> None:
        """``hint`` stands in the empty field."""
        super().__init__(title, lines, {"enter": "record"})
        self.hint, self.needed, self.value = hint, needed, value
        self.opened_at = 0.0
        self.is_typed = False

    def fields(self) -> ComposeResult:
        """One field."""
        self.opened_at = self.desk.pace.last
        yield self.field("reason", self.hint, self.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """A paste that has opened this goes on without a pause; a person waits to see it."""
        event.stop()
        self.is_typed |= self.desk.pace.is_deliberate and self.desk.pace.last > self.opened_at

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter records, if there is something to record."""
        event.stop()
        if self.needed and not event.value.strip():
            self.say(f"say {self.hint}; it stays in the record")
        elif self.desk.pace.is_deliberate or (self.is_typed and not self.desk.pace.is_rapid):
            self.dismiss(event.value.strip())
        else:
            self.say("that looked like a paste: press enter again to record it")
