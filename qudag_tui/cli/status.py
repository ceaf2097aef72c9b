"""``status``: where everything stands, for people, for programs, or for a tmux status line."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything as JSON; a stable interface")
    form.add_argument("--tmux", action="store_true", help="one line for a tmux status bar")
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print it; starts nothing and writes nothing."""
    from qudag_tui.cli.standings import standings_of  # a wrong option needs no samples
    from qudag_tui.run import clock

    session = Session(arguments)
    standings = standings_of(session)
    if arguments.json:
        from qudag_tui.cli.readiness import trust_json
        from qudag_tui.cli.status_json import status_json

        told = status_json(session, standings)
        put_json({**told, "trust": trust_json(session, clock.now(), supervised=bool(standings.supervised))})
        return ExitCode.DONE
    from qudag_tui.cli import status_text

    if arguments.tmux:
        put(status_text.tmux_line(session, standings, clock.now()))
        return ExitCode.DONE
    for line in status_text.status_lines(session, standings, clock.now()):
        put(line)
    return ExitCode.DONE
