"""All that is known of one row, for screens that have no room for the pane; it goes on being true while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.rows import RowKind
from qudag_tui.tui.screens.dialog import Notice

if TYPE_CHECKING:
    from qudag_tui.core.rows import Row
    from qudag_tui.tui.widgets.detail import Detail

_HEIGHT = 40


class Details(Notice):
    """Drawn anew with every look: a gate that passed when it was opened may fail by now."""

    def __init__(self, row: Row, detail: Detail) -> None:
        """Of ``row``, in the words of ``detail``."""
        super().__init__(row.text, [], {"enter": "close", "down": "read on"})
        self.row, self.detail = row, detail

    def on_mount(self) -> None:
        """Drawn once there is a width."""
        super().on_mount()
        self.refresh_from_desk()

    def refresh_from_desk(self) -> None:
        """What is known by now; of a row that an adopted plan no longer has, what was known last."""
        shot, row = self.desk.held or self.desk.shot, self.row
        if shot is None:
            return
        is_box, is_checklist = row.kind in {RowKind.BOX, RowKind.REFERENCE}, row.kind is RowKind.CHECKLIST
        if (is_box and row.id not in shot.plan.items) or (is_checklist and row.id not in shot.state.done):
            return
        detail = self.detail
        detail.row, detail.shot, detail.history = self.row, shot, self.desk.history
        self.words.put(detail.text(max(20, self.inner_width), _HEIGHT, plots=False)[1:])
        self.words.scroll(0)
