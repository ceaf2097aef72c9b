"""``trust FILE``: show what a checklist file would run and ask, and trust exactly that; restore, list and revoke."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.confirm import confirm, confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.new import add_variables, variables_of
from qudag_tui.cli.parser import add_runs_dir, add_yes, utf8
from qudag_tui.cli.session import DEFAULT_FILE, Session
from qudag_tui.cli.sinks import put, put_json, say

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.plan.trust import Review, Trusted


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help=f"the checklist file (without it: ./{DEFAULT_FILE})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list what you trust, and whether it is still so")
    what.add_argument("--revoke", action="store_true", help="trust nothing of FILE any more")
    what.add_argument("--show", action="store_true", help="only show; exit with 0 if it is trusted as it is, else 3")
    what.add_argument(
        "--restore",
        metavar="NAME",
        nargs="?",
        const="",
        help="put the trusted copy of NAME back (without it: of all that changed)",
    )
    parser.add_argument(
        "--run", metavar="RUN", help="the plan that this run follows, instead of what FILE says now; accept its folder"
    )
    parser.add_argument(
        "--as", dest="by", metavar="NAME", type=utf8, help="who is recorded (without it: QUDAG_TUI_AS, the login)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_variables(parser)
    add_yes(parser, "trust it without typing a code")
    add_runs_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    """Review and trust it."""
    from qudag_tui.plan import trust  # a wrong option needs none of it

    session = Session(arguments)
    if arguments.list:
        return _list(arguments, trust.all_trusted())
    if arguments.revoke:
        return _revoke(session, arguments)
    if arguments.restore is not None:
        return _restore(session, arguments)
    accepted = _accept_run(session, arguments) if arguments.run is not None else None
    plan, file, data = _meant(session, arguments)
    reviewed = trust.review(plan, file, data=data)
    if arguments.json:
        put_json({**review_json(reviewed), **({"run": accepted} if accepted else {})})
    else:
        for line in review_lines(reviewed):
            put(line)
    if accepted and session.opened.is_unknown:
        raise Stop(ExitCode.REFUSED, f"{session.opened.path}: {session.opened.read_only}")
    why_not = trust.check(plan, file)
    if not why_not:
        say(f"{file} is trusted as it is")
        return ExitCode.DONE
    if any(change.kept for change in reviewed.changes):
        say(f"qudag-tui trust {file} --restore puts the trusted copies back instead")
    if arguments.show:
        raise Stop(ExitCode.REFUSED, why_not)
    give_trust(session, reviewed, yes=arguments.yes)
    return ExitCode.DONE


def give_trust(session: Session, reviewed: Review, *, yes: bool) -> None:
    """Trust what was shown, once a person has typed the code or said ``--yes``; :class:`Stop` (3, 5) otherwise."""
    from qudag_tui.plan.trust import TrustError, give
    from qudag_tui.run import clock

    if reviewed.problems:
        raise Stop(ExitCode.REFUSED, f"{reviewed.path} cannot be trusted: {'; '.join(reviewed.problems)}")
    confirm_typed("to trust exactly this", yes=yes)
    try:
        given = give(reviewed, session.actor.by, clock.now().wall)
    except TrustError as error:
        raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
    say(f"{given.path} is trusted by {given.by}: {len(reviewed.commands)} commands, {len(given.files)} files")


def review_lines(reviewed: Review) -> Iterator[str]:
    """What a person looks at before they trust."""
    from qudag_tui.plan.review_text import lines_of, parts_of  # where a review is printed

    return lines_of(parts_of(reviewed))


def restore_changed(given: Trusted, name: str = "", *, with_plan: bool, yes: bool) -> list[dict[str, str]]:
    """Put back what has changed (or only ``name``), once a person agrees; :class:`Stop` (3, 4, 5) otherwise."""
    from qudag_tui.plan.restoring import restorable, restore
    from qudag_tui.plan.trust import TrustError
    from qudag_tui.run import clock

    found = restorable(given, with_plan=with_plan)
    wanted = [each for each in found if name in {"", each.name}]
    if not wanted:
        names = ", ".join(each.name for each in found)
        hint = f"; what has changed, and can be put back: {names}" if names else ""
        what = f"{name} is as it was trusted, or no copy of it is kept" if name else "nothing has to be put back"
        raise Stop(ExitCode.NOT_FOUND, f"{what}{hint}")
    for each in wanted:
        say(f"  {each.name}  as {given.by} trusted it {given.at[:16].replace('T', ' ')} UTC")
    confirm("Put these trusted copies back? What is there now is kept.", yes=yes)
    try:
        done = restore(given, wanted, clock.now().wall)
    except TrustError as error:
        raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
    for restored in done:
        kept = f"; what was there is kept as {restored.replaced}" if restored.replaced else ""
        say(f"{restored.path} is as it was trusted{kept}")
    return [asdict(restored) for restored in done]


def review_json(reviewed: Review) -> dict[str, Any]:
    """A review as plain values."""
    value = asdict(reviewed)
    for name in ("trusted", "last", "data"):
        del value[name]
    return value


def _meant(session: Session, arguments: argparse.Namespace) -> tuple[Plan, Path, bytes | None]:
    """The plan, the checklist file that it came from, and the plan's bytes where those of the file do not count."""
    if arguments.run is not None:
        from qudag_tui.run.plans import load_plan

        return session.plan, _file_of(session, arguments), load_plan(session.opened, session.plan.sha256)
    from qudag_tui.plan import read_plan

    file = _file_of(session, arguments)
    return read_plan(file, variables_of(arguments)), file, None


