"""``runs``: the runs, closed ones too."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_runs_dir
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="a checklist file: the runs beside it")
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """List them, one a line."""
    from qudag_tui.run.folder import list_runs  # a wrong option needs no run

    session = Session(arguments)
    found = list_runs(session.runs_dir)
    if arguments.json:
        put_json(
            [
                {
                    "id": one.id,
                    "folder": str(one.folder),
                    "title": one.title,
                    "release": one.release,
                    "open": one.open,
                    "broken": one.broken,
                    "unknown": one.unknown,
                }
                for one in found
            ]
        )
        return ExitCode.DONE
    for one in found:
        state = f"broken: {one.broken}" if one.broken else "open" if one.open else "closed"
        state = f"{state}, not yours" if one.unknown else state
        put(f"{one.id}\t{state}\t{one.release}\t{one.title}")
    if not found:
        say(f"there are no runs in {session.runs_dir}; begin one with: qudag-tui new FILE --release R")
    return ExitCode.DONE
