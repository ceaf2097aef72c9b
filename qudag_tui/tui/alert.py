"""What a trigger that fires does to the people at this screen: a bell, a message in tmux, the rollback view."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.duration import spoken
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.tui.clipboard import is_in_tmux
from qudag_tui.tui.tmux_message import tell_tmux

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp

# Nobody who has pressed a key so lately has the screen changed under their fingers.
IDLE_SECONDS = 5.0
# For so long an operator who is busy is still shown the view once they pause; then the banner has to do.
PATIENCE_SECONDS = 60.0


def alert(app: QudagApp, events: Sequence[ev.Event]) -> None:
    """Tell of triggers that fired among ``events``, once each; not of what was reported at this very screen."""
    shot = app.shot
    if shot is None:
        return
    for event in events:
        fact = event.fact
        if not isinstance(fact, ev.TriggerBreached | ev.TriggerFired):
            continue
        trigger = shot.plan.trigger_index.get(fact.trigger)
        if trigger is None or (isinstance(fact, ev.TriggerFired) and _is_here(app, event.actor)):
            continue
        app.bell()
        countdown = shot.state.countdowns.get(trigger.id)
        said = reason_of(trigger, fact.line)
        if countdown is not None and countdown.is_counting(shot.now):
            said = f"ROLLBACK in {spoken(countdown.left_seconds(shot.now))}: {said}"
        if is_in_tmux():
            tell_all(app, said)
        app.show_offer_until = monotonic() + PATIENCE_SECONDS
    show_offer(app)


def tell_all(app: QudagApp, said: str) -> None:
    """A message in tmux, off the event loop, and forgotten."""
    app.run_worker(lambda: tell_tmux(said), thread=True, group="tmux", exit_on_error=False)


def _is_here(app: QudagApp, actor: ev.Actor) -> bool:
    mine = app.actor
    return (actor.login, actor.host, actor.tty) == (mine.login, mine.host, mine.tty)


def show_offer(app: QudagApp) -> None:
    """Open the rollback view on what offers it, unless somebody types, is asked something, or has chosen a view since."""
    now, view, shot = monotonic(), app.view, app.shot
    if app.show_offer_until is None or shot is None:
        return
    if now > app.show_offer_until or not offering(shot.state):
        app.show_offer_until = None
    elif (
        view is not None
        and len(app.screen_stack) == 1
        and view.search_line is None
        and app.pace.idle_seconds(now) >= IDLE_SECONDS
    ):
        app.act("rollback")
