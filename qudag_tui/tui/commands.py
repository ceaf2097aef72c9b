"""The palette: every key by its sentence, and the few commands that have no key in this view."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from qudag_tui.tui.keymap import KEYS, keys_of
from qudag_tui.tui.screens.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from qudag_tui.tui.app import QudagApp

_SUPERVISE = "start the supervisor again"
_WITHOUT_KEY = (
    ("close the run: completed, rolled back or abandoned", "close_run"),
    ("arm the run: let triggers start the rollback; or disarm it", "arm"),
    ("stop the countdown to the rollback", "stop_countdown"),
    ("adopt the checklist file as it is now: shows what was edited", "adopt"),
    ("what an adopted plan no longer has", "removed"),
    (_SUPERVISE, "supervise"),
    ("trust: review what would run; accept a run folder", "review_trust"),
    ("trust: revoke it", "revoke_trust"),
    ("trust: list what you trust", "list_trusted"),
    ("accept that a logout may end background work", "unprotected"),
)
# Decides between matches that are worth the same, and between no others.
_FOREMOST = 0.001
# Keys of one view that can be done from any.
_ELSEWHERE = {"baseline"}
_MOVING = {"down", "up", "page_down", "page_up", "out", "into", "palette", "back"}


class Commands(Provider):
    """What can be done in the view below the palette."""

    def commands(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Sentence, and what it does."""
        app = cast("QudagApp", self.app)
        view = app.view
        keys = keys_of(view.where) if isinstance(view, View) else ()
        if self._is_alone:
            yield _SUPERVISE, partial(app.act, "supervise")
        if isinstance(view, View):
            for key in keys:
                if key.act not in _MOVING:
                    yield f"{key.help}  ({key.shown})", partial(view.action_act, key.act)
        for key in KEYS:
            if key.act in _ELSEWHERE and not (isinstance(view, View) and view.where is key.where):
                yield f"{key.help}  ({key.shown} in the {key.where} view)", partial(app.act, key.act)
        for sentence, name in _WITHOUT_KEY:
            if any(key.act == name for key in keys) or (sentence == _SUPERVISE and self._is_alone):
                continue
            yield sentence, partial(app.act, name)

    @property
    def _is_alone(self) -> bool:
        """Whether there is no supervisor: then the banner sends people here for another one, which comes first."""
        shot = cast("QudagApp", self.app).shot
        return shot is not None and shot.state.closed is None and shot.standings.supervised is False

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for sentence, callback in self.commands():
            yield DiscoveryHit(Content(sentence), callback, text=sentence)

    async def search(self, query: str) -> Hits:
        """What fits."""
        matcher = self.matcher(query)
        for sentence, callback in self.commands():
            score = matcher.match(sentence)
            if score > 0:
                yield Hit(
                    score + _FOREMOST * (sentence == _SUPERVISE and self._is_alone),
                    Content(sentence),
                    callback,
                    text=sentence,
                )
