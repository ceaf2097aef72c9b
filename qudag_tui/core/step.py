"""One action of a procedure, and how an attempt at it can end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.condition import Condition


class Outcome(StrEnum):
    """How an attempt, a step or a whole procedure ended; ``UNKNOWN`` waits for a person."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    NEVER_STARTED = "never_started"
    UNKNOWN = "unknown"


class OnFailure(StrEnum):
    """What a failed step asks for."""

    ASK = "ask"
    CONTINUE = "continue"


@lean_dataclass(frozen=True, slots=True)
class Until:
    """A condition that must pass within ``within_seconds``; anything else at the deadline is *not recovered*."""

    condition: Condition
    source: str
    within_seconds: float


@lean_dataclass(frozen=True, slots=True)
class Step:
    """One action: a command (``run``), a watch (``until``), a branch (``steps``), or, with none of them, a person's.

    ``unless`` names the watch whose pass makes a branch unnecessary. ``target_seconds`` only colours the timer;
    ``timeout_seconds`` kills. ``cwd`` is relative to the checklist's folder.
    """

    id: str
    text: str
    depth: int = 0
    parent: str | None = None
    run: tuple[str, ...] = ()
    shell: bool = False
    until: Until | None = None
    unless: str | None = None
    steps: tuple[Step, ...] = ()
    target_seconds: float | None = None
    timeout_seconds: float | None = None
    attempts: int = 1
    idempotent: bool = False
    undo: tuple[str, ...] = ()
    required: bool = False
    confirm: bool = False
    on_failure: OnFailure = OnFailure.ASK
    cwd: str = "."
    grace_seconds: float = 10.0
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    claimed: bool = False

    @property
    def is_persons(self) -> bool:
        """Whether a person does it and says so."""
        return not (self.run or self.until or self.steps)

    def walk(self) -> Iterator[Step]:
        """This step and all below it, in order."""
        yield self
        for step in self.steps:
            yield from step.walk()
