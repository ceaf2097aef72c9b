"""Following an execution to its end: events as words on stderr, the output of steps on stdout, the outcome as exit code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.refused_step import RefusedStep
from qudag_tui.cli.sinks import can_ask, put, say
from qudag_tui.cli.step_output import OutputLines
from qudag_tui.cli.unsupervised import Unsupervised
from qudag_tui.core.ending import ended_words, outcome_words
from qudag_tui.core.execution import Execution, ExecutionState, StepState
from qudag_tui.core.narration import words
from qudag_tui.core.step import Outcome
from qudag_tui.run.step_output import last_lines

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.event import Event
    from qudag_tui.core.execution import Attempt
    from qudag_tui.core.step import Step
    from qudag_tui.run.folder import RunFolder

POLL_SECONDS = 0.1
# How much of a failed step's output is shown beside its outcome; `output` has all of it.
LAST_LINES = 5


def failure_lines(folder: RunFolder, step: Step, attempt: Attempt) -> list[str]:
    """How an attempt that did not pass ended, and the last lines that it wrote."""
    again = f", attempt {attempt.number}" if attempt.number > 1 else ""
    last = [f"  | {line}" for line in last_lines(folder, attempt.log, LAST_LINES)]
    return [f"“{step.text}”{again} {ended_words(attempt)}", *last]


class Follower:
    """Follows one execution of a run."""

    def __init__(
        self, session: Session, request: int, *, wait: bool, patient: bool = True, quiet: bool = False
    ) -> None:
        """``wait`` goes on while a person's step waits, ``patient`` while approvals are missing; ``quiet`` prints no output of steps.

        Of attempts that have ended before, nothing is printed again.
        """
        self.session = session
        self.request = request
        self.wait = wait
        self.patient = patient
        self.quiet = quiet
        self._outputs: dict[tuple[str, int], OutputLines] = {}
        self._before = {
            (step_id, attempt.number)
            for step_id, progress in self.execution.progress.items()
            for attempt in progress.attempts
            if attempt.outcome is not None
        }
        self._refused = RefusedStep(session)
        self._told = ""
        self._unsupervised = Unsupervised(session.opened)
        self._shown: set[tuple[str, int]] = set()

    @property
    def execution(self) -> Execution:
        """What is followed."""
        return self.session.state.executions[self.request]

    def follow(self) -> ExitCode:
        """Until the end, or until a person is needed and ``wait`` is off: the exit code that says which."""
        try:
            while True:
                for event in self.session.run.catch_up():
                    self._tell(event)
                self._print_output()
                code = self._code()
                if code is not None:
                    return code
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            say("", "it goes on without this command; abort stops it, status shows it")
            raise

    def _tell(self, event: Event) -> None:
        if event.seq <= self.request or getattr(event.fact, "request", self.request) != self.request:
            return
        self._print_output()
        state = self.session.state
        say(f"{event.at.wall:%H:%M:%S}  {words(event, state.plan_at(event.seq), state.labels)}")

    def _print_output(self) -> None:
        if self.quiet:
            return
        for step_id, progress in self.execution.progress.items():
            for attempt in progress.attempts:
                key = (step_id, attempt.number)
                if key not in self._outputs and key not in self._before and attempt.log:
                    self._outputs[key] = OutputLines.of(self.session.opened, attempt)
                if key in self._outputs:
                    for line in self._outputs[key].lines(is_over=attempt.outcome is not None):
                        put(line)

    def _code(self) -> ExitCode | None:
        execution = self.execution
        if execution.state is ExecutionState.FINISHED:
            return self._finished(execution)
        if execution.state is ExecutionState.EXPIRED:
            why = execution.why or "no supervisor took it on within 30 s"
            raise Stop(ExitCode.REFUSED, f"the request expired: {why}; nothing was started")
        if execution.state is ExecutionState.REFUSED:
            raise Stop(ExitCode.REFUSED, f"the supervisor refused it: {execution.why}")
        if execution.awaits_approval:
            return self._if_alone() if self.patient else ExitCode.UNKNOWN
        if execution.held:
            return self._needs_a_person("it waits since the supervisor's restart; let it go on with: qudag-tui resume")
        step = execution.waits_for
        if step is not None:
            self._show_failure(step)
            code = self._needs_a_person(self._what_to_do(step))
            if code is None and self._refused.problem(execution, step) and can_ask():
                self._refused.offer(step)
            return code
        self._told = ""
        return self._if_alone()

    def _finished(self, execution: Execution) -> ExitCode:
        for step in execution.walk():
            self._show_failure(step)
        outcome = execution.outcome or Outcome.UNKNOWN
        if outcome is Outcome.PASSED:
            return ExitCode.DONE
        return ExitCode.UNKNOWN if outcome is Outcome.UNKNOWN else ExitCode.NO

    def _needs_a_person(self, what: str) -> ExitCode | None:
        if self._told != what:
            self._told = what
            say(what)
        return None if self.wait else ExitCode.UNKNOWN

    def _show_failure(self, step: Step) -> None:
        """Say how the last attempt at a step ended, and its last lines, where nobody has seen them scroll by."""
        progress = self.execution.of(step.id)
        attempt = progress.attempts[-1] if progress.attempts else None
        if attempt is None or attempt.outcome in {None, Outcome.PASSED} or progress.outcome is Outcome.PASSED:
            return
        key = (step.id, attempt.number)
        if key in self._outputs or key in self._shown:
            return
        self._shown.add(key)
        say(*failure_lines(self.session.opened, step, attempt))

    def _what_to_do(self, step: Step) -> str:
        run = f" --run {self.session.opened.id}"
        progress = self.execution.of(step.id)
        if self.execution.waits_for_confirmation:
            return f"“{step.text}” is to be confirmed before it starts: qudag-tui resume{run}"
        if progress.state is not StepState.ENDED:
            return f"“{step.text}” is a person's; when it is done: qudag-tui mark {step.id}{run}"
        ways = [f"retry {step.id}{run}", f"skip {step.id} --why …{run}", f"mark {step.id} --why …{run}", f"abort{run}"]
        if step.required:
            del ways[1]
        if step.is_persons:
            del ways[0]
        outcome = outcome_words(progress.outcome or Outcome.UNKNOWN, of_watch=step.until is not None)
        if progress.outcome is Outcome.NEVER_STARTED and progress.reason:
            outcome += f" ({progress.reason})"
        first = ""
        if self._refused.problem(self.execution, step):
            first = f" review it with qudag-tui trust{run}, or put the trusted copy back with qudag-tui trust --restore{run}; then"
        return f"“{step.text}” {outcome};{first} it waits for one of: qudag-tui {', '.join(ways)}"

    def _if_alone(self) -> ExitCode | None:
        if not self._unsupervised.lasts():
            return None
        say(self._unsupervised.words)
        return ExitCode.UNKNOWN
