"""``abort``: stop what runs; nothing after it starts."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Abort


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the end, and see that there is a supervisor that carries it out."""
    session = Session(arguments)
    # First on disk, whatever becomes of the supervisor.
    code = record(session, Abort(), arguments)
    session.watch_from_here()
    return code
