"""``undo``: take back one's own last tick, not applicable, defer or comment."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Undo


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take it back."""
    return record(Session(arguments), Undo(), arguments)
