"""Past-tense facts of a run: what each kind of event says. The one place to import them from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from qudag_tui.core.adoption_event import PlanAdopted as PlanAdopted
from qudag_tui.core.approval_event import ApprovalGiven as ApprovalGiven
from qudag_tui.core.arming_event import CountdownStopped as CountdownStopped
from qudag_tui.core.arming_event import RunArmed as RunArmed
from qudag_tui.core.arming_event import RunDisarmed as RunDisarmed
from qudag_tui.core.execution_event import AbortRequested as AbortRequested
from qudag_tui.core.execution_event import EnvironmentChecked as EnvironmentChecked
from qudag_tui.core.execution_event import ExecutionFinished as ExecutionFinished
from qudag_tui.core.execution_event import ExecutionRequested as ExecutionRequested
from qudag_tui.core.execution_event import RequestClaimed as RequestClaimed
from qudag_tui.core.execution_event import RequestExpired as RequestExpired
from qudag_tui.core.execution_event import RequestRefused as RequestRefused
from qudag_tui.core.execution_event import ResumeConfirmed as ResumeConfirmed
from qudag_tui.core.execution_event import RetryRequested as RetryRequested
from qudag_tui.core.execution_event import StepConfirmed as StepConfirmed
from qudag_tui.core.execution_event import StepEnded as StepEnded
from qudag_tui.core.execution_event import StepMarked as StepMarked
from qudag_tui.core.execution_event import StepRefused as StepRefused
from qudag_tui.core.execution_event import StepSkipped as StepSkipped
from qudag_tui.core.execution_event import StepStarted as StepStarted
from qudag_tui.core.execution_event import SupervisorStarted as SupervisorStarted
from qudag_tui.core.execution_event import SupervisorStopped as SupervisorStopped
from qudag_tui.core.execution_event import WatchEnded as WatchEnded
from qudag_tui.core.execution_event import WatchStarted as WatchStarted
from qudag_tui.core.fact import KINDS as KINDS
from qudag_tui.core.fact import Fact as Fact
from qudag_tui.core.fact import UnknownFact as UnknownFact
from qudag_tui.core.fact import fact as fact
from qudag_tui.core.fact import fact_from_plain as fact_from_plain
from qudag_tui.core.fact import fact_to_plain as fact_to_plain
from qudag_tui.core.instant import Instant
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.regression_event import GateRegressed as GateRegressed

FORMAT = 1


@lean_dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: the declared operator, and by which login, host and terminal."""

    by: str
    login: str = ""
    host: str = ""
    tty: str = ""


@lean_dataclass(frozen=True, slots=True)
class Event:
    """One fact with when, who, and its place in the journal (``seq`` counts from 1)."""

    seq: int
    at: Instant
    actor: Actor
    fact: Fact

    @property
    def kind(self) -> str:
        """The kind of the fact, as the journal names it."""
        return self.fact.kind if not isinstance(self.fact, UnknownFact) else self.fact.name


# The run itself


@fact("run created")
@lean_dataclass(frozen=True, slots=True)
class RunCreated(Fact):
    """The first event. ``nonce`` is 128 random bits in hex, ``starts`` is T, ``plan`` the plan's SHA-256."""

    format: int
    nonce: str
    run: str
    title: str
    release: str
    plan: str
    starts: str
    file: str = ""
    previous: str = ""
    vars: Mapping[str, str] = field(default_factory=dict)


@fact("run closed")
@lean_dataclass(frozen=True, slots=True)
class RunClosed(Fact):
    """``outcome`` is completed, rolled-back or abandoned; ``left`` names the boxes that were not settled."""

    outcome: str
    left: tuple[str, ...] = ()
    reason: str = ""


# Boxes


@fact("item ticked")
@lean_dataclass(frozen=True, slots=True)
class ItemTicked(Fact):
    """A person vouches. For a gate, ``look`` is the event of the final look and ``line`` what it said."""

    item: str
    look: int = 0
    line: str = ""


@fact("item unticked")
@lean_dataclass(frozen=True, slots=True)
class ItemUnticked(Fact):
    """The box is open again; a soak stops counting."""

    item: str


