"""``na ITEM --why TEXT``: nobody needs to do it in this run."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import MarkNotApplicable


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("item", metavar="ITEM", help="the id of a box, or a unique beginning of it")
    add_why(parser, required=True)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Mark the box not applicable."""
    from qudag_tui.plan.lookup import find_box  # a wrong option needs no run

    session = Session(arguments)
    return record(session, MarkNotApplicable(find_box(session.plan, arguments.item).id, arguments.why), arguments)
