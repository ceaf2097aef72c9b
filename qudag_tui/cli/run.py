"""``run ITEM|PROCEDURE``: execute an item that runs a command, or a procedure."""

from __future__ import annotations

import argparse

from qudag_tui.cli.execute import add_start, add_undo, start
from qudag_tui.cli.session import Session
from qudag_tui.plan.lookup import find_runnable


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("target", metavar="ITEM|PROCEDURE", help="its id, or a unique beginning of it")
    parser.add_argument("--dry-run", action="store_true", help="print the commands in order, and start nothing")
    add_undo(parser)
    add_start(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start it and follow it: 0 passed, 1 not, 3 refused or expired, 7 unknown or waiting for a person."""
    session = Session(arguments)
    target = find_runnable(session.plan, arguments.target).id
    return start(session, target, arguments)
