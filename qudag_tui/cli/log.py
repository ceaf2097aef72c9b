"""``log``: the events of a run, and those to come."""

from __future__ import annotations

import argparse
import time

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.moment import stamp
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.event import Event
from qudag_tui.core.narration import words

POLL_SECONDS = 0.1


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--follow", action="store_true", help="go on with what is recorded from now on")
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Print the events, oldest first; with ``--follow`` until ctrl+c or the end of the run."""
    session = Session(arguments)
    requested = session.state.labels
    for event in session.run.events:
        _put(event, session, requested, as_json=arguments.json)
    if session.run.altered:
        say(f"{len(session.run.altered)} events were altered: verify names them")
    while arguments.follow and session.state.closed is None:
        for event in session.run.catch_up():
            _put(event, session, requested, as_json=arguments.json)
        time.sleep(POLL_SECONDS)
    return ExitCode.DONE


def _put(event: Event, session: Session, requested: dict[int, str], *, as_json: bool) -> None:
    if as_json:
        put_json(event_json(event), lines=True)
    else:
        put(
            f"{event.seq:>5}  {stamp(event.at.wall)}  {event.actor.by}  {words(event, session.state.plan_at(event.seq), requested)}"
        )
