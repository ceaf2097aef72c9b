"""Armed runs: which triggers may start the rollback, and the countdowns between a breach and that start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.duration import spoken
from qudag_tui.core.execution import EXPIRES_SECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.offering import reason_of
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.trigger import Then, Trigger

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

LATE = "nobody acted on its countdown in time"


@lean_dataclass(frozen=True, slots=True)
class Armed:
    """Who armed the run, when and why; ``triggers`` are those that may start the rollback since then."""

    by: str
    at: Instant
    seq: int
    reason: str
    triggers: frozenset[str]
    plan: str


@lean_dataclass(frozen=True, slots=True)
class Countdown:
    """What one breach of one trigger set going: the rollback starts ``seconds`` after ``began``, unless it is ``void``.

    ``void`` says why it starts nothing; ``breach`` is the event of the breach and ``line`` what it said.
    """

    trigger: str
    breach: int
    began: Instant
    seconds: float
    line: str
    void: str = ""

    def left_seconds(self, now: Instant) -> float:
        """Seconds until it ends; never negative."""
        return max(0.0, self.seconds - now.seconds_since(self.began))

    def is_counting(self, now: Instant) -> bool:
        """Whether it will start the rollback, or is about to: never late, as no request is."""
        return not self.void and now.seconds_since(self.began) <= self.seconds + EXPIRES_SECONDS

    def is_over(self, now: Instant) -> bool:
        """Whether the rollback is to be started now."""
        return self.is_counting(now) and now.seconds_since(self.began) >= self.seconds

    def why_not(self, now: Instant) -> str:
        """Why it starts nothing, or nothing where it does."""
        return self.void or ("" if self.is_counting(now) else LATE)


def starting(plan: Plan) -> tuple[Trigger, ...]:
    """The triggers that start the rollback in an armed run."""
    return tuple(trigger for trigger in plan.triggers if trigger.then is Then.START and trigger.condition is not None)


def starting_lines(state: State) -> list[str]:
    """What arming lets happen, a sentence each: which triggers start the rollback, and after which countdown."""
    lines = []
    for trigger in starting(state.plan):
        again = " It has fired already, and starts nothing before it is reopened." * (not state.may_breach(trigger.id))
        lines.append(f"{trigger.text}: starts the rollback {spoken(trigger.countdown_seconds)} after it fires.{again}")
    return [*lines, "Anybody can stop a countdown, or disarm the run. What runs then is stopped first."]


def armed_words(state: State) -> str:
    """``armed by ana``, and the reason; nothing where nobody did."""
    armed = state.armed
    return "" if armed is None else f"armed by {armed.by}{f': {armed.reason}' if armed.reason else ''}"


def counting(state: State, now: Instant) -> list[Countdown]:
    """The countdowns that run, the soonest to end first."""
    if state.armed is None:
        return []
    running = [one for one in state.countdowns.values() if one.is_counting(now)]
    return sorted(running, key=lambda one: one.left_seconds(now))


def offered_only(state: State, trigger: str, now: Instant) -> str:
    """Why a trigger that fired in an armed run starts nothing; nothing where it does, or where it never could."""
    countdown = state.countdowns.get(trigger)
    if countdown is None:
        return ""
    return countdown.why_not(now) or ("" if state.armed is not None else "the run is armed no more")


def starts(state: State, now: Instant) -> Iterator[ev.ExecutionRequested]:
    """The request for the rollback that a countdown which is over makes, stopping first what runs.

    The supervisor asks for it, and the writer grants exactly this and nothing else. One request ends all countdowns.
    """
    for countdown in counting(state, now):
        trigger = state.plan.trigger_index.get(countdown.trigger)
        if trigger is None or not countdown.is_over(now) or ROLLBACK not in state.plan.procedures:
            continue
        first = state.in_progress
        reason = reason_of(trigger, countdown.line)
        yield ev.ExecutionRequested(ROLLBACK, reason, first.request if first is not None else 0)
        return
