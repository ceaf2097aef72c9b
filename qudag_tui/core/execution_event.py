"""The facts of executing: requests, steps, watches, and the supervisor that carries them out."""

from __future__ import annotations

from qudag_tui.core.fact import Fact, fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@fact("execution requested")
@lean_dataclass(frozen=True, slots=True)
class ExecutionRequested(Fact):
    """Somebody asks that a procedure, or a script item, be executed; ``stops`` is the execution it ends first.

    ``undoes`` is the request of an execution of ``target``: what it did is taken back, in reverse order.
    ``alone`` is why they go on without the people who would have to approve, shown for ever; ``own_keys`` are the
    fingerprints of their own keys, which approve of nothing here.
    """

    target: str
    reason: str = ""
    stops: int = 0
    undoes: int = 0
    alone: str = ""
    own_keys: tuple[str, ...] = ()


@fact("request claimed")
@lean_dataclass(frozen=True, slots=True)
class RequestClaimed(Fact):
    """The supervisor acts on it from here."""

    request: int


@fact("request expired")
@lean_dataclass(frozen=True, slots=True)
class RequestExpired(Fact):
    """Nobody claimed it in time, or ``reason``: it never starts."""

    request: int
    reason: str = ""


@fact("request refused")
@lean_dataclass(frozen=True, slots=True)
class RequestRefused(Fact):
    """It may not start, and why (an untrusted file, say)."""

    request: int
    reason: str


@fact("step confirmed")
@lean_dataclass(frozen=True, slots=True)
class StepConfirmed(Fact):
    """A person lets a step start that the plan wants confirmed; a restart of the supervisor withdraws it."""

    step: str
    request: int


@fact("step refused")
@lean_dataclass(frozen=True, slots=True)
class StepRefused(Fact):
    """It was its turn and it could not start (a script that has changed, say): it waits for a person."""

    step: str
    request: int
    reason: str


@fact("step started")
@lean_dataclass(frozen=True, slots=True)
class StepStarted(Fact):
    """Written before the step's exec is let go. Ticks are raw start ticks of the boot in the event's own boot_id."""

    step: str
    request: int
    attempt: int
    pid: int
    ticks: int
    shim_pid: int
    shim_ticks: int
    log: str = ""


@fact("step ended")
@lean_dataclass(frozen=True, slots=True)
class StepEnded(Fact):
    """The end of one attempt. ``left`` names daemons that live on; ``error`` says why it could not run.

    ``unseen_seconds`` is how long it had ended when this was recorded, where nobody could record it at once.
    """

    step: str
    request: int
    attempt: int
    outcome: str
    code: int | None = None
    signal: int | None = None
    seconds: float | None = None
    error: str = ""
    log_sha256: str = ""
    left: tuple[str, ...] = ()
    unseen_seconds: float = 0.0


@fact("watch started")
@lean_dataclass(frozen=True, slots=True)
class WatchStarted(Fact):
    """A step waits until its condition holds, or its deadline."""

    step: str
    request: int


@fact("watch ended")
@lean_dataclass(frozen=True, slots=True)
class WatchEnded(Fact):
    """``outcome`` is passed (recovered) or failed (not recovered, whatever the reason)."""

    step: str
    request: int
    outcome: str
    verdict: str
    line: str


@fact("step marked")
@lean_dataclass(frozen=True, slots=True)
class StepMarked(Fact):
    """A person says how a step ended: their own, or one whose end nobody saw."""

    step: str
    request: int
    outcome: str
    reason: str = ""


@fact("step skipped")
@lean_dataclass(frozen=True, slots=True)
class StepSkipped(Fact):
    """A person goes on without it."""

    step: str
    request: int
    reason: str


@fact("retry requested")
@lean_dataclass(frozen=True, slots=True)
class RetryRequested(Fact):
    """A person asks for another attempt."""

    step: str
    request: int


@fact("abort requested")
@lean_dataclass(frozen=True, slots=True)
class AbortRequested(Fact):
    """What runs is to be stopped, and nothing after it started."""

    request: int


@fact("execution finished")
@lean_dataclass(frozen=True, slots=True)
class ExecutionFinished(Fact):
    """All steps are settled, or it was aborted."""

    request: int
    outcome: str


# The supervisor


@fact("supervisor started")
@lean_dataclass(frozen=True, slots=True)
class SupervisorStarted(Fact):
    """A new one: whatever had not started waits for ``resume confirmed`` from here.

    ``missing`` are declared environment names it does not have; ``unprotected`` says why a logout may end it;
    ``gap_seconds`` is how long the same process was stopped (a suspend), which counts as a restart; ``took_over`` is
    the pid of the one before, where that did not leave in order. ``run_ns`` is what the run clock reads at least, where
    samples are newer than the events let it read: after a boot whose wall clock is behind the one before.
    """

    pid: int
    ticks: int
    uid: int
    version: str
    missing: tuple[str, ...] = ()
    unprotected: str = ""
    gap_seconds: float = 0.0
    took_over: int = 0
    run_ns: int = 0


@fact("environment checked")
@lean_dataclass(frozen=True, slots=True)
class EnvironmentChecked(Fact):
    """Of ``plan``, adopted while the supervisor was there, the declared names that its environment does not have."""

    plan: str
    missing: tuple[str, ...] = ()


@fact("supervisor stopped")
@lean_dataclass(frozen=True, slots=True)
class SupervisorStopped(Fact):
    """It left in order."""

    reason: str


@fact("resume confirmed")
@lean_dataclass(frozen=True, slots=True)
class ResumeConfirmed(Fact):
    """A person lets what waited since the supervisor's restart go on."""

    request: int
