"""``retry STEP``: another attempt at a step that did not pass."""

from __future__ import annotations

import argparse

from qudag_tui.cli.execute import add_wait, ask_and_follow, require_trust
from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Retry
from qudag_tui.plan.lookup import find_step


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("step", metavar="STEP", help="the id of a step, or a unique beginning of it")
    add_wait(parser)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for it and follow it: 0 passed, 1 not, 3 refused, 7 unknown or waiting for a person."""
    session = Session(arguments)
    step = find_step(session.plan, arguments.step, session.state)
    require_trust(session, step if step.run else None)
    return ask_and_follow(session, Retry(step.id), arguments)
