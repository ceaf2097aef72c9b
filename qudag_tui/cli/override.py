"""``override ITEM|PHASE|unprotected --why TEXT``: go on although the rules say no; shown for ever after."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import AcceptUnprotected, Override

UNPROTECTED = "unprotected"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    target = f"a box, a locked phase, or {UNPROTECTED}: that a logout may end background work here"
    parser.add_argument("target", metavar="ITEM|PHASE", help=target)
    add_why(parser, required=True)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Override it."""
    from qudag_tui.plan.lookup import find_box_or_phase  # a wrong option needs no run

    session = Session(arguments)
    if arguments.target == UNPROTECTED:
        return record(session, AcceptUnprotected(arguments.why), arguments)
    return record(session, Override(find_box_or_phase(session.plan, arguments.target).id, arguments.why), arguments)
