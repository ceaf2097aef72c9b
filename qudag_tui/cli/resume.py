"""``resume``: a person lets go on what waited since the supervisor's restart."""

from __future__ import annotations

import argparse

from qudag_tui.cli.execute import add_wait, ask_and_follow, require_trust
from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Resume


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_wait(parser)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Confirm the oldest that waits, and follow it."""
    session = Session(arguments)
    require_trust(session)
    return ask_and_follow(session, Resume(), arguments)
