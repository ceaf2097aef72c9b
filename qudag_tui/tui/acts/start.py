"""Starting something destructive: the typed code, and the review of trust where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.arming import counting
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.tui.screens.typed_start import TypedStart

if TYPE_CHECKING:
    from qudag_tui.core.step import Step
    from qudag_tui.tui.app import QudagApp


def start_rollback(app: QudagApp) -> None:
    """From anywhere."""
    shot = app.shot
    if shot is None:
        return
    procedure = shot.plan.procedures.get(ROLLBACK)
    if procedure is None:
        app.say("this plan has no rollback", wrong=True)
        return
    run = shot.state.run
    to = f" to {run.previous}" if run and run.previous else ""
    ask_start(app, ROLLBACK, f"Roll back {run.release if run else ''}{to}", procedure.steps)


def start_lines(app: QudagApp, target: str, steps: Sequence[Step]) -> list[str]:
    """What the dialog says: why it is offered, what is stopped first, what runs, as whom."""
    shot = app.shot
    if shot is None:
        return []
    lines = []
    for trigger, fired in offering(shot.state) if target == ROLLBACK else ():
        ago = spoken(shot.now.seconds_since(fired.at))
        how = f"fired {ago} ago ({fired.line})" if fired.breached else f"reported {ago} ago by {fired.by}"
        lines.append(f"{trigger.text}: {how}.")
    counted = counting(shot.state, shot.now) if target == ROLLBACK else []
    if counted:
        lines.append(f"A countdown would start it in {spoken(counted[0].left_seconds(shot.now))}.")
    active = shot.state.active_execution
    if active is not None and active.target != target:
        running = active.running_step
        since = active.of(running.id).since if running else None
        timer = f", running {clock(shot.now.seconds_since(since))}" if since else ""
        lines.append(f"Stops first: “{running.text if running else active.target}”{timer}.")
    elif active is not None:
        lines.append("It is running already.")
    every = [step for top in steps for step in top.walk()]
    commands = sum(bool(step.run) for step in every)
    actor = app.actor
    whom = f" as {actor.login}" if actor.login else ""
    count = f"{len(every)} steps" if len(every) != 1 else "1 step"
    some = f"{commands} run commands" if commands != 1 else "1 runs a command"
    lines.append(f"{count}; {some} on this machine{whom}.")
    return lines


def ask_start(app: QudagApp, target: str, title: str, steps: Sequence[Step]) -> None:
    """Ask for the code, and then for the execution; a file that is not trusted is reviewed first."""
    has_commands = any(step.run for top in steps for step in top.walk())

    async def ask_for_code() -> None:
        from qudag_tui.tui.acts.trust import ask_trust, why_untrusted  # noqa: PLC0415  # only when something is started

        why = await why_untrusted(app) if has_commands else ""
        if why:
            ask_trust(app, why, ask_for_code)
            return
        lines = start_lines(app, target, steps)
        if has_commands:
            lines.append("The file is trusted as it is now.")
        app.push_screen(TypedStart(title, [*lines, f"Recorded as {app.actor.by}."], reason=given_reason()), answered)

    def given_reason() -> str:
        offered = offering(app.shot.state) if app.shot and target == ROLLBACK else []
        return reason_of(offered[0][0], offered[0][1].line) if offered else ""

    def answered(reason: str | None) -> None:
        if reason is None:
            return
        active = app.shot.state.active_execution if app.shot else None
        # What is stopped first was named in the dialog, so that the typed code confirms it as well.
        app.submit(ask.Execute(target, reason, stop_first=active is not None and active.target != target))
        if target == ROLLBACK:
            app.act_rollback()

    app.ask_in_background(ask_for_code())
