"""``comment ITEM TEXT``: remark on a box."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, utf8
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import AddComment


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("item", metavar="ITEM", help="the id of a box, or a unique beginning of it")
    parser.add_argument("text", metavar="TEXT", type=utf8, nargs="+", help="the remark; several words are joined")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Add the comment."""
    from qudag_tui.plan.lookup import find_box  # a wrong option needs no run

    session = Session(arguments)
    return record(session, AddComment(find_box(session.plan, arguments.item).id, " ".join(arguments.text)), arguments)
