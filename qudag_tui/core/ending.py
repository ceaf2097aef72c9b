"""How an attempt, a step or an execution ended, in words: the same on the screen, on the command line and in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qudag_tui.core.duration import spoken
from qudag_tui.core.step import Outcome

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant

_LEAST_UNSEEN_SECONDS = 1.0


class Ended(Protocol):
    """An attempt that has ended, as the state or an event holds it; what is None, nobody knows."""

    @property
    def outcome(self) -> str | None:
        """One of :class:`Outcome`."""

    @property
    def code(self) -> int | None:
        """Its exit code, where it ended by itself."""

    @property
    def signal(self) -> int | None:
        """The number of the signal that ended it."""

    @property
    def seconds(self) -> float | None:
        """From its start to its end."""

    @property
    def error(self) -> str:
        """Why it could not run; "" where it could."""

    @property
    def left(self) -> tuple[str, ...]:
        """What of it lives on."""


def unseen_seconds(started: Instant, seconds: float | None, now: Instant) -> float:
    """How long what ran for ``seconds`` has ended by ``now``; 0 if that is not known, or too little to say."""
    ago = now.seconds_since(started.plus(seconds)) if seconds is not None else 0.0
    return round(ago, 3) if ago >= _LEAST_UNSEEN_SECONDS else 0.0


def outcome_words(outcome: str, *, of_watch: bool = False) -> str:
    """``timed out``; of a watch that came to an answer, ``recovered`` or ``not recovered``."""
    if of_watch and outcome in {Outcome.PASSED, Outcome.FAILED}:
        return "recovered" if outcome == Outcome.PASSED else "not recovered"
    return outcome.replace("_", " ")


def status_words(ended: Ended) -> str:
    """``, exit code 3`` or ``, signal 9``, to stand behind an outcome; "" where that says it all."""
    return f", exit code {ended.code}" if ended.code else f", signal {ended.signal}" if ended.signal else ""


def ended_words(ended: Ended) -> str:
    """``failed, exit code 3 after 12 s``: the whole of it, and why it could not run or what of it lives on."""
    after = f" after {spoken(ended.seconds)}" if ended.seconds is not None else ""
    left = f", still running: {', '.join(ended.left)}" if ended.left else ""
    why = f": {ended.error}" if ended.error else ""
    return f"{outcome_words(ended.outcome or Outcome.UNKNOWN)}{status_words(ended)}{after}{left}{why}"
