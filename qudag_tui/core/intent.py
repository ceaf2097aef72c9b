"""What somebody asks for, imperative and frozen; :func:`qudag_tui.core.decide.decide` turns it into a fact or refuses."""

from __future__ import annotations

from dataclasses import dataclass

from qudag_tui.core.baseline import Captured
from qudag_tui.core.event import Fact


@dataclass(frozen=True, slots=True)
class Tick:
    """Say that a box is done; starts a soak; asks for the look of a gate; ``out_of_order`` confirms a warning."""

    item: str
    out_of_order: bool = False


@dataclass(frozen=True, slots=True)
class Untick:
    """Reopen a box."""

    item: str


@dataclass(frozen=True, slots=True)
class MarkNotApplicable:
    """Nobody needs to do it in this run."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Do it in another section."""

    item: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Override:
    """Count an item as done, or open a locked phase, although the rules say no."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddComment:
    """Remark on a box."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class CaptureBaseline:
    """Compare a metric with this from now on; replaces what was captured of it before."""

    captured: Captured


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back one's own last tick, not applicable, defer or comment."""


@dataclass(frozen=True, slots=True)
class Decide:
    """Record Go or No-Go."""

    phase: str
    decision: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign for a role; ``role`` is the role or the id of its box."""

    role: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AcceptUnprotected:
    """Go on although a logout may end the supervisor."""

    reason: str


@dataclass(frozen=True, slots=True)
class Execute:
    """Execute a procedure or a script item; ``stop_first`` confirms that what runs now is stopped.

    With ``undo`` what its last execution did is taken back instead.
    """

    target: str
    reason: str = ""
    stop_first: bool = False
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Abort:
    """Stop what runs."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """Let the triggers that say so start the rollback, each after its countdown; this is their approval.

    ``plan`` is the SHA-256 of the plan that was shown to whoever asks, if any was: another one is not armed.
    """

    reason: str = ""
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Let triggers only offer the rollback again."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class StopCountdown:
    """Stop the countdowns that run; the run stays armed."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try a step again."""

    step: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on without a step."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class MarkStep:
    """Say how a step ended: ``passed`` or ``failed``."""

    step: str
    outcome: str = "passed"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmStep:
    """Let a step start that the plan wants confirmed; without ``step`` the one that waits for it."""

    step: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """Let what waited since the supervisor's restart go on."""


@dataclass(frozen=True, slots=True)
class CloseRun:
    """End the run: completed, rolled-back or abandoned."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The supervisor's own observation, refused where the state does not allow it (a repeat, say)."""

    fact: Fact


Intent = (
    Tick
    | Untick
    | MarkNotApplicable
    | Defer
    | Override
    | AddComment
    | CaptureBaseline
    | Undo
    | Decide
    | Sign
    | AcceptUnprotected
    | Execute
    | Abort
    | Arm
    | Disarm
    | StopCountdown
    | Retry
    | Skip
    | MarkStep
    | ConfirmStep
    | Resume
    | CloseRun
    | Record
)
