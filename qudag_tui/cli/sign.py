"""``sign ROLE``: sign for a role, plainly: who, when and why."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, add_why, utf8
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Sign


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("role", metavar="ROLE", type=utf8, help="the role as the file writes it, or the id of its box")
    add_why(parser, required=False)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Sign."""
    from qudag_tui.plan.lookup import find_signoff  # a wrong option needs no run

    session = Session(arguments)
    return record(session, Sign(find_signoff(session.plan, arguments.role).id, arguments.why), arguments)
