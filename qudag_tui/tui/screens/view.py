"""What the four views have in common: the frame around them, their keys, and the search line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget

from qudag_tui.tui.compositor import NarrowCompositor
from qudag_tui.tui.keymap import Where, keys_of
from qudag_tui.tui.widgets.banner import Banner
from qudag_tui.tui.widgets.footer import Footer
from qudag_tui.tui.widgets.header import Header

if TYPE_CHECKING:
    from textual.widgets import Input

    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot


def bindings(where: Where) -> list[BindingType]:
    """Textual's bindings for a view, made from the keymap."""
    return [
        Binding(
            ",".join(key.keys), f"act('{key.act}', {key.records})", key.help, show=False, priority="ctrl+q" in key.keys
        )
        for key in keys_of(where)
    ]


_MOVES = {
    where: {name: key.act for key in keys_of(where) if key.act in {"down", "up"} for name in key.keys}
    for where in Where
}


# Typed out of habit behind a code that was complete already: what was just answered to it is still to be read.
_AFTER_A_CODE = "confirm_here"


class View(Screen[None]):
    """Header, banner, body, footer. ``act_…`` methods answer the keys; the general ones are here."""

    BLANK: ClassVar[bool] = True
    where: ClassVar[Where] = Where.EVERYWHERE
    pauses: ClassVar[bool] = True
    AUTO_FOCUS: ClassVar[str | None] = None
    search_line: Input | None = None

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        super().__init__()
        self._compositor = NarrowCompositor()

    @property
    def desk(self) -> QudagApp:
        """The application, by its own type."""
        return cast("QudagApp", self.app)

    def compose(self) -> ComposeResult:
        """The frame."""
        desk = self.desk
        self.header = Header(desk.glyphs, desk.colours, self.where, desk.first_words)
        self.banner = Banner(desk.glyphs, desk.colours, self.where)
        self.footer = Footer(desk.glyphs, desk.colours, self.where)
        yield self.header
        yield self.banner
        yield from self.body()
        yield self.footer

    def body(self) -> ComposeResult:
        """What is the view's own."""
        yield Horizontal()

    def on_mount(self) -> None:
        """Show at once what is known already."""
        self.refresh_from_desk()

    def on_screen_resume(self) -> None:
        """Back from another view or a dialog."""
        self.refresh_from_desk()

    def refresh_from_desk(self) -> None:
        """Draw the newest snapshot."""
        desk = self.desk
        if desk.shot is not None and self.is_mounted:
            self.header.show(desk.shot, paused=desk.is_paused)
            self.banner.show(desk.shot)
            self.show(desk.held or desk.shot if self.pauses else desk.shot)

    def show(self, shot: Snapshot) -> None:
        """Draw the view's own part."""

    # Keys

    def moves(self, key: str) -> bool:
        """Move, if that is what ``key`` does: the short way for what is held down."""
        act = _MOVES[self.where].get(key)
        if act is None or self.search_line is not None:
            return False
        self.action_act(act)
        return True

    def action_act(self, name: str, records: bool = False) -> None:
        """Do what a key stands for; nothing is recorded in the middle of a paste."""
        desk = self.desk
        if self.search_line is not None:
            if name == "back":
                self.search("", 1)
                self.close_search()
            return
        if name != _AFTER_A_CODE:
            self.footer.say("")
        if records and desk.pace.is_pasting:
            self.footer.say("that looked like a paste: nothing was recorded")
            return
        if desk.shot is None and name not in {"quit", "help", "palette", "suspend", "redraw"}:
            return
        own = getattr(self, f"act_{name}", None)
        if own is None:
            desk.act(name)
        else:
            own()

    # Searching

    def act_search(self) -> None:
        """Open the search line in the footer's place."""
        from textual.widgets import Input  # not needed before somebody searches

        line = Input(id="search", placeholder="search", compact=True, select_on_focus=False)
        line.cursor_blink = False
        self.search_line = line
        self.footer.display = False
        self.mount(line, after=self.footer)
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        event.stop()
        self.search(event.value, 1, stay=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was found; n and N go on from here."""
        event.stop()
        self.close_search()

    def close_search(self) -> None:
        """Put the footer back."""
        line, self.search_line = self.search_line, None
        if line is not None:
            line.remove()
        self.footer.display = True
        # What was said in it while it was hidden was drawn nowhere.
        self.footer.forget()
        target = self.focus_target()
        if target is not None:
            target.focus()

    def focus_target(self) -> Widget | None:
        """What has the focus outside the search line."""
        return None

    def search(self, needle: str, direction: int, *, stay: bool = False) -> None:
        """Go to the next match; each view has its own way."""

    def act_next_match(self) -> None:
        """On to the next match."""

    def act_match_before(self) -> None:
        """Back to the match before."""

    def act_back(self) -> None:
        """To the checklists."""
        self.desk.act("checklists")

    def copy_text(self) -> str:
        """What the copy key takes."""
        return ""
