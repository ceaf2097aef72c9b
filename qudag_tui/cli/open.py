"""``qudag-tui [FILE]``: open the run of a checklist file on the screen; ask before one is created."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

from qudag_tui import __version__
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.parser import PROGRAM, add_runs_dir, utf8
from qudag_tui.cli.session import DEFAULT_FILE, Session
from qudag_tui.cli.sinks import can_ask, has_unicode
from qudag_tui.cli.verbs import VERBS


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help=f"the checklist file (without it: ./{DEFAULT_FILE})")
    parser.add_argument("--run", metavar="RUN", help="the run's id or folder (without it: the only open run)")
    parser.add_argument(
        "--as", dest="by", metavar="NAME", type=utf8, help="who is recorded (without it: QUDAG_TUI_AS, the login)"
    )
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII only")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the screen."""
    file = Path(arguments.file or DEFAULT_FILE)
    if arguments.run is None:
        _require_file(file, named=arguments.file is not None)
    if not can_ask():
        raise Stop(ExitCode.USAGE, "the screen needs a terminal on stdin and stderr; status and the other verbs do not")
    if os.environ.get("TERM", "") in {"", "dumb"}:
        raise Stop(
            ExitCode.USAGE, "TERM says that this terminal cannot place text; use status, tick and the other verbs"
        )
    # Collecting garbage takes a quarter of the time that imports take, and finds none; the screen collects again.
    gc.disable()
    session = Session(arguments)
    folder = session.folder if arguments.run is not None else _open_or_new(session, file)
    if folder is None:
        return ExitCode.DONE
    from qudag_tui.tui.app import run_tui  # Textual is loaded only for the screen

    code: int = run_tui(folder, session.actor, ascii=arguments.ascii or not has_unicode(sys.stderr))
    return code


def _require_file(file: Path, *, named: bool) -> None:
    """What to do where there is no checklist file. Its content matters only to a new run: one follows its own plan."""
    if not file.exists():
        near = _nearest_verb(str(file)) if named else ""
        hint = f"did you mean {PROGRAM} {near}?" if near else f"{PROGRAM} init writes one to start from"
        raise Stop(ExitCode.USAGE if near else ExitCode.NOT_FOUND, f"there is no file {file}: {hint}")


def _nearest_verb(word: str) -> str:
    from difflib import get_close_matches  # only for a word that is neither file nor verb

    return next(iter(get_close_matches(word, VERBS, 1, 0.7)), "")


def _open_or_new(session: Session, file: Path) -> Path | None:
    """The only open run of ``file``; a new one where there is none and a person wants it; None where nobody does."""
    from qudag_tui.run.error import RunNotFound
    from qudag_tui.run.folder import find_run

    try:
        return find_run(session.runs_dir, file=file)
    except RunNotFound:
        from qudag_tui.plan import read_plan  # an open run follows its own plan
        from qudag_tui.run import clock
        from qudag_tui.run.run import Run
        from qudag_tui.run.signers import require_approvers
        from qudag_tui.tui.new_run import ask_new_run  # Textual is loaded only for the screen

        plan = read_plan(file)
        # Said before three fields are filled in for nothing.
        require_approvers(plan, session.actor.by)
        wanted = ask_new_run(plan.title, file, ascii=session.option("ascii"))
        if wanted is None:
            return None
        created = Run.create(
            session.runs_dir,
            file,
            release=wanted.release,
            previous=wanted.previous,
            starts=wanted.starts,
            actor=session.actor,
            now=clock.now(),
        )
        return created.folder.path
