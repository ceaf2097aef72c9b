"""``arm``: let triggers start the rollback by themselves, after a countdown; or take that back."""

from __future__ import annotations

import argparse

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.execute import require_trust
from qudag_tui.cli.failure import Refused
from qudag_tui.cli.parser import add_actor_options, add_why, add_yes
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import can_ask, say
from qudag_tui.core.arming import starting_lines
from qudag_tui.core.decide import decide
from qudag_tui.core.intent import Arm, Disarm
from qudag_tui.core.refusal import Refusal


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--off", action="store_true", help="disarm the run: triggers only offer the rollback again")
    add_why(parser, required=False)
    add_yes(parser, "arm it without typing a code")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Arm the run once it is trusted, confirmed and supervised; or disarm it."""
    from qudag_tui.run import clock

    session = Session(arguments)
    if arguments.off:
        return record(session, Disarm(arguments.why), arguments)
    shown = session.plan.key
    answer = decide(session.state, Arm(arguments.why), session.actor, clock.now())
    if isinstance(answer, Refusal):
        raise Refused(answer)
    require_trust(session)
    if can_ask() and not arguments.yes:
        say(*(f"  {line}" for line in starting_lines(session.state)), f"  Recorded as {session.actor.by}.")
    confirm_typed("to arm the run", yes=arguments.yes)
    with session.supervised():
        return record(session, Arm(arguments.why, shown), arguments)
