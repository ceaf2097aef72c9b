"""One execution of a procedure or of a script item: what was asked, what ran, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from qudag_tui.core.approval import Approvals
from qudag_tui.core.instant import Instant
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.step import OnFailure, Outcome, Step

EXPIRES_SECONDS = 30.0
# No id has a space in it.
UNDO_OF = "undo of "


def label(target: str, undoes: int) -> str:
    """What an execution of ``target`` is called; of one that takes another back, that it does."""
    return f"{UNDO_OF}{target}" if undoes else target


class ExecutionState(StrEnum):
    """From the request to its end."""

    REQUESTED = "requested"
    RUNNING = "running"
    FINISHED = "finished"
    EXPIRED = "expired"
    REFUSED = "refused"

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can start any more without a person's new word."""
        return self in {ExecutionState.FINISHED, ExecutionState.EXPIRED, ExecutionState.REFUSED}


class StepState(StrEnum):
    """Where a step of an execution stands."""

    PENDING = "pending"
    RUNNING = "running"
    WATCHING = "watching"
    ENDED = "ended"
    SKIPPED = "skipped"
    NOT_NEEDED = "not needed"


@lean_dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the processes that were started, and how it ended (None while nobody knows)."""

    number: int
    started: Instant
    pid: int
    ticks: int
    shim_pid: int
    shim_ticks: int
    log: str
    outcome: Outcome | None = None
    ended: Instant | None = None
    code: int | None = None
    signal: int | None = None
    seconds: float | None = None
    error: str = ""
    left: tuple[str, ...] = ()


@dataclass(slots=True)
class StepProgress:
    """What has happened to one step. ``by`` is who marked or skipped it; ``line`` what a watch last said.

    ``confirmed`` is who let it start, where the plan asks for that; ``undone`` says that its undo has passed since.
    """

    attempts: list[Attempt] = field(default_factory=list)
    state: StepState = StepState.PENDING
    outcome: Outcome | None = None
    since: Instant | None = None
    ended: Instant | None = None
    by: str = ""
    reason: str = ""
    line: str = ""
    confirmed: str = ""
    undone: bool = False

    @property
    def running(self) -> Attempt | None:
        """The attempt under way."""
        if self.state is StepState.RUNNING and self.attempts and self.attempts[-1].outcome is None:
            return self.attempts[-1]
        return None


@dataclass(slots=True)
class Execution:
    """``request`` is the seq of the event that asked for it; ``held`` waits for a person after a restart.

    ``undoes`` is the request of the execution that this one takes back, 0 for any other.
    """

    request: int
    target: str
    steps: tuple[Step, ...]
    by: str
    at: Instant
    reason: str = ""
    stops: int = 0
    undoes: int = 0
    state: ExecutionState = ExecutionState.REQUESTED
    why: str = ""
    claimed: Instant | None = None
    outcome: Outcome | None = None
    aborted_by: str = ""
    held: bool = False
    approvals: Approvals = field(default_factory=Approvals)
    progress: dict[str, StepProgress] = field(default_factory=dict)
    asked: Instant = field(init=False)

    def __post_init__(self) -> None:
        """A request is as old as the last time that somebody asked for it; resuming asks again."""
        self.asked = self.at

    @property
    def is_requested(self) -> bool:
        """Whether nobody has claimed it, and it has not expired or been refused."""
        return self.state is ExecutionState.REQUESTED

    @property
    def awaits_approval(self) -> bool:
        """Whether it cannot be claimed before other people have approved."""
        return self.is_requested and not self.aborted_by and self.approvals.missing > 0

    @property
    def label(self) -> str:
        """Its target; of one that takes another back, that it does."""
        return label(self.target, self.undoes)

    def of(self, step_id: str) -> StepProgress:
        """The progress of a step (pending if nothing happened yet)."""
        return self.progress.setdefault(step_id, StepProgress())

    def walk(self) -> Iterator[Step]:
        """Every step in order."""
        for step in self.steps:
            yield from step.walk()

    def step(self, step_id: str) -> Step | None:
        """The step with that id, if it belongs here."""
        return next((step for step in self.walk() if step.id == step_id), None)

    @property
    def running_step(self) -> Step | None:
        """The step whose process runs, or whose condition is watched."""
        busy = {StepState.RUNNING, StepState.WATCHING}
        return next((s for s in self.walk() if s.id in self.progress and self.progress[s.id].state in busy), None)

    def is_needed(self, step: Step) -> bool:
        """Whether a branch, or a step of one, is taken: not if the watch it depends on has passed."""
        if step.unless is not None and self.of(step.unless).outcome is Outcome.PASSED:
            return False
        above = self.step(step.parent) if step.parent is not None else None
        return above is None or (self.of(above.id).state is not StepState.SKIPPED and self.is_needed(above))

    def to_confirm(self, step: Step) -> Step | None:
        """What a person has to confirm before ``step`` starts: the outermost branch that asks for it, or itself."""
        above = self.step(step.parent) if step.parent is not None else None
        outer = self.to_confirm(above) if above is not None else None
        if outer is not None:
            return outer
        asks = step.confirm and not step.is_persons and not self.of(step.id).confirmed
        return step if asks and self.of(step.id).state is StepState.PENDING else None

    def is_settled(self, step: Step) -> bool:
        """Whether the execution may go on past this step."""
        progress = self.of(step.id)
        if progress.state in {StepState.SKIPPED, StepState.NOT_NEEDED} or not self.is_needed(step):
            return True
        if step.steps:
            return all(self.is_settled(child) for child in step.steps)
        if progress.state is not StepState.ENDED:
            return False
        if progress.outcome is Outcome.PASSED:
            return True
        if progress.outcome is Outcome.FAILED and step.until and self._branches_on(step.id):
            return True
        return step.on_failure is OnFailure.CONTINUE and progress.outcome in {Outcome.FAILED, Outcome.TIMED_OUT}

    def standing(self, step: Step) -> StepState:
        """Where a step stands; a branch stands where the steps that it holds do, as nothing is ever recorded of itself."""
        if not self.is_needed(step):
            return StepState.NOT_NEEDED
        own = self.of(step.id).state
        if own is not StepState.PENDING or not step.steps:
            return own
        if self.is_settled(step):
            return StepState.ENDED
        begun = any(self.of(below.id).state is not StepState.PENDING for below in step.walk())
        return StepState.RUNNING if begun else StepState.PENDING

    def _branches_on(self, step_id: str) -> bool:
        return any(step.unless == step_id for step in self.walk())

    def next_step(self) -> Step | None:
        """The first leaf that is not settled: it runs, is a person's, or waits for a person's word; None at the end."""
        return self._first_open(self.steps)

    def _first_open(self, steps: Iterable[Step]) -> Step | None:
        for step in steps:
            if self.is_settled(step):
                continue
            return self._first_open(step.steps) if step.steps else step
        return None

    @property
    def waits_for(self) -> Step | None:
        """The step that cannot go on without a person: to be confirmed, their own, failed, or of an unknown end."""
        if self.state is not ExecutionState.RUNNING or self.aborted_by:
            return None
        step = self.next_step()
        if step is None or self.of(step.id).state in {StepState.RUNNING, StepState.WATCHING}:
            return None
        unconfirmed = self.to_confirm(step)
        if unconfirmed is not None:
            return unconfirmed
        return step if step.is_persons or self.of(step.id).state is StepState.ENDED else None

    @property
    def stands_at(self) -> str:
        """What stopping it would stop, in words: the step that runs or waits, else what it is called."""
        step = self.running_step or self.waits_for
        return step.text if step is not None else self.label

    @property
    def aim(self) -> str:
        """For what whoever carries it out is there, to follow the word “to”: to execute it, and where that stands."""
        running, waits = self.running_step, self.waits_for
        where = f": “{running.text}”" if running is not None else ""
        if waits is not None:
            where = f", which waits for a person: “{waits.text}”"
        return f"{'stop' if self.aborted_by else 'execute'} {self.label}{where}"

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether what it waits for is a person's confirmation that a step may start."""
        step = self.waits_for
        return step is not None and self.to_confirm(step) is step

    def result(self) -> Outcome:
        """The outcome of the whole: passed if every needed step passed or was skipped by a person."""
        if self.aborted_by:
            return Outcome.CANCELLED
        leaves = [step for step in self.walk() if not step.steps]
        ended = [
            self.of(s.id).outcome
            for s in leaves
            if self.of(s.id).state is StepState.ENDED and not self._branches_on(s.id)
        ]
        if all(outcome is Outcome.PASSED for outcome in ended):
            return Outcome.PASSED
        return Outcome.UNKNOWN if Outcome.UNKNOWN in ended else Outcome.FAILED
