from __future__ import annotations

from typing import Any

import pytest

from qudag_tui.core.ending import ended_words, outcome_words, unseen_seconds
from qudag_tui.core.event import StepEnded
from qudag_tui.core.execution import Attempt
from qudag_tui.core.instant import Instant
from qudag_tui.core.step import Outcome
from tests.core.building import at

ENDS: list[tuple[dict[str, Any], str]] = [
    ({"outcome": Outcome.PASSED, "code": 0, "seconds": 12.0}, "passed after 12 s"),
    ({"outcome": Outcome.FAILED, "code": 3, "seconds": 12.0}, "failed, exit code 3 after 12 s"),
    ({"outcome": Outcome.TIMED_OUT, "signal": 9, "seconds": 30.0}, "timed out, signal 9 after 30 s"),
    ({"outcome": Outcome.FAILED, "code": 1, "left": ("node (412)",)}, "failed, exit code 1, still running: node (412)"),
    ({"outcome": Outcome.NEVER_STARTED, "error": "no such file"}, "never started: no such file"),
    ({"outcome": Outcome.UNKNOWN}, "unknown"),
]


@pytest.mark.parametrize(("end", "words"), ENDS)
def test_an_attempt_and_its_event_say_the_same_of_how_it_ended(end: dict[str, Any], words: str) -> None:
    assert ended_words(Attempt(1, at(0), 10, 1, 9, 1, "1-flags.log", **end)) == words
    assert ended_words(StepEnded("flags", 3, 1, **end)) == words


def test_a_watch_recovers_or_does_not_and_else_ends_as_a_command_does() -> None:
    assert [outcome_words(outcome, of_watch=True) for outcome in Outcome] == [
        "recovered",
        "not recovered",
        "timed out",
        "cancelled",
        "never started",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("seconds", "now", "unseen"),
    [
        (12.0, at(754), 742.0),
        (12.0, at(754, "boot-2"), 742.0),
        (12.0, at(12.4), 0.0),
        (12.0, at(3), 0.0),
        (None, at(754), 0.0),
    ],
)
def test_how_long_something_has_ended_is_told_by_its_start_and_its_length(
    seconds: float | None, now: Instant, unseen: float
) -> None:
    assert unseen_seconds(at(0), seconds, now) == unseen
