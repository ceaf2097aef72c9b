"""``metrics``: the latest number of every metric."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.unit import show


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Print them; what has no number says why."""
    from qudag_tui.cli.standings import Standings  # noqa: PLC0415  # a wrong option needs no samples
    from qudag_tui.cli.status_json import metric_json  # noqa: PLC0415

    session = Session(arguments)
    standings = Standings(session)
    if arguments.json:
        put_json([metric_json(metric, session, standings) for metric in session.plan.metrics])
        return ExitCode.DONE
    if not standings.supervised:
        say("no supervisor samples this run: these are the last numbers there were")
    for metric in session.plan.metrics.values():
        seen = standings.metrics.get(metric.id)
        if seen is None or seen.value is None:
            why = f": {seen.error}" if seen and seen.error else ""
            put(f"{metric.id}\tunknown{why}\t{metric.title}")
        else:
            put(f"{metric.id}\t{show(seen.value, metric.unit)}\t{metric.title}\t{seen.at or ''}".rstrip())
    return ExitCode.DONE
