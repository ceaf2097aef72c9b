"""View 2: every metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from qudag_tui.tui.keymap import Where
from qudag_tui.tui.screens.view import View, bindings
from qudag_tui.tui.widgets.metric_list import MetricList

if TYPE_CHECKING:
    from qudag_tui.tui.snapshot import Snapshot


class Metrics(View):
    """Plots below one another."""

    where = Where.METRICS
    CSS_PATH = "metrics.tcss"
    BINDINGS: ClassVar = bindings(Where.METRICS)

    def body(self) -> ComposeResult:
        """The list."""
        self.list = MetricList(self.desk.glyphs, self.desk.colours, id="metrics")
        yield self.list

    def focus_target(self) -> Widget | None:
        """The list."""
        return self.list

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.list.show(shot)

    def act_down(self) -> None:
        """The next metric."""
        self.list.step(1)

    def act_up(self) -> None:
        """The metric before."""
        self.list.step(-1)

    def act_page_down(self) -> None:
        """One screen down."""
        self.list.scroll(self.list.size.height - 1)

    def act_page_up(self) -> None:
        """One screen up."""
        self.list.scroll(1 - self.list.size.height)

    def act_first(self) -> None:
        """The top."""
        self.list.scroll(-1_000_000)

    def act_last(self) -> None:
        """The end."""
        self.list.scroll(1_000_000)

    def search(self, needle: str, direction: int, *, stay: bool = False) -> None:
        """By title."""
        del stay
        if needle and not self.list.find(needle, direction):
            self.footer.say(f"no metric is called “{needle}”", wrong=True)

    def act_next_match(self) -> None:
        """On."""
        self.search(self.list.needle, 1)

    def act_match_before(self) -> None:
        """Back."""
        self.search(self.list.needle, -1)
