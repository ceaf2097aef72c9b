"""``output STEP``: what the newest attempts at a step printed."""

from __future__ import annotations

import argparse
import time

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, say
from qudag_tui.cli.step_output import OutputLines
from qudag_tui.cli.unsupervised import Unsupervised
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.execution import Attempt, StepState
from qudag_tui.core.step import Outcome
from qudag_tui.plan.lookup import find_step

POLL_SECONDS = 0.1
CODES = {Outcome.PASSED: ExitCode.DONE, Outcome.UNKNOWN: ExitCode.UNKNOWN}


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("step", metavar="STEP", help="the id of a step, or a unique beginning of it")
    parser.add_argument("--attempt", metavar="N", type=int, help="that attempt (without it: the newest)")
    parser.add_argument("--follow", action="store_true", help="go on until the attempt has ended, and exit as it did")
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the output; control characters are made visible."""
    session = Session(arguments)
    step_id = find_step(session.plan, arguments.step, session.state).id
    attempt = _attempt(session, step_id, arguments.attempt)
    output, unsupervised = OutputLines.of(session.opened, attempt), Unsupervised(session.opened)
    while True:
        is_over = attempt.outcome is not None
        for line in output.lines(is_over=is_over or not arguments.follow):
            put(line)
        if is_over or not arguments.follow:
            break
        if unsupervised.lasts():
            say(unsupervised.words)
            return ExitCode.UNKNOWN
        time.sleep(POLL_SECONDS)
        session.run.catch_up()
        attempt = _attempt(session, step_id, attempt.number)
    if not arguments.follow or attempt.outcome is None:
        return ExitCode.DONE
    say(f"the attempt ended: {outcome_words(attempt.outcome)}")
    return CODES.get(attempt.outcome, ExitCode.NO)


def _attempt(session: Session, step_id: str, number: int | None) -> Attempt:
    execution = session.state.execution_of_step(step_id)
    progress = execution.progress.get(step_id) if execution else None
    attempts = progress.attempts if progress else []
    if not attempts:
        state = f" ({progress.state})" if progress and progress.state is not StepState.PENDING else ""
        raise Stop(ExitCode.NOT_FOUND, f"{step_id} has not run anything in this run{state}")
    found = [attempt for attempt in attempts if number is None or attempt.number == number]
    if not found:
        raise Stop(ExitCode.NOT_FOUND, f"{step_id} has no attempt {number}; there are {len(attempts)}")
    return found[-1]
