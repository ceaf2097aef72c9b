"""What ``rollback``, ``run``, ``retry`` and ``resume`` share: trust first, then a supervisor, then the request, then follow."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.follow import Follower
from qudag_tui.cli.parser import add_actor_options, add_why, add_yes, utf8
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.sinks import ask, can_ask, put, put_json, say
from qudag_tui.core.decide import decide
from qudag_tui.core.dry_run import dry_run, names_of
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.intent import Execute
from qudag_tui.core.procedure import ROLLBACK, starters
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.undoing import undo_steps, undone_id

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.event import Event
    from qudag_tui.core.intent import Intent
    from qudag_tui.core.step import Step


def add_start(parser: argparse.ArgumentParser) -> None:
    """What every verb takes that starts something: why, without whom, and how long to follow it."""
    add_why(parser, required=False)
    add_yes(parser, "start without typing a code, and stop first what runs")
    _add_alone(parser)
    add_wait(parser)
    add_actor_options(parser)


def add_wait(parser: argparse.ArgumentParser) -> None:
    """``--wait`` and ``--no-wait``."""
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="go on following while a person's step waits (on a terminal: yes; without one: no, and exit 7)",
    )


def _add_alone(parser: argparse.ArgumentParser) -> None:
    """``--alone``."""
    parser.add_argument(
        "--alone",
        metavar="REASON",
        type=utf8,
        default="",
        help="start without the people who would have to approve; why stays in the record",
    )


def require_approvers(session: Session, target: str, *, alone: str) -> tuple[str, ...]:
    """The fingerprints of one's own keys, where other people have to approve of ``target``, and can.

    :class:`Stop` (3) where they cannot.
    """
    procedure = session.plan.procedures.get(target)
    if procedure is None or procedure.approvals <= 1 or alone:
        return ()
    from qudag_tui.run.signers import SigningError, load_signing, require_people  # seldom needed

    try:
        signing = load_signing()
        require_people(signing, procedure, session.actor.by)
    except SigningError as error:
        raise Stop(ExitCode.REFUSED, f"{error} (or start it without them: --alone REASON)") from error
    return signing.own_keys(session.actor.by)


def add_follow(parser: argparse.ArgumentParser) -> None:
    """``--wait`` and ``--no-wait`` of a verb that is done once it is recorded."""
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="follow the execution from here (without it: only record it)",
    )


def add_undo(parser: argparse.ArgumentParser) -> None:
    """``--undo``."""
    parser.add_argument(
        "--undo",
        action="store_true",
        help="take back what its last execution did: the undo of every step that was started, the last one first",
    )


def folder_of(session: Session) -> Path:
    """The folder of the run's checklist file, from which its steps run."""
    return Path(session.state.file).parent if session.state.file else Path.cwd()


def steps_to_start(session: Session, intent: Execute) -> tuple[Step, ...]:
    """The steps that ``intent`` would execute. :class:`Stop` (3) where nothing can be taken back."""
    if not intent.undo:
        return session.plan.steps_of(intent.target)
    undone = session.state.undoable(intent.target)
    if undone is None:
        why = "no step that has an undo was started"
        raise Stop(ExitCode.REFUSED, f"nothing of “{intent.target}” can be taken back: {why}")
    return undo_steps(undone)


def print_dry_run(session: Session, intent: Execute) -> ExitCode:
    """Print what ``intent`` would run in this run; needs no lock, no supervisor and no writable disk."""
    steps = steps_to_start(session, intent)
    of = "the undo of " if intent.undo else ""
    say(f"{of}{intent.target} of {session.opened.id}: nothing is started by this")
    for line in dry_run(steps, str(folder_of(session)), names_of(session.state)):
        put(line)
    return ExitCode.DONE


def require_trust(session: Session, step: Step | None = None) -> None:
    """Return if the plan of the run is trusted, or, of ``step``, what its command names.

    On a terminal the review is offered at once; :class:`Stop` (3) with the command that reviews it otherwise.
    """
    from qudag_tui.plan.trust import check, check_before_exec  # hashing is needed only before something runs

    def look() -> str:
        return check(session.plan, file) if step is None else check_before_exec(session.plan, file, step)

    # Neither trust nor a typed code would let anything run from a folder that is not ours.
    session.opened.require_writable()
    file = Path(session.state.file)
    problem = look()
    if problem and can_ask():
        offer_review(session, file, problem)
        problem = look()
    if problem:
        raise Stop(
            ExitCode.REFUSED, f"{problem}: nothing runs; review it with: qudag-tui trust --run {session.opened.id}"
        )


