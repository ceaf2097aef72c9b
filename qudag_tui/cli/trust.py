"""``trust FILE``: show what a checklist file would run and ask, and trust exactly that; list and revoke."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.new import add_variables, variables_of
from qudag_tui.cli.parser import add_runs_dir, add_yes, utf8
from qudag_tui.cli.session import DEFAULT_FILE, Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.dry_run import join

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.plan.trust import Review, Trusted

_HASH_CHARACTERS = 16


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help=f"the checklist file (without it: ./{DEFAULT_FILE})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list what you trust")
    what.add_argument("--revoke", action="store_true", help="trust nothing of FILE any more")
    what.add_argument("--show", action="store_true", help="only show; exit with 0 if it is trusted as it is, else 3")
    parser.add_argument("--run", metavar="RUN", help="the plan that this run follows, instead of what FILE says now")
    parser.add_argument(
        "--as", dest="by", metavar="NAME", type=utf8, help="who is recorded (without it: QUDAG_TUI_AS, the login)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_variables(parser)
    add_yes(parser, "trust it without typing a code")
    add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Review and trust it."""
    from qudag_tui.plan import trust  # noqa: PLC0415  # a wrong option needs none of it

    if arguments.list:
        return _list(arguments, trust.all_trusted())
    session = Session(arguments)
    plan, file = _meant(session, arguments)
    if arguments.revoke:
        try:
            was = trust.revoke(file)
        except trust.TrustError as error:
            raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
        say(f"{file} is not trusted any more" if was else f"{file} was not trusted")
        return ExitCode.DONE
    reviewed = trust.review(plan, file)
    if arguments.json:
        put_json(_plain(reviewed))
    else:
        for line in review_lines(reviewed):
            put(line)
    why_not = trust.check(plan, file)
    if not why_not:
        say(f"{file} is trusted as it is")
        return ExitCode.DONE
    if arguments.show:
        raise Stop(ExitCode.REFUSED, why_not)
    give_trust(session, reviewed, yes=arguments.yes)
    return ExitCode.DONE


def give_trust(session: Session, reviewed: Review, *, yes: bool) -> None:
    """Trust what was shown, once a person has typed the code or said ``--yes``; :class:`Stop` (3, 5) otherwise."""
    from qudag_tui.plan.trust import TrustError, give  # noqa: PLC0415  # beside its only use
    from qudag_tui.run import clock  # noqa: PLC0415

    if reviewed.problems:
        raise Stop(ExitCode.REFUSED, f"{reviewed.path} cannot be trusted: {'; '.join(reviewed.problems)}")
    confirm_typed("to trust exactly this", yes=yes)
    try:
        given = give(reviewed, session.actor.by, clock.now().wall)
    except TrustError as error:
        raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
    say(f"{given.path} is trusted by {given.by}: {len(reviewed.commands)} commands, {len(given.files)} files")


def _meant(session: Session, arguments: argparse.Namespace) -> tuple[Plan, Path]:
    """The plan, and the checklist file that it came from."""
    if arguments.run is not None:
        created = session.state.run
        return session.plan, Path(created.file if created else DEFAULT_FILE)
    from qudag_tui.plan import read_plan  # noqa: PLC0415  # beside its only use

    file = Path(arguments.file or DEFAULT_FILE)
    return read_plan(file, variables_of(arguments)), file


def review_lines(reviewed: Review) -> Iterator[str]:
    """What a person looks at before they trust."""
    yield f"{reviewed.path}  {reviewed.plan[:_HASH_CHARACTERS]}"
    if reviewed.vars:
        yield "variables:"
        yield from (f"  {name} = {value}" for name, value in reviewed.vars.items())
    yield "would run:" if reviewed.commands else "would run nothing"
    for command in reviewed.commands:
        yield f"  {command.id}  (in {command.cwd})"
        yield from (f"    {line}" for line in join(command.argv).split("\n"))
    if reviewed.addresses:
        yield "would ask:"
        yield from (f"  {address}" for address in reviewed.addresses)
    if reviewed.files:
        yield "files below its folder, hashed now and again before each start:"
        yield from (f"  {digest[:_HASH_CHARACTERS]}  {name}" for name, digest in reviewed.files.items())
    if reviewed.programs:
        yield "programs, by place and not by content:"
        yield from (f"  {word}  {program}" for word, program in reviewed.programs.items())
    yield from (f"there is no program {word} now" for word in reviewed.missing)
    if reviewed.differences:
        yield "since it was last trusted:"
        yield from (f"  {difference}" for difference in reviewed.differences)
    yield from (f"in the way: {problem}" for problem in reviewed.problems)
    yield "What programs read in turn is not covered, nor is what your own login does meanwhile."


def _plain(reviewed: Review) -> dict[str, Any]:
    value = asdict(reviewed)
    del value["trusted"]
    return value


def _list(arguments: argparse.Namespace, found: list[Trusted]) -> ExitCode:
    if arguments.json:
        put_json([asdict(given) for given in found])
        return ExitCode.DONE
    for given in found:
        put(f"{given.path}\t{given.plan[:_HASH_CHARACTERS]}\t{given.by}\t{given.at[:19]}Z")
    if not found:
        say("nothing is trusted")
    return ExitCode.DONE
