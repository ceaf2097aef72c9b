"""``metrics``: the latest number of every metric."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.condition import terms
from qudag_tui.core.item import Gate, Item
from qudag_tui.core.unit import show

if TYPE_CHECKING:
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.standings import Standings

POLL_SECONDS = 0.5
NO_GATE, NOT_YET = "no gate", "not judged yet"
LAST = "these are the last numbers there were"
CLOSED = f"the run is closed: {LAST}"
UNSAMPLED = f"no supervisor samples this run: {LAST}; `supervise` is one, and opening the run on the screen starts one"
SAMPLED = "the run is sampled again"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--watch", action="store_true", help="print them again whenever they change, until ctrl+c")
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Print them; what has no number says why."""
    from qudag_tui.cli.standings import standings_of  # a wrong option needs no samples
    from qudag_tui.cli.status_json import metric_json

    session = Session(arguments)
    last: list[Any] | None = None
    told = ""
    while True:
        standings = standings_of(session)
        silence = _silence(session, standings)
        # A watch that falls silent looks like numbers that do not change. How long it has been silent changes with
        # every look, and is said once.
        if bool(silence) is not bool(told):
            say(silence or SAMPLED)
        told = silence
        found: list[Any] = [metric_json(metric, session, standings) for metric in session.plan.metrics]
        if not arguments.json:
            asked = {name for gate in session.plan.gates for name in _named(gate)}
            found = [
                _line(said, session.plan.metrics[said["id"]], NOT_YET if said["id"] in asked else NO_GATE)
                for said in found
            ]
        if found != last:
            if arguments.json:
                put_json(found, lines=arguments.watch)
            else:
                for line in found if last is None else [line for line in found if line not in last]:
                    put(line)
        last = found
        if not arguments.watch or session.state.closed is not None:
            return ExitCode.DONE
        time.sleep(POLL_SECONDS)
        session.run.catch_up()


def _silence(session: Session, standings: Standings) -> str:
    """Why these are no numbers of now; "" where they are."""
    if session.state.closed is not None:
        return CLOSED
    if not standings.supervised:
        return UNSAMPLED
    return f"{standings.trouble}: {LAST}" if standings.trouble else ""


def _named(gate: Item) -> set[str]:
    return {term.metric for term in terms(gate.spec.condition)} if isinstance(gate.spec, Gate) else set()


def _line(said: Mapping[str, Any], metric: Metric, otherwise: str) -> str:
    why = f": {said['error']}" if said["error"] else ""
    value = f"unknown{why}" if said["value"] is None else show(said["value"], metric.unit)
    return f"{metric.id}\t{value}\t{said['verdict'] or otherwise}\t{metric.title}\t{said['at'] or ''}".rstrip()
