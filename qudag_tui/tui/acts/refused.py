"""A refusal on the screen: a question where it is one, else a notice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from qudag_tui.core import intent as ask
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.tui.acts.question import ask_why, ask_yes
from qudag_tui.tui.screens.dialog import Impossible

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp

_SURE = "Are you sure?"


def refused(app: QudagApp, intent: ask.Intent, refusal: Refusal) -> None:
    """Ask again with what was missing, or say why not."""
    if refusal.because is Because.CONFIRM and isinstance(intent, ask.Tick):
        ask_yes(app, _SURE, [f"{refusal.message}.", refusal.hint], replace(intent, out_of_order=True))
    elif refusal.because is Because.CONFIRM and isinstance(intent, ask.Execute):
        ask_yes(app, _SURE, [f"{refusal.message}.", refusal.hint], replace(intent, stop_first=True))
    elif refusal.because is Because.REASON and hasattr(intent, "reason"):
        changed: Any = intent
        title, lines = "This needs a reason", [f"{refusal.message}."]
        ask_why(app, title, lines, "why", lambda reason: replace(changed, reason=reason))
    elif _is_unprotected(app, refusal):
        from qudag_tui.tui.acts.whole import unprotected  # seldom needed

        unprotected(app)
    elif cell_len(app.glyphs.text(str(refusal))) > app.size.width - 2:
        # The footer would cut off what to do next, which stands last.
        impossible(app, refusal.message, refusal.hint)
    else:
        app.say(str(refusal), wrong=True)


def is_refused(app: QudagApp, intent: ask.Intent) -> bool:
    """Whether ``intent`` would be refused as things stand; then that is said, and what is typed on goes nowhere.

    Asked before a dialog opens. What only lacks its reason, or its confirmation, is not refused.
    """
    from qudag_tui.core.decide import decide  # not needed before somebody asks for something

    shot = app.shot
    if shot is None:
        return True
    answer = decide(shot.state, intent, app.actor, shot.now)
    if not isinstance(answer, Refusal) or answer.because in {Because.CONFIRM, Because.REASON}:
        return False
    if _is_unprotected(app, answer):
        refused(app, intent, answer)
    else:
        impossible(app, answer.message, answer.hint)
    return True


def impossible(app: QudagApp, message: str, hint: str = "") -> None:
    """Say in a dialog why another one does not open."""
    lines = [f"{line[:1].upper()}{line[1:]}." for line in (message, hint) if line]
    app.push_screen(Impossible("Not possible now", [*lines, ""], {"enter": "close"}))


def _is_unprotected(app: QudagApp, refusal: Refusal) -> bool:
    state = app.shot.state if app.shot else None
    if state is None or state.supervisor is None or state.unprotected_accepted:
        return False
    why = state.supervisor.started.unprotected
    return bool(why) and why in refusal.message
