"""When what is not ready is an alarm, and whose environment counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import CloseRun, Record, Tick
from qudag_tui.core.readiness import Readiness, is_called_for, names_missing
from qudag_tui.core.refusal import Refusal
from tests.core.building import START, Told, decision, manual, plan, section

STARTED = ev.SupervisorStarted(1, 1, 0, "0", missing=("TOKEN",))
LATER = START + timedelta(hours=9)


def told() -> Told:
    return Told(
        plan(section("before", manual("talk")), section("canary", manual("deploy"), decision("go"), traffic="10%"))
    )


@pytest.mark.parametrize(("hours", "alarm"), [(9.0, False), (2.01, False), (2.0, True), (0.0, True), (-5.0, True)])
def test_two_hours_before_t_and_after_it(hours: float, alarm: bool) -> None:
    run = told()

    assert is_called_for(run.state, run.now.wall + timedelta(hours=hours), run.now) is alarm


def test_a_run_that_does_not_say_when_t_is_may_begin_at_any_time() -> None:
    assert is_called_for(told().state, None, told().now)


def test_as_soon_as_the_run_is_under_way_and_no_more_once_it_is_closed() -> None:
    run = told()
    run.must(Tick("talk"))
    assert not is_called_for(run.state, LATER, run.now)

    run.must(Tick("deploy"))
    assert is_called_for(run.state, LATER, run.now)

    run.must(CloseRun("abandoned", "why"))
    assert not is_called_for(run.state, LATER, run.now)
    assert not is_called_for(run.state, START, run.now)


def test_after_a_supervisor_that_ended_without_a_word_and_not_after_one_that_left() -> None:
    run = told()
    run.tell(STARTED)
    run.tell(ev.SupervisorStopped("nothing needs it"))
    run.tell(STARTED)
    assert not is_called_for(run.state, LATER, run.now)

    run.tell(replace(STARTED, gap_seconds=60.0))

    assert is_called_for(run.state, LATER, run.now)


def test_names_are_missing_where_steps_run() -> None:
    run, here = told(), Readiness(names=("HERE",))
    assert names_missing(run.state, here, supervised=False) == ("HERE",)
    run.tell(STARTED)

    assert names_missing(run.state, here, supervised=True) == ("TOKEN",)
    assert names_missing(run.state, here, supervised=False) == ("HERE",)


def test_what_is_missing_of_an_adopted_plan_takes_the_place_of_what_was_missing_before() -> None:
    run = told()
    checked = ev.EnvironmentChecked(run.state.plan.sha256, ("OTHER", "TOKEN"))
    assert isinstance(run.ask(Record(checked)), Refusal), "nobody is there whose environment it would be"
    run.tell(STARTED)
    assert isinstance(run.ask(Record(replace(checked, missing=("TOKEN",)))), Refusal), "that is known already"
    assert isinstance(run.ask(Record(replace(checked, plan="f" * 64))), Refusal)

    run.record(checked)

    assert names_missing(run.state, Readiness(), supervised=True) == ("OTHER", "TOKEN")
    run.tell(replace(checked, plan="f" * 64, missing=()))
    assert names_missing(run.state, Readiness(), supervised=True) == ("OTHER", "TOKEN"), "of another plan"
    run.record(replace(checked, missing=()))
    assert names_missing(run.state, Readiness(), supervised=True) == ()


def test_what_is_missing_is_said_in_words() -> None:
    found = Readiness("why", ("kubectl",), ("flags.sh",), ("TOKEN",), ("prometheus",))

    assert found.missing == (
        "the program kubectl",
        "the file flags.sh",
        "TOKEN in the environment",
        "the credential prometheus",
    )
    assert (found.is_ready, Readiness(names=("X",)).is_ready, Readiness().is_ready) == (False, False, True)
