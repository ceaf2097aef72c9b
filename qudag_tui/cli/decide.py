"""``decide PHASE go|no-go --why TEXT``: record the decision."""

from __future__ import annotations

import argparse

from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import record
from qudag_tui.cli.session import Session
from qudag_tui.core.intent import Decide
from qudag_tui.core.phase import Decision


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("phase", metavar="PHASE", help="the id of a phase, or a unique beginning of it")
    parser.add_argument("decision", choices=[str(decision) for decision in Decision], help="the answer")
    add_why(parser, required=False)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Record it."""
    from qudag_tui.plan.lookup import find_phase  # a wrong option needs no run

    session = Session(arguments)
    phase = find_phase(session.plan, arguments.phase)
    return record(session, Decide(phase.id, arguments.decision, arguments.why), arguments)
