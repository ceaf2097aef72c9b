"""``resume``: a person lets go on what waited since the supervisor's restart, or a step that is to be confirmed."""

from __future__ import annotations

import argparse

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.execute import add_wait, ask_and_follow, require_trust
from qudag_tui.cli.parser import add_actor_options, add_yes
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import say
from qudag_tui.core.intent import ConfirmStep, Resume


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_yes(parser, "confirm a step without typing a code")
    add_wait(parser)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Confirm what waits, and follow it: a restart first, and only by another call the step that is to be confirmed."""
    from qudag_tui.run.supervision import supervisor_alive  # a wrong option needs no run

    session = Session(arguments)
    active = session.state.active_execution
    step = active.waits_for if active is not None and active.waits_for_confirmation and not active.held else None
    require_trust(session)
    # Without a supervisor one is started, which holds everything: that is resumed first.
    if step is not None and supervisor_alive(session.opened):
        say(f"“{step.text}” starts once it is confirmed. Recorded as {session.actor.by}.")
        confirm_typed("to start it", yes=arguments.yes)
        return ask_and_follow(session, ConfirmStep(step.id), arguments)
    return ask_and_follow(session, Resume(), arguments)
