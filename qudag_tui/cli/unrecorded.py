"""``rollback --unrecorded``: the way out where the record cannot be written. Here, step by step, and nobody keeps it.

The same decisions as ever are made (``decide``, ``due``), over a state that only this process has; the same shim runs
the commands, so that one goes on to its end though the terminal dies. Nothing is measured: people say what they see.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.foreground import Foreground, wait_until_gone
from qudag_tui.cli.person import Person
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import can_ask, put, say
from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.decide import decide
from qudag_tui.core.due import JudgeWatch, StartStep, due
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.execution import Attempt, Execution, ExecutionState, StepState
from qudag_tui.core.narration import words
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.state import State
from qudag_tui.core.step import Outcome, Step
from qudag_tui.plan import read_plan, trust
from qudag_tui.run import clock
from qudag_tui.run.error import RunBroken, RunGone
from qudag_tui.run.process import is_alive

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.run.folder import RunFolder

NOTHING_RECORDED = "Nothing of this is recorded in the run: keep what stands here."


class Known(NamedTuple):
    """What is known before it starts; of a run that cannot be read nothing but its checklist file."""

    plan: Plan
    created: ev.RunCreated
    state: State | None
    folder: RunFolder | None


def run_unrecorded(arguments: argparse.Namespace) -> ExitCode:
    """Execute the rollback in the foreground: 0 passed, 1 not, 3 refused, 7 unknown or left unfinished."""
    if not can_ask():
        raise Stop(
            ExitCode.REFUSED, "--unrecorded needs a person at a terminal, who types a code and says what happened"
        )
    session = Session(arguments)
    known = _known(session)
    if ROLLBACK not in known.plan.procedures:
        raise Stop(ExitCode.NOT_FOUND, "the plan has no rollback: it would be [[procedures.rollback.steps]]")
    problem = trust.check(known.plan, Path(known.created.file))
    if problem:
        raise Stop(ExitCode.REFUSED, f"{problem}: nothing runs, unrecorded neither; review it with: qudag-tui trust")
    people = known.plan.procedures[ROLLBACK].approvals
    if people > 1 and not arguments.alone.strip():
        why = f"the rollback needs {people} people, and what is not recorded cannot be approved"
        raise Stop(ExitCode.REFUSED, f"{why}: --alone REASON goes on without them")
    alive = _still_running(known.state)
    _refuse_beside_a_supervisor(known)
    steps = [step for step in known.plan.procedures[ROLLBACK].walk() if not step.steps]
    over = f" to {known.created.previous}" if known.created.previous else ""
    say(
        NOTHING_RECORDED,
        f"Roll back {known.created.release or known.created.file}{over}, unrecorded",
        *(f"  Stops first: “{step.text}”, process {attempt.pid}" for step, attempt in alive),
        f"  {len(steps)} steps; {sum(bool(step.run) for step in steps)} run commands here as {session.actor.login} on "
        f"{session.actor.host}. Nothing is measured: you say what you see.",
    )
    confirm_typed("to start", yes=False)
    for _, attempt in alive:
        wait_until_gone(attempt)
    return Unrecorded(known, session.actor, arguments.why).run()


def _known(session: Session) -> Known:
    file = session.option("file")
    if file:
        plan, path = read_plan(Path(file)), str(Path(file).resolve())
        created = ev.RunCreated(ev.FORMAT, "", "", plan.title, "", plan.sha256, "", path, "", dict(plan.vars))
        return Known(plan, created, None, None)

    try:
        state, folder = session.state, session.opened
    except (RunBroken, RunGone) as error:
        raise Stop(ExitCode.NOT_FOUND, f"{error}; the checklist file alone is enough: --file FILE") from error
    created_here = state.run
    if created_here is None or not created_here.file:
        raise Stop(ExitCode.NOT_FOUND, "the run does not say which file it was made from: give it with --file FILE")
    return Known(session.plan, replace(created_here, file=state.file), state, folder)


def _still_running(state: State | None) -> list[tuple[Step, Attempt]]:
    """The steps of the run whose process, or the one that follows it, is still alive."""
    found = []
    for execution in state.executions.values() if state is not None else ():
        for step in execution.walk():
            attempt = execution.of(step.id).running
            ours = attempt is not None and attempt.started.boot_id == clock.boot_id()
            if attempt is not None and ours and is_alive(attempt.shim_pid, attempt.shim_ticks):
                found.append((step, attempt))
    return found


def _refuse_beside_a_supervisor(known: Known) -> None:
    if known.state is None or known.folder is None or known.state.in_progress is None:
        return
    from qudag_tui.run.supervision import supervisor_holder

    holder = supervisor_holder(known.folder)
    if holder is not None:
        what = known.state.in_progress.label
        raise Stop(
            ExitCode.REFUSED,
            f"process {holder.pid} supervises this run and goes on with “{what}” as soon as it can write: end it first "
            f"with: qudag-tui supervise --stop --run {known.folder.id}",
        )


class Unrecorded:
    """One rollback that only this process knows of."""

    def __init__(self, known: Known, actor: ev.Actor, reason: str) -> None:
        self.known = known
        self.actor = actor
        self.state = State(known.plan)
        self.events: list[ev.Event] = []
        self._tell(known.created)
        self.request = self._ask(ask.Execute(ROLLBACK, reason))
        self._tell(ev.RequestClaimed(self.request))
        self.person = Person(actor.by)
        self._foreground = Foreground(known.plan, known.created, known.folder, known.state or self.state)
        last = known.state.last_execution(ROLLBACK) if known.state is not None else None
        self._recorded = last if last is not None and last.outcome is not Outcome.PASSED else None

    @property
    def execution(self) -> Execution:
        """What is carried out."""
        return self.state.executions[self.request]

    def _tell(self, fact: ev.Fact) -> int:
        event = ev.Event(self.state.head_seq + 1, clock.now(), self.actor, fact)
        self.state.apply(event)
        if not isinstance(fact, ev.RunCreated):
            self.events.append(event)
            say(f"{event.at.wall:%H:%M:%S}  {words(event, self.known.plan, self.state.labels)}")
        return event.seq

    def _ask(self, intent: ask.Intent) -> int:
        answer = decide(self.state, intent, self.actor, clock.now())
        if isinstance(answer, Refusal):
            raise Refused(answer)
        return self._tell(answer)

    def run(self) -> ExitCode:
        """Until it is over, or nobody answers any more; the summary is printed in either case."""
        try:
            while self.execution.state is not ExecutionState.FINISHED:
                self._go_on()
        finally:
            self._summarise()
        outcome = self.execution.outcome
        if outcome is Outcome.PASSED:
            return ExitCode.DONE
        return ExitCode.UNKNOWN if outcome is Outcome.UNKNOWN else ExitCode.NO

    def _go_on(self) -> None:
        waits = self.execution.waits_for
        if waits is not None:
            self._wait_for(waits)
            return
        for action in due(self.state, clock.now()):
            if isinstance(action, StartStep):
                self._start(action)
            elif isinstance(action, JudgeWatch):
                self._tell(self.person.watched(action, self.request))
            elif isinstance(action, ev.Fact):
                self._tell(action)

    def _start(self, action: StartStep) -> None:
        step = action.step
        before = self._recorded.of(step.id) if self._recorded is not None else None
        if action.attempt == 1 and before is not None and before.outcome is Outcome.PASSED:
            when = f" at {before.ended.wall:%H:%M:%S}" if before.ended else ""
            if (
                self.person.choose(
                    f"The record says that “{step.text}” passed{when}.", {"r": "run it again", "s": "skip"}
                )
                == "s"
            ):
                self._tell(ev.StepSkipped(step.id, self.request, f"the record says that it passed{when}"))
                return
        problem = trust.check_before_exec(self.known.plan, Path(self.known.created.file), step)
        if problem:
            self._tell(ev.StepRefused(step.id, self.request, problem))
            return
        for fact in self._foreground.attempt(action):
            self._tell(fact)

    def _wait_for(self, step: Step) -> None:
        if self.execution.waits_for_confirmation:
            say(f"“{step.text}” is to be confirmed before it starts.")
            keys = {"c": "confirm", "s": "skip", "a": "abort"}
        elif step.is_persons and self.execution.of(step.id).state is not StepState.ENDED:
            keys = {"d": "done", "f": "failed", "s": "skip", "a": "abort"}
            say(f"“{step.text}” is yours.")
        else:
            outcome = self.execution.of(step.id).outcome or Outcome.UNKNOWN
            say(f"“{step.text}” {outcome_words(outcome, of_watch=step.until is not None)}.")
            keys = {"r": "retry", "s": "skip", "m": "mark as passed", "a": "abort"}
            if step.is_persons:
                del keys["r"]
        if step.required:
            del keys["s"]
        intent = self.person.about(step, keys)
        try:
            if intent is not None:
                self._ask(intent)
        except Refused as refused:
            say(str(refused))

    def _summarise(self) -> None:
        outcome = self.execution.outcome
        ended = outcome_words(outcome) if outcome is not None else "left unfinished"
        run = f" of run {self.known.created.run}" if self.known.created.run else ""
        actor = self.actor
        put("")
        put(
            f"Rollback{run}, not recorded by the tool; by {actor.by} ({actor.login} on {actor.host}, process {os.getpid()})"
        )
        targets = {self.request: ROLLBACK}
        for event in self.events:
            put(f"{event.at.wall:%Y-%m-%dT%H:%M:%SZ} {words(event, self.known.plan, targets)}")
        put(f"It is {ended}.")
        say(NOTHING_RECORDED, "When the record can be written again: qudag-tui comment BOX “…” keeps the lines above.")
