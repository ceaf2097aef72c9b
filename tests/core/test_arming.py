"""Arming a run: what it lets happen, for how long, and where it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.arming import offered_only, starting
from qudag_tui.core.checklist import PlanKey
from qudag_tui.core.narration import words
from qudag_tui.core.trigger import Then, Trigger
from tests.core.armed import ROLLBACK, TRIGGERS, breach, deployment, refused
from tests.core.building import plan


def test_arming_names_what_may_start_the_rollback_and_who_let_it() -> None:
    told = deployment(armed=False)

    fact = told.ask(ask.Arm("the night shift is thin"), "bo")

    assert fact == ev.RunArmed(("hot", "slow"), "0" * 64, "the night shift is thin")
    armed = told.state.armed
    assert armed is not None
    assert (armed.by, armed.reason, armed.triggers) == ("bo", "the night shift is thin", frozenset(("hot", "slow")))
    assert told.state.has_pending
    assert words(told.journal[-1], told.state.plan, {}) == (
        "armed the run: “It is hot”, “It is slow” may start the rollback: “the night shift is thin”"
    )


def test_arming_is_refused_where_it_would_mean_nothing() -> None:
    assert refused(deployment(), ask.Arm()) == "bo has already armed this run: arm --off disarms it"
    without = "the plan has no rollback to start: it would be [procedures.rollback]"
    assert refused(deployment(armed=False, rollback=False), ask.Arm()) == without
    offering = 'no trigger of the plan may start the rollback: then = "start" in the checklist file lets one'
    assert refused(deployment(armed=False, triggers=TRIGGERS[2:]), ask.Arm()) == offering
    closed = deployment(armed=False)
    closed.must(ask.CloseRun("abandoned"))
    assert refused(closed, ask.Arm()) == "the run is closed (abandoned): start another with new"


def test_a_run_is_not_armed_where_a_logout_would_end_what_watches_it() -> None:
    told = deployment(armed=False)
    told.start_supervisor(unprotected="KillUserProcesses=yes")
    assert "background work ends when you log out here" in refused(told, ask.Arm())
    told.must(ask.AcceptUnprotected("we stay"), ask.Arm())


def test_disarming_is_refused_where_nothing_is_armed() -> None:
    told = deployment()
    told.must(ask.Disarm("day shift is here"))
    assert (told.state.armed, told.state.has_pending) == (None, False)
    assert refused(told, ask.Disarm()) == "this run is not armed: there is nothing to disarm"


def test_another_plan_is_not_armed_by_what_was_said_of_this_one() -> None:
    told = deployment()
    breach(told)
    told.state.plan = replace(told.state.plan, sha256="1" * 64)

    assert told.state.armed is None
    told.wait(60)
    assert told.due() == []
    assert offered_only(told.state, "hot", told.now) == "the run is armed no more"


def test_what_began_under_an_earlier_arming_is_not_brought_to_life_by_a_later_one() -> None:
    told = deployment()
    breach(told)
    told.state.plan = replace(told.state.plan, sha256="1" * 64)
    told.must(ask.Arm(), by="cy")
    told.wait(60)

    assert told.due() == []
    assert offered_only(told.state, "hot", told.now) == "cy armed the run anew"


@pytest.mark.parametrize("what", ["another file", "other variables"])
def test_another_plan_than_the_one_that_was_shown_is_not_armed(what: str) -> None:
    told = deployment(armed=False)
    sha256, variables = told.state.plan.key
    shown: PlanKey = ("1" * 64, variables) if what == "another file" else (sha256, (("node", "http://elsewhere"),))
    said = refused(told, ask.Arm("", shown))
    assert said == "the run follows another plan by now: look at what that one lets start"


def test_arming_is_for_one_rollback_whoever_started_it() -> None:
    told = deployment()
    told.claim("rollback")
    told.must(ask.Abort())
    told.record(ev.ExecutionFinished(told.state.head_seq - 2, "cancelled"))
    assert (told.state.armed, told.state.has_pending) == (None, False)
    breach(told)
    told.wait(60)
    assert told.due() == []
    told.must(ask.Arm(), ask.Untick("hot"))
    breach(told)
    told.wait(60)
    assert told.due() == [ROLLBACK]


def test_a_rollback_that_never_began_leaves_the_run_armed() -> None:
    told = deployment()
    told.must(ask.Execute("rollback"))
    told.wait(31)
    told.record(ev.RequestExpired(told.state.head_seq))
    assert told.state.armed is not None


def test_a_forged_arming_neither_raises_nor_starts_what_the_plan_does_not_let_start() -> None:
    told = deployment(armed=False)
    told.tell(ev.RunArmed(("odd", "rumour", "?"), "0" * 64))
    told.tell(ev.CountdownStopped(("?",)))
    breach(told, "odd")
    told.tell(ev.TriggerBreached("?"))
    told.wait(61)
    assert told.due() == []


def test_only_a_condition_starts_anything() -> None:
    believed = Trigger("rumour", "Somebody says so", then=Then.START)
    assert starting(replace(plan(), triggers=(believed,))) == ()
