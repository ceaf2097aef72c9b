"""What somebody asks for, imperative and frozen; :func:`qudag_tui.core.decide.decide` turns it into a fact or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from qudag_tui.core.baseline import Captured
from qudag_tui.core.checklist import Plan, PlanKey
from qudag_tui.core.event import Fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@lean_dataclass(frozen=True, slots=True)
class Tick:
    """Say that a box is done; starts a soak; asks for the look of a gate; ``out_of_order`` confirms a warning."""

    item: str
    out_of_order: bool = False


@lean_dataclass(frozen=True, slots=True)
class Untick:
    """Reopen a box."""

    item: str


@lean_dataclass(frozen=True, slots=True)
class MarkNotApplicable:
    """Nobody needs to do it in this run."""

    item: str
    reason: str


@lean_dataclass(frozen=True, slots=True)
class Defer:
    """Do it in another section."""

    item: str
    to: str
    reason: str


@lean_dataclass(frozen=True, slots=True)
class Override:
    """Count an item as done, or open a locked phase, although the rules say no."""

    target: str
    reason: str


@lean_dataclass(frozen=True, slots=True)
class AddComment:
    """Remark on a box."""

    item: str
    text: str


@lean_dataclass(frozen=True, slots=True)
class CaptureBaseline:
    """Compare a metric with this from now on; replaces what was captured of it before."""

    captured: Captured


@lean_dataclass(frozen=True, slots=True)
class Undo:
    """Take back one's own last tick, not applicable, defer or comment."""


@lean_dataclass(frozen=True, slots=True)
class Decide:
    """Record Go or No-Go."""

    phase: str
    decision: str
    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
class Sign:
    """Sign for a role; ``role`` is the role or the id of its box."""

    role: str
    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
class AcceptUnprotected:
    """Go on although a logout may end the supervisor."""

    reason: str


@lean_dataclass(frozen=True, slots=True)
class Execute:
    """Execute a procedure or a script item; ``stop_first`` confirms that what runs now is stopped.

    With ``undo`` what its last execution did is taken back instead.
    Where other people have to approve: ``alone`` is why it starts without them, ``own_keys`` the fingerprints of the
    asker's own keys.
    """

    target: str
    reason: str = ""
    stop_first: bool = False
    undo: bool = False
    alone: str = ""
    own_keys: tuple[str, ...] = ()


@lean_dataclass(frozen=True, slots=True)
class Approve:
    """Hand in a second person's approval of a request; whoever asks has verified the signature."""

    request: int
    principal: str
    key: str
    payload: str
    signature: str


@lean_dataclass(frozen=True, slots=True)
class Abort:
    """Stop what runs."""

    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
class Arm:
    """Let the triggers that say so start the rollback, each after its countdown; this is their approval.

    ``plan`` is the key of the plan that was shown to whoever asks, if any was: another one is not armed.
    """

    reason: str = ""
    plan: PlanKey | None = None


@lean_dataclass(frozen=True, slots=True)
class Disarm:
    """Let triggers only offer the rollback again."""

    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
class StopCountdown:
    """Stop the countdowns that run; the run stays armed."""


@lean_dataclass(frozen=True, slots=True)
class Retry:
    """Try a step again."""

    step: str


@lean_dataclass(frozen=True, slots=True)
class Skip:
    """Go on without a step."""

    step: str
    reason: str


@lean_dataclass(frozen=True, slots=True)
class MarkStep:
    """Say how a step ended: ``passed`` or ``failed``."""

    step: str
    outcome: str = "passed"
    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
class ConfirmStep:
    """Let a step start that the plan wants confirmed; without ``step`` the one that waits for it."""

    step: str = ""


@lean_dataclass(frozen=True, slots=True)
class Resume:
    """Let what waited since the supervisor's restart go on."""


@lean_dataclass(frozen=True, slots=True)
class Adopt:
    """Go on with ``plan``, read from ``file``; ``same`` maps ids of the plan before to ids of this one.

    ``instead_of`` is the key of the plan that the difference was shown to; ``plan`` is kept with the run already.
    """

    plan: Plan
    instead_of: PlanKey
    file: str = ""
    same: Mapping[str, str] = field(default_factory=dict)


@lean_dataclass(frozen=True, slots=True)
class CloseRun:
    """End the run: completed, rolled-back or abandoned."""

    outcome: str
    reason: str = ""


@lean_dataclass(frozen=True, slots=True)
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
    | Approve
    | Abort
    | Arm
    | Disarm
    | StopCountdown
    | Retry
    | Skip
    | MarkStep
    | ConfirmStep
    | Resume
    | Adopt
    | CloseRun
    | Record
)
