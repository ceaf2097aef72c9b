"""``new FILE --release R``: start a run; its folder goes to stdout."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.parser import add_runs_dir, utf8
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put_exactly, put_json, say
from qudag_tui.core.duration import parse_offset
from qudag_tui.core.instant import moment_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", default="checklists.toml", help="the checklist file")
    parser.add_argument("--release", metavar="R", type=utf8, required=True, help="what is deployed")
    parser.add_argument(
        "--previous", metavar="P", type=utf8, default="", help="what it replaces, and a rollback returns to"
    )
    parser.add_argument(
        "--at", metavar="TIME", type=_time, help="T, as 2026-11-22T20:00Z, 20:00 or +2h (UTC; without it: now)"
    )
    parser.add_argument("--id", metavar="ID", help="the run's id, and its folder's name (without it: date and release)")
    parser.add_argument(
        "--as", dest="by", metavar="NAME", type=utf8, help="who is recorded (without it: QUDAG_TUI_AS, the login)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_variables(parser)
    add_runs_dir(parser)


def add_variables(parser: argparse.ArgumentParser) -> None:
    """``--var``."""
    parser.add_argument(
        "--var", metavar="NAME=VALUE", action="append", default=[], help="a value for one of [vars]; may be repeated"
    )


def variables_of(arguments: argparse.Namespace) -> dict[str, str]:
    """The variables that were given; :class:`Stop` (2) for what has no name."""
    variables: dict[str, str] = {}
    for word in arguments.var:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise Stop(ExitCode.USAGE, f"--var takes NAME=VALUE, not {word!r}")
        variables[name] = value
    return variables


def run(arguments: argparse.Namespace) -> int:
    """Create the run and print its folder."""
    from qudag_tui.run import clock  # a wrong option needs none of it
    from qudag_tui.run.run import Run
    from qudag_tui.sources.named_credentials import whole_readiness

    session = Session(arguments)
    created = Run.create(
        session.runs_dir,
        Path(arguments.file),
        release=arguments.release,
        previous=arguments.previous,
        starts=arguments.at,
        run_id=arguments.id,
        overrides=variables_of(arguments),
        actor=session.actor,
        now=clock.now(),
    )
    found = whole_readiness(created.plan, Path(arguments.file))
    if arguments.json:
        told = {"ok": not found.why, "why": found.why, "missing": list(found.missing)}
        put_json({"id": created.folder.id, "folder": str(created.folder.path), "trust": told})
    else:
        put_exactly(str(created.folder.path))
        say(
            f"{created.plan.title}: {len(created.plan.items)} boxes to be done; open it with: qudag-tui {arguments.file}"
        )
        if found.why:
            say(f"nothing of it runs yet: {found.why}; review it with: qudag-tui trust {arguments.file}")
        if found.missing:
            say(f"missing, for what it executes: {', '.join(found.missing)}")
    return ExitCode.DONE


def _time(text: str) -> datetime:
    """A moment; a time of day alone is today's, in UTC, as is all that names no zone; ``+2h`` is from now."""
    try:
        if text.startswith(("+", "-")):
            return datetime.now(UTC) + timedelta(seconds=parse_offset(f"T{text}"))
        return moment_of(text)
    except ValueError:
        try:
            today = datetime.now(UTC)
            return datetime.combine(today, datetime.strptime(text, "%H:%M").time(), UTC)  # noqa: DTZ007  # combined with UTC
        except ValueError:
            message = f"{text!r} is no time; allowed are 2026-11-22T20:00Z, 20:00 and +2h"
            raise argparse.ArgumentTypeError(message) from None
