"""What ``rollback``, ``run``, ``retry`` and ``resume`` share: trust first, then a supervisor, then the request, then follow."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.dry_run import dry_run
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.follow import Follower
from qudag_tui.cli.parser import utf8
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.sinks import ask, can_ask, put, put_json, say
from qudag_tui.core.decide import decide
from qudag_tui.core.intent import Execute
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Event
    from qudag_tui.core.intent import Intent
    from qudag_tui.core.step import Step


def add_wait(parser: argparse.ArgumentParser) -> None:
    """``--wait`` and ``--no-wait``."""
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="go on following while a person's step waits (on a terminal: yes; without one: no, and exit 7)",
    )


def add_alone(parser: argparse.ArgumentParser) -> None:
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
    from qudag_tui.run.signers import SigningError, load_signing, require_people  # noqa: PLC0415  # seldom needed

    try:
        signing = load_signing()
        require_people(signing, procedure, session.actor.by)
    except SigningError as error:
        raise Stop(ExitCode.REFUSED, f"{error} (or start it without them: --alone REASON)") from error
    return signing.own_keys(session.actor.by)


def steps_of(plan: Plan, target: str) -> tuple[Step, ...]:
    """The steps of a procedure, or of an item that runs a command."""
    from qudag_tui.plan.lookup import scripts  # noqa: PLC0415  # beside its only use

    procedure = plan.procedures.get(target)
    return procedure.steps if procedure else (scripts(plan)[target],)


def folder_of(session: Session) -> Path:
    """The folder of the run's checklist file, from which its steps run."""
    created = session.state.run
    return Path(created.file).parent if created and created.file else Path.cwd()


def print_dry_run(session: Session, target: str) -> ExitCode:
    """Print what ``target`` would run in this run; needs no lock, no supervisor and no writable disk."""
    created = session.state.run
    phase = session.state.current_phase
    names = {
        "QUDAG_TUI_RUN": session.opened.id,
        "QUDAG_TUI_PHASE": phase.id if phase else "",
        "QUDAG_TUI_RELEASE": created.release if created else "",
        "QUDAG_TUI_PREVIOUS": created.previous if created else "",
    }
    steps = steps_of(session.plan, target)
    say(f"{target} of {session.opened.id}: nothing is started by this")
    for line in dry_run(steps, folder_of(session), names):
        put(line)
    return ExitCode.DONE


def require_trust(session: Session) -> None:
    """Return if the plan of the run is trusted.

    On a terminal the review is offered at once; :class:`Stop` (3) with the command that reviews it otherwise.
    """
    from qudag_tui.plan.trust import check, review  # noqa: PLC0415  # hashing is needed only before something runs

    created = session.state.run
    file = Path(created.file) if created and created.file else Path("checklists.toml")
    problem = check(session.plan, file)
    if problem and can_ask() and ask(f"{problem}: nothing of it runs. Review it now? [y/N]").casefold() in {"y", "yes"}:
        from qudag_tui.cli.trust import give_trust, review_lines  # noqa: PLC0415  # beside its only use

        reviewed = review(session.plan, file)
        say(*review_lines(reviewed))
        give_trust(session, reviewed, yes=False)
        problem = check(session.plan, file)
    if problem:
        raise Stop(
            ExitCode.REFUSED, f"{problem}: nothing runs; review it with: qudag-tui trust --run {session.opened.id}"
        )


def start(session: Session, target: str, arguments: argparse.Namespace) -> ExitCode:
    """Ask for an execution once it is trusted and confirmed, and follow it."""
    require_trust(session)
    own_keys = require_approvers(session, target, alone=arguments.alone)
    wanted = Execute(target, arguments.why, alone=arguments.alone, own_keys=own_keys)
    intent = _confirmed(session, wanted, arguments)
    return ask_and_follow(session, intent, arguments)


def ask_and_follow(session: Session, intent: Intent, arguments: argparse.Namespace) -> ExitCode:
    """Submit ``intent`` to a supervised run, and follow the execution that it is about."""
    with session.supervised():
        event = session.ask(intent)
        if arguments.json:
            put_json(event_json(event), lines=True)
        execution = session.state.executions.get(event.seq)
        if execution is not None and execution.awaits_approval:
            from qudag_tui.cli.approve import print_token  # noqa: PLC0415  # beside its only use
            from qudag_tui.run.approving import text_to_sign  # noqa: PLC0415

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
    from qudag_tui.run import clock  # noqa: PLC0415  # beside its only use

    session.run.catch_up()
    answer = decide(session.state, intent, session.actor, clock.now())
    if isinstance(answer, Refusal):
        if answer.because is not Because.CONFIRM:
            raise Refused(answer)
        intent = replace(intent, stop_first=True)
    if can_ask() and not arguments.yes:
        _show(session, intent)
    confirm_typed("to start", yes=arguments.yes)
    return intent


def _show(session: Session, intent: Execute) -> None:
    created = session.state.run
    steps = [step for step in _walk(steps_of(session.plan, intent.target)) if not step.steps]
    runs = sum(bool(step.run) for step in steps)
    if intent.target == ROLLBACK and created:
        say(f"Roll back {created.release}{f' to {created.previous}' if created.previous else ''}")
    else:
        say(f"Execute {intent.target}")
    active = session.state.active_execution
    if intent.stop_first and active is not None:
        running = active.running_step
        say(f"  Stops first: “{running.text if running else active.target}”")
    if intent.alone:
        say(f"  Without a second signature: {session.actor.by} alone, “{intent.alone}”. That is shown for ever.")
    elif intent.own_keys:
        say("  It waits for the signature of another person, for 10 minutes at the most.")
    where = f"{session.actor.login} on {session.actor.host}"
    say(f"  {len(steps)} steps; {runs} run commands here as {where}. Recorded as {session.actor.by}.")


def _walk(steps: tuple[Step, ...]) -> list[Step]:
    return [below for step in steps for below in step.walk()]
