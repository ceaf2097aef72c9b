"""Two lines at the top: what is deployed, when, by whom; the views, the progress, the supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.duration import relative
from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.item import Soak
from qudag_tui.tui.facts import time_of
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.widgets.line import Piece, cut, fit, spread, width_of
from qudag_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

VIEWS = (
    (Where.CHECKLISTS, "1 Checklists"),
    (Where.METRICS, "2 Metrics"),
    (Where.ROLLBACK, "3 Rollback"),
    (Where.TIMELINE, "4 Timeline"),
)
_WIDE = 100


class Header(Lines):
    """Drawn once a second; only what changed of it is sent."""

    DEFAULT_CSS = "Header { height: 2; width: 1fr; }"

    def __init__(self, glyphs: Glyphs, colours: Palette, where: Where, first_words: tuple[str, str] = ("", "")) -> None:
        """``where`` is the view that it stands above, ``first_words`` title and release until the run was read."""
        super().__init__(glyphs, colours)
        self.where = where
        self.first_words = first_words
        self.shot: Snapshot | None = None
        self.paused = False

    def show(self, shot: Snapshot, *, paused: bool) -> None:
        """Draw a new snapshot."""
        self.shot, self.paused = shot, paused
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The two lines; the second alone where there is room for one."""
        del height
        if self.shot is None:
            title, release = self.first_words
            known: list[Piece] = [(f" {cut(title, width - 24, self.glyphs)}", self.colours.strong)]
            known.append((f"  {cut(release, 20, self.glyphs)}", self.colours.plain))
            return [known, spread(self._views(width), [("reading the run ", self.colours.dim)], width, self.glyphs)]
        return [self._first(self.shot, width), self._second(self.shot, width)]

    def _first(self, shot: Snapshot, width: int) -> list[Piece]:
        c, run = self.colours, shot.state.run
        release = run.release if run else ""
        if run and run.previous and width >= _WIDE:
            release = f"{release} over {run.previous}"
        elapsed = shot.seconds_from_start()
        when = f"{shot.now.wall:%H:%M:%S} UTC"
        since = "" if elapsed is None else f"{relative(elapsed)}  "
        others = [name for name in shot.readings.attached if name != shot.actor.by]
        if not others:
            also = ""
        elif width >= _WIDE:
            also = f" {self.glyphs.dot} {', '.join(others)} watching"
        else:
            also = f" (+{','.join(others)})"
        who = cut(f"{shot.actor.by}{also}", max(8, width // 4), self.glyphs)
        right: list[Piece] = [(f"{since}{when}  ", c.plain), (who, c.strong), (" ", c.plain)]
        room = width - width_of(right) - 2
        title = cut(shot.plan.title, max(0, room - len(release) - 3), self.glyphs)
        return spread(
            [(f" {title}", c.strong), (f"  {cut(release, 40, self.glyphs)}", c.plain)], right, width, self.glyphs
        )

    def _views(self, width: int) -> list[Piece]:
        pieces: list[Piece] = [(" ", self.colours.plain)]
        for where, title in VIEWS:
            shown = title if width >= 60 else title[0]
            pieces.append(
                (shown, self.colours.accent + self.colours.strong if where is self.where else self.colours.dim)
            )
            pieces.append(("   " if width >= _WIDE else "  ", self.colours.plain))
        return pieces

    def _second(self, shot: Snapshot, width: int) -> list[Piece]:
        c, state = self.colours, shot.state
        right: list[Piece] = []
        if self.paused:
            right.append(("paused", c.accent))
            right.append(("   ", c.plain))
        between = " of " if width >= _WIDE else "/"
        right.append((f"{state.done['']}{between}{state.total['']}", c.strong))
        ends = forecast(shot)
        if ends and width >= _WIDE:
            right.append((f"   {ends}", c.dim))
        right.append(("  ", c.plain))
        if state.closed is not None:
            right.append((f"closed: {state.closed.outcome}", c.dim))
        elif shot.standings.trouble:
            right.append(("armed, nothing is stored" if state.armed is not None else "nothing is stored", c.wrong))
        elif state.armed is not None and shot.standings.supervised is False:
            right.append(("armed, no supervisor", c.wrong))
        elif state.armed is not None:
            armed = f"armed by {state.armed.by} {time_of(state.armed.at.wall, shot.now.wall)}"
            alive = f"{self.glyphs.alive} " if shot.standings.supervised else ""
            right.append((f"{alive}{cut(armed, max(20, width // 4), self.glyphs)}", c.wrong))
        elif shot.standings.supervised:
            right.append((f"{self.glyphs.alive} supervised", c.accent))
        elif shot.standings.supervised is not None:
            right.append(("no supervisor", c.wrong if state.is_under_way else c.dim))
        right.append((" ", c.plain))
        views = self._views(width)
        if width_of(views) + width_of(right) > width:
            views = self._views(0)
        return spread(fit(views, width, self.glyphs), right, width, self.glyphs)


def forecast(shot: Snapshot) -> str:
    """When the soaks that are left would end at the earliest, from T; nothing where none is left or one rolls back."""
    elapsed = shot.seconds_from_start()
    if elapsed is None or any(e.state is ExecutionState.RUNNING for e in shot.state.executions.values()):
        return ""
    left = 0.0
    for phase in shot.plan.phases:
        for item in phase.items:
            if isinstance(item.spec, Soak) and not shot.state.item_state(item).is_settled:
                left += max(0.0, item.spec.seconds - shot.standings.observed_seconds.get(item.id, 0.0))
    return f"ends after {relative(elapsed + left)}" if left else ""
