"""``mark STEP``: a person says how the step that waits ended."""

from __future__ import annotations

import argparse

from qudag_tui.cli.execute import add_follow, follow
from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import say_if_alone, tell
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import MarkStep
from qudag_tui.core.step import Outcome
from qudag_tui.plan.lookup import find_step


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("step", metavar="STEP", help="the id of a step, or a unique beginning of it")
    outcomes = [str(Outcome.PASSED), str(Outcome.FAILED)]
    parser.add_argument("outcome", nargs="?", choices=outcomes, default=outcomes[0], help="passed, unless said")
    add_why(parser, required=False)
    add_follow(parser)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Mark the step."""
    session = Session(arguments)
    step = find_step(session.plan, arguments.step, session.state)
    event = session.ask(MarkStep(step.id, arguments.outcome, arguments.why))
    code = tell(session, event, arguments)
    say_if_alone(session)
    return follow(session, event, arguments) if arguments.wait else code
