"""What the session's threads tell the screen, in the past tense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Event
    from qudag_tui.core.intent import Intent
    from qudag_tui.core.readiness import Readiness
    from qudag_tui.core.refusal import Refusal
    from qudag_tui.core.state import State
    from qudag_tui.tui.snapshot import Readings


class RunOpened(Message):
    """The run was read. The state is handed over: the thread that made it forgets it."""

    def __init__(self, plan: Plan, state: State, events: tuple[Event, ...]) -> None:
        """All of the run as it is on disk."""
        super().__init__()
        self.plan = plan
        self.state = state
        self.events = events


class OpeningFailed(Message):
    """The run could not be read."""

    def __init__(self, why: str) -> None:
        """``why`` is for a person."""
        super().__init__()
        self.why = why


class JournalGrew(Message):
    """Events were added, by whomever."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        """The new events in order."""
        super().__init__()
        self.events = events


class TroubleChanged(Message):
    """Following the journal failed, or works again (an empty text)."""

    def __init__(self, trouble: str) -> None:
        """``trouble`` is for a person."""
        super().__init__()
        self.trouble = trouble


class ReadingsTaken(Message):
    """Samples and verdicts were read."""

    def __init__(self, readings: Readings) -> None:
        """All of them."""
        super().__init__()
        self.readings = readings

    def can_replace(self, message: Message) -> bool:
        """Only the newest readings matter."""
        return isinstance(message, ReadingsTaken)


class FileEdited(Message):
    """The checklist file is not, or again, what the run follows."""

    def __init__(self, said: str) -> None:
        """``said`` is for a person; nothing, if the file is as it is followed."""
        super().__init__()
        self.said = said


class ReadinessFound(Message):
    """Somebody looked whether what the plan executes could start now."""

    def __init__(self, readiness: Readiness) -> None:
        """How ready it is."""
        super().__init__()
        self.readiness = readiness


class IntentAnswered(Message):
    """What became of an intent: an event, a refusal, or why it could not be saved."""

    def __init__(self, intent: Intent, answer: Event | Refusal | str) -> None:
        """A text is the reason why nothing was saved."""
        super().__init__()
        self.intent = intent
        self.answer = answer


class WelcomedBack(Message):
    """This operator was here before: up to event ``seen``, until ``left`` (None: it was not noted)."""

    def __init__(self, seen: int, left: datetime | None) -> None:
        """What was noted at the last leaving."""
        super().__init__()
        self.seen = seen
        self.left = left


class SupervisionFailed(Message):
    """Nobody can be told that we are here, or no supervisor could be started; or (an empty text) it works again."""

    def __init__(self, why: str) -> None:
        """``why`` is for a person."""
        super().__init__()
        self.why = why
