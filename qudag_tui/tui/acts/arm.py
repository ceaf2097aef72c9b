"""Arming a run, disarming it, and stopping what an armed run is about to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.arming import armed_words, counting, starting_lines
from qudag_tui.core.decide import decide
from qudag_tui.core.duration import spoken
from qudag_tui.core.refusal import Refusal
from qudag_tui.tui.acts.question import ask_yes
from qudag_tui.tui.screens.dialog import Choice
from qudag_tui.tui.screens.typed_start import TypedStart

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp


def arm(app: QudagApp) -> None:
    """Arm the run after a typed code that names what it lets happen; an armed one is disarmed after a question."""
    shot = app.shot
    if shot is None:
        return
    if shot.state.armed is not None:
        _disarm(app)
        return
    answer = decide(shot.state, ask.Arm(), app.actor, shot.now)
    if isinstance(answer, Refusal):
        app.say(str(answer), wrong=True)
        return
    lines, shown = starting_lines(shot.state), shot.plan.key

    async def ask_for_code() -> None:
        from qudag_tui.tui.acts.trust import ask_trust, why_untrusted  # only when something is started

        why = await why_untrusted(app)
        if why:
            ask_trust(app, why, ask_for_code)
            return
        said = [*lines, "The file is trusted as it is now.", f"Recorded as {app.actor.by}."]
        app.push_screen(TypedStart("Arm the run", said, verb="arm it"), answered)

    def answered(reason: str | None) -> None:
        if reason is not None:
            app.submit(ask.Arm(reason, shown))

    app.ask_in_background(ask_for_code())


def _disarm(app: QudagApp) -> None:
    words = armed_words(app.shot.state) if app.shot else ""
    lines = [f"It was {words}.", "Triggers then only offer the rollback, and a countdown starts nothing."]
    ask_yes(app, "Disarm the run?", lines, ask.Disarm(), yes="disarm")


def stop_countdown(app: QudagApp) -> None:
    """Stop the countdowns that run, at once: nothing is lost by it, and R is a key away."""
    shot = app.shot
    if shot is None:
        return
    if not counting(shot.state, shot.now):
        app.say("no countdown runs")
        return
    app.submit(ask.StopCountdown())


def ask_which(app: QudagApp) -> bool:
    """Whether somebody was asked which of the two is to be stopped: what runs, or a countdown; or it was stopped."""
    shot = app.shot
    running = counting(shot.state, shot.now) if shot else []
    if shot is None or not running:
        return False
    execution = shot.state.active_execution or next(iter(shot.state.open_requests()), None)
    if execution is None:
        stop_countdown(app)
        return True
    step = execution.running_step
    left = spoken(running[0].left_seconds(shot.now))
    app.push_screen(
        Choice(
            "Stop which?",
            [
                f"A countdown starts the rollback in {left}.",
                f"“{step.text if step else execution.target}” has not ended; the rollback would stop it first.",
                "",
            ],
            {"c": "stop the countdown", "x": "abort what runs"},
        ),
        lambda answer: _stopped(app, answer),
    )
    return True


def _stopped(app: QudagApp, answer: str | None) -> None:
    if answer is not None:
        app.submit(ask.StopCountdown() if answer == "c" else ask.Abort())
