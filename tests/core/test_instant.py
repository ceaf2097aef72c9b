"""The clock of a run: what it reads across boots, whatever the wall clock was set to between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS, Instant, RunClock
from tests.core.building import Told, manual, plan, section

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def moment(boot: str, boot_seconds: int, wall_seconds: int) -> Instant:
    return Instant(NOON + timedelta(seconds=wall_seconds), boot_seconds * NANOSECONDS, boot)


def seconds(clock: RunClock, at: Instant) -> float:
    return clock.at(at) / NANOSECONDS


@pytest.mark.parametrize("wall", [-3600, 0, 3600])
def test_what_was_on_an_earlier_boot_stays_when_it_was(wall: int) -> None:
    first, last = moment("one", 100, 0), moment("one", 160, 60)
    clock = RunClock(first).seen(last).seen(moment("two", 5, 70 + wall))
    assert (seconds(clock, first), seconds(clock, last)) == (0, 60)
    assert seconds(clock, moment("one", 130, 30)) == 30
    assert seconds(clock, moment("two", 5, 70 + wall)) == max(60, 70 + wall)
    assert seconds(clock, moment("two", 8, 0)) == max(60, 70 + wall) + 3


def test_it_never_goes_back_and_forgets_boots_beyond_measure() -> None:
    clock = RunClock(moment("boot", 0, 0))
    for number in range(1000):
        before, now = clock.run_ns, moment(f"boot {number % 500}", 1, -number)
        clock = clock.seen(now)
        assert clock.run_ns >= before
        assert clock.at(now) == clock.run_ns
    assert len(clock.former) < 100


def test_a_supervisor_says_from_where_the_clock_goes_on_and_never_back() -> None:
    told = Told(plan(section("a", manual("x"))))
    for run_ns, reads in ((0, 1), (500 * NANOSECONDS, 500), (7, 501), (1 << 200, None)):
        told.tell(ev.SupervisorStarted(1, 1, 1, "0", run_ns=run_ns))
        at = told.journal[-1].at
        assert reads is None or seconds(told.state.clock, at) == reads
    assert told.state.clock.at(told.now) < 1 << 63