def _file_of(session: Session, arguments: argparse.Namespace) -> Path:
    """The checklist file that is meant, which need not be there any more."""
    if arguments.run is not None:
        return Path(session.state.file)
    return Path(arguments.file or DEFAULT_FILE)


def _accept_run(session: Session, arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Show a run folder that this login did not create, and accept it; None where there is nothing to accept."""
    from qudag_tui.run.acceptance import accept, provenance
    from qudag_tui.run.error import RunError

    if not session.opened.is_unknown:
        return None
    told = provenance(session.run)
    if not arguments.json:
        for line in told.lines():
            put(line)
    if arguments.show:
        return asdict(told)
    confirm_typed("to accept this run folder as your own", yes=arguments.yes)
    try:
        accept(session.run, session.actor)
    except RunError as error:
        raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
    say(f"{session.opened.path} can be written from here now")
    return asdict(told)


def _revoke(session: Session, arguments: argparse.Namespace) -> ExitCode:
    from qudag_tui.plan import trust
    from qudag_tui.plan.real_path import real_path

    file = _file_of(session, arguments)
    try:
        was = trust.revoke(file)
    except trust.TrustError as error:
        raise Stop(ExitCode.CANNOT_WRITE, str(error)) from error
    if arguments.json:
        put_json({"path": str(real_path(file)), "was_trusted": was})
    say(f"{file} is not trusted any more" if was else f"{file} was not trusted")
    return ExitCode.DONE


def _restore(session: Session, arguments: argparse.Namespace) -> ExitCode:
    from qudag_tui.plan import trust
    from qudag_tui.plan.restoring import newest

    file = _file_of(session, arguments)
    of_run = arguments.run is not None
    given = (trust.trusted(session.plan, file) if of_run else None) or newest(file)
    if given is None:
        raise Stop(ExitCode.NOT_FOUND, f"{file} is not trusted here: nothing of it is kept")
    # A run follows its own copy of the plan, whatever stands in the file.
    done = restore_changed(given, arguments.restore, with_plan=not of_run, yes=arguments.yes)
    if arguments.json:
        put_json(done)
    return ExitCode.DONE


def _list(arguments: argparse.Namespace, found: list[Trusted]) -> ExitCode:
    from qudag_tui.plan.trust_standing import standing_of

    standings = [(given, standing_of(given)) for given in found]
    if arguments.json:
        put_json([{**asdict(given), "matches": not why, "why": why} for given, why in standings])
        return ExitCode.DONE
    for given, why in standings:
        variables = " ".join(f"{name}={value}" for name, value in given.vars.items())
        at = given.at[:19].replace("T", " ")
        put("\t".join((given.path, given.by, f"{at} UTC", why or "as it is now", given.plan[:16], variables)))
    if not found:
        say("nothing is trusted")
    return ExitCode.DONE
