"""``skip STEP --why TEXT``: go on without the step that waits."""

from __future__ import annotations

import argparse

from qudag_tui.cli.execute import add_follow, follow
from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import say_if_alone, tell
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Skip
from qudag_tui.plan.lookup import find_step


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("step", metavar="STEP", help="the id of a step, or a unique beginning of it")
    add_why(parser, required=True)
    add_follow(parser)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Skip the step."""
    session = Session(arguments)
    event = session.ask(Skip(find_step(session.plan, arguments.step, session.state).id, arguments.why))
    code = tell(session, event, arguments)
    say_if_alone(session)
    return follow(session, event, arguments) if arguments.wait else code
