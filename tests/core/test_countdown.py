"""Countdowns in an armed run: what a breach starts, when, and everything that keeps it from starting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.arming import Countdown, counting, offered_only
from qudag_tui.core.due import CancelStep, StartStep
from qudag_tui.core.narration import words
from qudag_tui.core.refusal import Refusal
from tests.core.armed import FLAGS, LINE, ROLLBACK, breach, deployment, left, refused
from tests.core.building import Told, command


def test_a_breach_counts_down_and_then_starts_the_rollback_once() -> None:
    told = deployment()
    breach(told)
    told.wait(40)
    assert left(told) == {"hot": 19.0}
    assert told.due() == []
    told.wait(19)
    assert told.due() == [ROLLBACK]
    assert told.record(ROLLBACK) == ROLLBACK
    request = told.state.head_seq
    assert told.due() == [ev.RequestClaimed(request)]
    assert isinstance(told.record(ROLLBACK), Refusal)
    told.record(ev.RequestClaimed(request))
    assert told.due() == [StartStep(told.state.executions[request], FLAGS, 1)]
    told.run_step("flags", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.due() == []


def test_the_countdown_is_as_long_as_the_file_says() -> None:
    told = deployment()
    breach(told, "slow")
    told.wait(80)
    assert (left(told), told.due()) == ({"slow": 9.0}, [])


def test_the_writer_grants_what_a_countdown_asks_for_and_nothing_else() -> None:
    told = deployment()
    assert isinstance(told.record(ROLLBACK), Refusal)
    breach(told)
    assert isinstance(told.record(ROLLBACK), Refusal)
    told.wait(60)
    asked = [
        replace(ROLLBACK, target="drain"),
        replace(ROLLBACK, target="expand"),
        replace(ROLLBACK, reason="because"),
        replace(ROLLBACK, stops=3),
    ]
    assert [isinstance(told.record(fact), Refusal) for fact in asked] == [True] * 4
    assert told.record(ROLLBACK) == ROLLBACK


def test_nothing_counts_down_in_a_run_that_is_not_armed_or_of_a_trigger_that_only_offers() -> None:
    quiet = deployment(armed=False)
    breach(quiet)
    offering = deployment()
    breach(offering, "odd")
    offering.must(ask.Tick("rumour"))
    early = deployment(armed=False)
    breach(early)
    early.must(ask.Arm())
    for told in (quiet, offering, early):
        told.wait(61)
        assert (told.due(), left(told), told.state.countdowns) == ([], {}, {})


def test_a_persons_report_starts_nothing_and_keeps_nothing_from_being_measured() -> None:
    told = deployment()
    told.must(ask.Tick("hot"))
    told.wait(100)
    assert told.due() == []
    breach(told)
    told.wait(60)
    assert told.due() == [ROLLBACK]


def test_it_is_measured_once_until_somebody_reopens_it() -> None:
    told = deployment()
    breach(told)
    assert isinstance(told.record(ev.TriggerBreached("hot", LINE)), Refusal)
    told.must(ask.Untick("hot"))
    assert (told.state.countdowns, told.due()) == ({}, [])
    breach(told)
    told.wait(60)
    assert told.due() == [ROLLBACK]


def restarted(told: Told) -> None:
    told.start_supervisor()


def late(told: Told) -> None:
    told.wait(200)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (lambda told: told.must(ask.StopCountdown(), by="cy"), "cy stopped the countdown"),
        (lambda told: told.must(ask.Abort(), by="cy"), "cy stopped the countdown"),
        (lambda told: told.must(ask.Disarm(), by="cy"), "cy disarmed the run"),
        (restarted, "the supervisor was restarted"),
        (late, "nobody acted on its countdown in time"),
    ],
)
def test_what_ends_a_countdown_and_why_it_then_only_offers(what: object, why: str) -> None:
    told = deployment()
    breach(told)
    told.wait(30)
    what(told)  # type: ignore[operator]  # each does something to the run
    told.wait(40)
    assert not any(isinstance(action, ev.ExecutionRequested) for action in told.due())
    assert offered_only(told.state, "hot", told.now) == why
    assert isinstance(told.record(ROLLBACK), Refusal)
    assert told.state.box_state(told.state.plan.boxes["hot"]) == "done"


def test_a_deadline_that_passed_while_no_supervisor_lived_starts_nothing() -> None:
    told = deployment()
    breach(told)
    told.wait(65)
    told.start_supervisor()
    assert told.due() == []
    assert offered_only(told.state, "hot", told.now) == "the supervisor was restarted"


def test_a_person_who_starts_the_rollback_ends_every_countdown() -> None:
    told = deployment()
    breach(told)
    breach(told, "slow")
    told.must(ask.Execute("rollback"), by="cy")
    request = told.state.head_seq
    assert (told.due(), left(told)) == ([ev.RequestClaimed(request)], {})
    told.wait(100)
    assert told.due() == [ev.RequestExpired(request)]
    assert isinstance(told.record(ROLLBACK), Refusal)


def test_the_next_breach_counts_down_although_one_was_stopped() -> None:
    told = deployment()
    breach(told)
    told.must(ask.StopCountdown())
    breach(told, "slow")
    assert list(left(told)) == ["slow"]


def test_stopping_stops_every_countdown_that_runs() -> None:
    told = deployment()
    breach(told)
    breach(told, "slow")
    assert told.ask(ask.StopCountdown()) == ev.CountdownStopped(("hot", "slow"))
    assert words(told.journal[-1], told.state.plan, {}) == "stopped the countdown of “It is hot”, “It is slow”"
    told.wait(100)
    assert told.due() == []
    assert refused(told, ask.StopCountdown()) == "no countdown runs: there is nothing to stop"


def test_the_first_of_several_starts_the_one_rollback() -> None:
    told = deployment()
    breach(told, "slow")
    breach(told)
    told.wait(59)
    told.record(ROLLBACK)
    request = told.state.head_seq
    told.record(ev.RequestClaimed(request))
    told.run_step("flags", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    told.wait(60)
    assert (told.due(), told.state.countdowns) == ([], {})


def test_what_runs_is_stopped_first() -> None:
    told = deployment()
    drain = told.claim("drain")
    told.record(ev.StepStarted("drain-it", drain, 1, 10, 1, 9, 1))
    breach(told)
    told.wait(60)
    asked = replace(ROLLBACK, stops=drain)
    assert told.due() == [asked]
    told.record(asked)
    assert CancelStep(told.state.executions[drain], command("drain-it")) in told.due()


def test_what_was_only_asked_for_is_stopped_as_well() -> None:
    told = deployment()
    breach(told)
    told.wait(59)
    told.must(ask.Execute("drain"))
    drain = told.state.head_seq
    told.record(replace(ROLLBACK, stops=drain))
    rollback = told.state.head_seq
    assert told.due() == [ev.ExecutionFinished(drain, "cancelled"), ev.RequestClaimed(rollback)]


def test_abort_is_for_what_runs_while_something_does() -> None:
    told = deployment()
    drain = told.claim("drain")
    breach(told)
    assert told.ask(ask.Abort()) == ev.AbortRequested(drain)
    assert list(left(told)) == ["hot"]
    assert told.ask(ask.StopCountdown()) == ev.CountdownStopped(("hot",))


def test_a_breach_while_the_rollback_is_under_way_starts_no_other() -> None:
    told = deployment()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    breach(told)
    told.record(ev.RequestClaimed(request))
    told.run_step("flags", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    told.wait(60)
    assert told.due() == []
    assert offered_only(told.state, "hot", told.now) == "the rollback was under way"


def test_who_goes_on_with_an_earlier_rollback_ends_the_countdown_to_another() -> None:
    told = deployment(armed=False)
    request = told.claim("rollback")
    told.run_step("flags", request, "failed")
    told.must(ask.Abort())
    told.record(ev.ExecutionFinished(request, "cancelled"))
    told.must(ask.Arm())
    breach(told)
    told.must(ask.Retry("flags"), by="cy")
    told.wait(60)
    assert not any(isinstance(action, ev.ExecutionRequested) for action in told.due())
    assert offered_only(told.state, "hot", told.now) == "cy went on with the rollback"


def test_a_closed_run_starts_nothing() -> None:
    told = deployment()
    breach(told)
    told.must(ask.CloseRun("abandoned"))
    told.wait(60)
    assert (told.due(), told.state.armed, told.state.countdowns) == ([], None, {})


def test_a_jump_of_the_wall_clock_shortens_no_countdown() -> None:
    told = deployment()
    breach(told)
    now = told.now
    jumped = replace(now, wall=now.wall.replace(hour=23))
    assert [one.left_seconds(jumped) for one in counting(told.state, jumped)] == [59.0]


DEEDS: list[ask.Intent] = [
    ask.Arm(),
    ask.Disarm(),
    ask.StopCountdown(),
    ask.Abort(),
    ask.Resume(),
    ask.Tick("hot"),
    ask.Untick("hot"),
    ask.Untick("slow"),
    ask.Execute("rollback", stop_first=True),
    ask.Execute("drain", stop_first=True),
    ask.MarkStep("flags", "passed", "seen"),
    ask.Retry("flags"),
]


@given(
    st.lists(st.one_of(st.sampled_from(DEEDS), st.sampled_from(["hot", "slow", "restart", "act", 20, 45])), max_size=40)
)
def test_whatever_happens_each_breach_starts_at_most_one_rollback_in_time_and_only_while_armed(
    deeds: list[ask.Intent | str | int],
) -> None:
    told, taken, armings = deployment(), set[int](), set[int]()
    for deed in deeds:
        if isinstance(deed, int):
            told.wait(deed)
        elif deed == "restart":
            told.start_supervisor()
        elif deed == "act":
            for action in told.due():
                if not isinstance(action, ev.Fact):
                    continue
                before: Countdown | None = next(iter(counting(told.state, told.now)), None)
                armed = told.state.armed
                if isinstance(action, ev.ExecutionRequested):
                    assert before is not None
                    assert armed is not None
                    assert armed.seq < before.breach
                    assert 0 <= told.now.seconds_since(before.began) - before.seconds <= 30
                    assert before.breach not in taken
                    restarts = [e.seq for e in told.journal if isinstance(e.fact, ev.SupervisorStarted)]
                    assert max(restarts) < before.breach
                    taken.add(before.breach)
                    begun = any(
                        e.claimed
                        for e in told.state.executions.values()
                        if e.request > armed.seq and e.target == "rollback"
                    )
                    assert not begun
                    assert all(e.state.is_over for e in told.state.executions.values() if e.target == "rollback")
                    armings.add(armed.seq)
                told.record(action)
        elif isinstance(deed, str):
            told.record(ev.TriggerBreached(deed, LINE))
        else:
            told.ask(deed)
    claims = [e for e in told.state.executions.values() if e.claimed and e.by == "supervisor"]
    assert len(claims) <= len(armings)
    again = told.folded_again().state
    assert (again.countdowns, again.armed) == (told.state.countdowns, told.state.armed)
