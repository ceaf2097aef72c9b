"""``abort``: stop what runs, or the countdown that is about to start something; nothing after it starts."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import say
from qudag_tui.core.arming import counting
from qudag_tui.core.intent import Abort, StopCountdown


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--countdown", action="store_true", help="stop the countdown, and leave alone what runs")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the end, and see that there is a supervisor that carries it out."""
    from qudag_tui.run import clock

    session = Session(arguments)
    # First on disk, whatever becomes of the supervisor.
    code = record(session, StopCountdown() if arguments.countdown else Abort(), arguments)
    if counting(session.state, clock.now()):
        say("a countdown to the rollback goes on: qudag-tui abort --countdown stops it")
    with session.watched():
        return code
