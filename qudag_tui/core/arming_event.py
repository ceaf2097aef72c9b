"""The facts of armed runs: who let triggers start the rollback, who took that back, who stopped a countdown."""

from __future__ import annotations

from qudag_tui.core.fact import Fact, fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@fact("run armed")
@lean_dataclass(frozen=True, slots=True)
class RunArmed(Fact):
    """From here each of ``triggers`` starts the rollback after its countdown; they are those that the person was shown.

    It holds for one rollback: once one was taken on, by whomever, the run is armed no more. ``plan`` is the SHA-256 of
    the plan that said so: another plan is not armed by this.
    """

    triggers: tuple[str, ...]
    plan: str
    reason: str = ""


@fact("run disarmed")
@lean_dataclass(frozen=True, slots=True)
class RunDisarmed(Fact):
    """Triggers only offer the rollback again; a countdown that runs starts nothing."""

    reason: str = ""


@fact("countdown stopped")
@lean_dataclass(frozen=True, slots=True)
class CountdownStopped(Fact):
    """The countdowns of ``triggers``, which ran then, start nothing; the run stays armed."""

    triggers: tuple[str, ...]
