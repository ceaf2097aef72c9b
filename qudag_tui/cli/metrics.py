"""``metrics``: the latest number of every metric."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.unit import show

if TYPE_CHECKING:
    from qudag_tui.cli.standings import Standings
    from qudag_tui.core.metric import Metric

POLL_SECONDS = 0.5
CLOSED = "the run is closed: these are the last numbers there were"
UNSAMPLED = (
    "no supervisor samples this run: these are the last numbers there were; "
    "`supervise` is one, and opening the run on the screen starts one"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--watch", action="store_true", help="print them again whenever they change, until ctrl+c")
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Print them; what has no number says why."""
    from qudag_tui.cli.standings import Standings  # noqa: PLC0415  # a wrong option needs no samples
    from qudag_tui.cli.status_json import metric_json  # noqa: PLC0415

    session = Session(arguments)
    last: list[Any] | None = None
    supervised = True
    while True:
        standings = Standings(session)
        if session.state.closed is not None and last is None and not arguments.json:
            say(CLOSED)
        elif standings.supervised != supervised and not arguments.json and session.state.closed is None:
            # A watch that falls silent looks like numbers that do not change.
            supervised = standings.supervised
            say("a supervisor samples this run again" if supervised else UNSAMPLED)
        if arguments.json:
            found: list[Any] = [metric_json(metric, session, standings) for metric in session.plan.metrics]
        else:
            found = [_line(metric, standings) for metric in session.plan.metrics.values()]
        if found != last:
            if arguments.json:
                put_json(found, lines=arguments.watch)
            else:
                for line in found if last is None else [line for line in found if line not in last]:
                    put(line)
        last = found
        session.run.catch_up()
        if not arguments.watch or session.state.closed is not None:
            return ExitCode.DONE
        time.sleep(POLL_SECONDS)


def _line(metric: Metric, standings: Standings) -> str:
    seen = standings.metrics.get(metric.id)
    if seen is None or seen.value is None:
        why = f": {seen.error}" if seen and seen.error else ""
        return f"{metric.id}\tunknown{why}\t{metric.title}"
    return f"{metric.id}\t{show(seen.value, metric.unit)}\t{metric.title}\t{seen.at or ''}".rstrip()
