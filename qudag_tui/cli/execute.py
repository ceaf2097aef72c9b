"""What ``rollback``, ``run``, ``retry`` and ``resume`` share: trust first, then a supervisor, then the request, then follow."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.dry_run import dry_run
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.follow import Follower
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
    from qudag_tui.plan.trust import check  # noqa: PLC0415  # hashing is needed only before something runs

    # Neither trust nor a typed code would let anything run from a folder that is not ours.
    session.opened.require_writable()
    created = session.state.run
    file = Path(created.file) if created and created.file else Path("checklists.toml")
    problem = check(session.plan, file)
    if problem and can_ask():
        _offer_review(session, file, problem)
        problem = check(session.plan, file)
    if problem:
        raise Stop(
            ExitCode.REFUSED, f"{problem}: nothing runs; review it with: qudag-tui trust --run {session.opened.id}"
        )


def _offer_review(session: Session, file: Path, problem: str) -> None:
    """Show what has changed, and let a person trust what is there now, put the trusted copy back, or do neither."""
    from qudag_tui.cli.trust import give_trust, restore_changed, review_lines  # noqa: PLC0415  # beside its only use
    from qudag_tui.plan.restoring import restorable  # noqa: PLC0415
    from qudag_tui.plan.review_text import difference_parts, lines_of  # noqa: PLC0415
    from qudag_tui.plan.trust import review, trusted  # noqa: PLC0415
    from qudag_tui.run.plans import load_plan  # noqa: PLC0415

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
    """Ask for an execution once it is trusted and confirmed, and follow it."""
    require_trust(session)
    intent = _confirmed(session, Execute(target, arguments.why), arguments)
    return ask_and_follow(session, intent, arguments)


def ask_and_follow(session: Session, intent: Intent, arguments: argparse.Namespace) -> ExitCode:
    """Submit ``intent`` to a supervised run, and follow the execution that it is about."""
    with session.supervised():
        event = session.ask(intent)
        if arguments.json:
            put_json(event_json(event), lines=True)
        return follow(session, event, arguments)


def follow(session: Session, event: Event, arguments: argparse.Namespace) -> ExitCode:
    """Follow the execution that ``event`` asks for, or goes on with."""
    request = getattr(event.fact, "request", event.seq)
    wait = can_ask() if arguments.wait is None else bool(arguments.wait)
    code = Follower(session, request, wait=wait, quiet=arguments.json).follow()
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
        intent = Execute(intent.target, intent.reason, stop_first=True)
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
    where = f"{session.actor.login} on {session.actor.host}"
    say(f"  {len(steps)} steps; {runs} run commands here as {where}. Recorded as {session.actor.by}.")


def _walk(steps: tuple[Step, ...]) -> list[Step]:
    return [below for step in steps for below in step.walk()]