def offer_review(session: Session, file: Path, problem: str) -> None:
    """Show what has changed, and let a person trust what is there now, put the trusted copy back, or do neither."""
    from qudag_tui.cli.trust import give_trust, restore_changed, review_lines
    from qudag_tui.plan.restoring import restorable
    from qudag_tui.plan.review_text import difference_parts, lines_of
    from qudag_tui.plan.trust import review, trusted
    from qudag_tui.run.plans import load_plan

    reviewed = review(session.plan, file, data=load_plan(session.opened, session.plan.sha256))
    given = trusted(session.plan, file)
    can_restore = given is not None and bool(restorable(given, with_plan=False))
    say(f"{problem}: nothing of it runs.", *lines_of(difference_parts(reviewed)))
    choices = "Review it now [y], put the trusted copy back [p], or neither [N]?"
    answer = ask(choices if can_restore else "Review it now? [y/N]").casefold()
    if answer in {"y", "yes"}:
        say(*review_lines(reviewed))
        give_trust(session, reviewed, yes=False)
    elif answer in {"p", "put"} and given is not None and can_restore:
        restore_changed(given, with_plan=False, yes=True)


def start(session: Session, target: str, arguments: argparse.Namespace) -> ExitCode:
    """Ask for an execution once it is trusted and confirmed, and follow it; with ``--dry-run`` only show it."""
    intent = Execute(target, arguments.why, undo=arguments.undo, alone=arguments.alone)
    if arguments.dry_run:
        return print_dry_run(session, intent)
    require_trust(session)
    own_keys = require_approvers(session, target, alone=arguments.alone)
    intent = _confirmed(session, replace(intent, own_keys=own_keys), arguments)
    return ask_and_follow(session, intent, arguments)


def ask_and_follow(session: Session, intent: Intent, arguments: argparse.Namespace) -> ExitCode:
    """Submit ``intent`` to a supervised run, and follow the execution that it is about."""
    with session.supervised():
        event = session.ask(intent)
        if arguments.json:
            put_json(event_json(event), lines=True)
        execution = session.state.executions.get(event.seq)
        if execution is not None and execution.awaits_approval:
            from qudag_tui.cli.approve import print_token
            from qudag_tui.run.approving import text_to_sign

            print_token(session, text_to_sign(session.state, session.opened, execution), as_data=arguments.json)
        return follow(session, event, arguments)


def follow(session: Session, event: Event, arguments: argparse.Namespace) -> ExitCode:
    """Follow the execution that ``event`` asks for, or goes on with."""
    request = getattr(event.fact, "request", event.seq)
    wait = can_ask() if arguments.wait is None else bool(arguments.wait)
    # An approval comes within ten minutes or never, so that without a terminal it is waited for as well.
    patient = arguments.wait is not False
    code = Follower(session, request, wait=wait, patient=patient, quiet=arguments.json).follow()
    if arguments.json:
        execution = session.state.executions[request]
        outcome = str(execution.outcome) if execution.outcome else None
        ended = {"request": request, "target": execution.target, "state": str(execution.state), "outcome": outcome}
        put_json(ended, lines=True)
    return code


def _confirmed(session: Session, intent: Execute, arguments: argparse.Namespace) -> Execute:
    """``intent`` with what it stops first, after a person has typed the code (or said ``--yes``)."""
    from qudag_tui.run import clock

    session.run.catch_up()
    answer = decide(session.state, intent, session.actor, clock.now())
    if isinstance(answer, Refusal):
        if answer.because is not Because.CONFIRM:
            raise Refused(answer)
        intent = replace(intent, stop_first=True)
    before = session.state.in_progress
    if can_ask() and not arguments.yes:
        _show(session, intent)
    elif intent.stop_first and before is not None:
        # Nobody was asked, so that whoever reads what a script did has to find it here.
        say(f"stops first: {before.label}, at “{before.stands_at}”")
    confirm_typed("to start", yes=arguments.yes)
    return intent


def _show(session: Session, intent: Execute) -> None:
    created = session.state.run
    steps = [step for step in _walk(steps_to_start(session, intent)) if not step.steps]
    runs = sum(bool(step.run) for step in steps)
    if intent.undo:
        _show_undone(session, intent.target, steps)
    elif intent.target == ROLLBACK and created:
        say(f"Roll back {created.release}{f' to {created.previous}' if created.previous else ''}")
    else:
        say(f"Execute {intent.target}")
    procedure = session.plan.procedures.get(intent.target)
    if procedure is not None and procedure.started_by:
        say(f"  {starters(procedure)}")
    before = session.state.in_progress
    if intent.stop_first and before is not None:
        say(f"  Stops first: “{before.stands_at}”")
    if intent.alone:
        say(f"  Without a second signature: {session.actor.by} alone, “{intent.alone}”. That is shown for ever.")
    elif intent.own_keys:
        say("  It waits for the signature of another person, for 10 minutes at the most.")
    where = f"{session.actor.login} on {session.actor.host}"
    say(f"  {len(steps)} steps; {runs} run commands here as {where}. Recorded as {session.actor.by}.")


def _show_undone(session: Session, target: str, steps: list[Step]) -> None:
    say(f"Undo {target}, the last step first")
    undone = session.state.undoable(target)
    for step in steps:
        outcome = undone.of(undone_id(step.id)).outcome if undone else None
        ended = outcome_words(outcome) if outcome else "has not ended"
        say(f"  {step.text.removeprefix('Undo: ')} ({ended})")


def _walk(steps: tuple[Step, ...]) -> list[Step]:
    return [below for step in steps for below in step.walk()]
