"""``defer ITEM --to SECTION --why TEXT``: settle a box here and do it in another section."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Defer


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("item", metavar="ITEM", help="the id of a box, or a unique beginning of it")
    parser.add_argument("--to", metavar="SECTION", required=True, help="the section in which it is to be done")
    add_why(parser, required=True)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Defer the box."""
    from qudag_tui.plan.lookup import find_box, find_section  # a wrong option needs no run

    session = Session(arguments)
    box, section = find_box(session.plan, arguments.item), find_section(session.plan, arguments.to)
    return record(session, Defer(box.id, section.id, arguments.why), arguments)