@fact("item not applicable")
@lean_dataclass(frozen=True, slots=True)
class ItemMarkedNotApplicable(Fact):
    """Nobody needs to do it in this run."""

    item: str
    reason: str


@fact("item deferred")
@lean_dataclass(frozen=True, slots=True)
class ItemDeferred(Fact):
    """It is settled here and is to be done in the section ``to``."""

    item: str
    to: str
    reason: str


@fact("item overridden")
@lean_dataclass(frozen=True, slots=True)
class ItemOverridden(Fact):
    """It counts as done although it is not; shown for ever."""

    item: str
    reason: str


@fact("item commented")
@lean_dataclass(frozen=True, slots=True)
class ItemCommented(Fact):
    """A remark on any box."""

    item: str
    text: str


@fact("event undone")
@lean_dataclass(frozen=True, slots=True)
class EventUndone(Fact):
    """Takes back one's own tick, not applicable, defer or comment: ``event`` is its seq."""

    event: int
    item: str


# Gates, soaks, phases


@fact("soak started")
@lean_dataclass(frozen=True, slots=True)
class SoakStarted(Fact):
    """Observed time counts from here."""

    item: str


@fact("soak completed")
@lean_dataclass(frozen=True, slots=True)
class SoakCompleted(Fact):
    """Its final look was taken; ``started`` is the event that started it."""

    item: str
    started: int
    observed_seconds: float


@fact("soak extended")
@lean_dataclass(frozen=True, slots=True)
class SoakExtended(Fact):
    """Its final look number ``look`` could not tell of ``gates``: it goes on for ``seconds`` of observed time more.

    ``started`` is the event that started the soak.
    """

    item: str
    started: int
    look: int
    seconds: float
    gates: tuple[str, ...] = ()


@fact("look requested")
@lean_dataclass(frozen=True, slots=True)
class LookRequested(Fact):
    """Somebody ticked a gate outside a soak: the supervisor is asked for its final look."""

    item: str


@fact("gate judged")
@lean_dataclass(frozen=True, slots=True)
class GateJudged(Fact):
    """A final look. ``request`` is the event that asked for it: the soak's start, or the look requested.

    ``look`` counts from 1. In a soak there is another one only after an inconclusive one, at the end of an extension;
    outside of one each that is asked for counts on.
    """

    item: str
    request: int
    verdict: str
    line: str
    value: float | None = None
    limit: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    look: int = 1


@fact("baseline captured")
@lean_dataclass(frozen=True, slots=True)
class BaselineCaptured(Fact):
    """What a metric is compared with from here on; ``bins`` are those of ``core/capture.py``. A later one replaces it.

    ``replaces`` is the event that captured it before; 0 for none.
    """

    metric: str
    bins: Mapping[str, Any] = field(default_factory=dict)
    replaces: int = 0


@fact("phase decided")
@lean_dataclass(frozen=True, slots=True)
class PhaseDecided(Fact):
    """Go or No-Go, chosen; ``claimed`` names boxes that nobody confirmed in this run."""

    phase: str
    decision: str
    reason: str = ""
    claimed: tuple[str, ...] = ()


@fact("phase overridden")
@lean_dataclass(frozen=True, slots=True)
class PhaseOverridden(Fact):
    """A locked phase was opened out of turn."""

    phase: str
    reason: str


@fact("signed off")
@lean_dataclass(frozen=True, slots=True)
class SignedOff(Fact):
    """A role signed, plainly: the event says who and when."""

    item: str
    role: str
    reason: str = ""


@fact("unprotected accepted")
@lean_dataclass(frozen=True, slots=True)
class UnprotectedAccepted(Fact):
    """Somebody goes on although this machine ends background processes at logout."""

    reason: str


@fact("trigger breached")
@lean_dataclass(frozen=True, slots=True)
class TriggerBreached(Fact):
    """The supervisor saw its condition hold for as long as it must. ``line`` says what was seen."""

    trigger: str
    line: str = ""


@fact("trigger fired")
@lean_dataclass(frozen=True, slots=True)
class TriggerFired(Fact):
    """A person saw it. ``line`` is what the tool showed of it then."""

    trigger: str
    line: str = ""
