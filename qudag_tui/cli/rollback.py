"""``rollback``: take the release back, step by step; or show what that would run."""

from __future__ import annotations

import argparse
from pathlib import Path

from qudag_tui.cli.execute import add_start, add_undo, start
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, say
from qudag_tui.core.dry_run import dry_run
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.plan import read_plan
from qudag_tui.run.error import RunError


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--dry-run", action="store_true", help="print the commands in order, and start nothing")
    parser.add_argument(
        "--file", metavar="FILE", help="with --dry-run or --unrecorded: of this checklist file, whatever the run"
    )
    add_undo(parser)
    parser.add_argument(
        "--unrecorded",
        action="store_true",
        help="the way out where the record cannot be written: here, step by step, by whoever is at this terminal",
    )
    add_start(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start it and follow it: 0 passed, 1 not, 3 refused or expired, 7 unknown or waiting for a person."""
    if arguments.undo and (arguments.unrecorded or arguments.file):
        raise Stop(ExitCode.USAGE, "--undo takes back what the record says was done: not with --unrecorded or --file")
    if arguments.dry_run and arguments.file:
        return _of_file(arguments)
    if arguments.unrecorded and not arguments.dry_run:
        from qudag_tui.cli.unrecorded import run_unrecorded  # seldom needed

        return run_unrecorded(arguments)
    if arguments.file:
        raise Stop(ExitCode.USAGE, "--file is for --dry-run and --unrecorded")
    session = Session(arguments)
    if ROLLBACK not in session.plan.procedures:
        raise Stop(ExitCode.NOT_FOUND, "the plan has no rollback: it would be [[procedures.rollback.steps]]")
    return _start(session, arguments)


def _start(session: Session, arguments: argparse.Namespace) -> int:
    """Start it; where it cannot be recorded, the way out is named beside the reason."""
    try:
        return start(session, ROLLBACK, arguments)
    except RunError:
        run = session.opened.id
        say(f"where nothing can be recorded the way out is: qudag-tui rollback --unrecorded --run {run}")
        raise


def _of_file(arguments: argparse.Namespace) -> int:

    file = Path(arguments.file)
    plan = read_plan(file)
    if ROLLBACK not in plan.procedures:
        raise Stop(ExitCode.NOT_FOUND, f"{file} has no rollback: it would be [[procedures.rollback.steps]]")
    say(f"{ROLLBACK} of {file}: nothing is started by this")
    for line in dry_run(plan.steps_of(ROLLBACK), str(file.resolve().parent), {}):
        put(line)
    return ExitCode.DONE
