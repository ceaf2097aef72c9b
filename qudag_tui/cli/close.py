"""``close OUTCOME``: end the run, and list what is left."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_actor_options, add_why
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.approval import alone_executions, alone_words
from qudag_tui.core.decide_run import OUTCOMES
from qudag_tui.core.event import RunClosed
from qudag_tui.core.intent import CloseRun


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("outcome", choices=OUTCOMES, help="how the run ended")
    add_why(parser, required=False)
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Close the run; the boxes that are left go to stdout."""
    session = Session(arguments)
    event = session.ask(CloseRun(arguments.outcome, arguments.why))
    if arguments.json:
        put_json(event_json(event))
        return ExitCode.DONE
    left = event.fact.left if isinstance(event.fact, RunClosed) else ()
    say(f"the run is closed ({arguments.outcome}); {len(left)} of {session.state.total['']} boxes are left")
    for removed in session.state.removed.values():
        say(f"no longer in the plan: “{removed.text}”, {removed.state} by {removed.by}")
    for execution in alone_executions(session.state):
        say(f"{execution.target} was started by {alone_words(execution)}")
    for item_id in left:
        put(f"{item_id}\t{session.plan.items[item_id].text}")
    return ExitCode.DONE
