"""How the supervisor writes into the journal: what cannot be saved is tried again later, and nothing follows from it."""

from __future__ import annotations

from collections.abc import Callable

from qudag_tui.core.event import Actor, Event, Fact
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.intent import Record
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.error import RunError, RunGone
from qudag_tui.run.run import Run
from qudag_tui.sources.blocking import off_loop
from qudag_tui.supervisor.evidence import say

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_ABOUT = ("item", "step", "request", "attempt", "started")


class Recorder:
    """Submits facts as the supervisor, at what ``now`` says when they are written."""

    def __init__(self, run: Run, actor: Actor, now: Callable[[], Instant] = clock.now) -> None:
        self.now = now
        self._run = run
        self._actor = actor
        self._trouble = ""
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._not_before_ns = 0
        self._refused: dict[tuple[object, ...], int] = {}

    @property
    def is_paused(self) -> bool:
        """Whether the last fact could not be saved, and it is too early to try again."""
        return clock.boot_ns() < self._not_before_ns

    async def record(self, fact: Fact) -> Event | None:
        """The durable event, or None: refused, or not saved (then :attr:`is_paused`). Raises :class:`RunGone`."""
        return None if self._is_vain(fact) else await off_loop(lambda: self._submit(fact))

    def record_now(self, fact: Fact) -> Event | None:
        """The same without an event loop to go on with: for the last word before leaving."""
        return None if self._is_vain(fact) else self._submit(fact)

    def _is_vain(self, fact: Fact) -> bool:
        # What was refused stays refused until something happens in the run.
        return self.is_paused or self._refused.get(_about(fact)) == self._run.position.seq

    def _submit(self, fact: Fact) -> Event | None:
        try:
            answer = self._run.submit(Record(fact), self._actor, self.now)
        except RunGone:
            raise
        except RunError as error:
            self._not_before_ns = clock.boot_ns() + round(self._pause_seconds * NANOSECONDS)
            self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            if str(error) != self._trouble:
                self._trouble = str(error)
                say(f"{fact.kind}: {error}")
            return None
        self._trouble, self._pause_seconds = "", _FIRST_PAUSE_SECONDS
        if isinstance(answer, Refusal):
            self._refused[_about(fact)] = self._run.position.seq
            return None
        return answer


def _about(fact: Fact) -> tuple[object, ...]:
    return (fact.kind, *(getattr(fact, name, None) for name in _ABOUT))
