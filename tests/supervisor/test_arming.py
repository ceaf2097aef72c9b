"""Armed runs with a real supervisor: what starts by itself, and what does not although it was about to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.arming import counting, offered_only
from qudag_tui.core.intent import Abort, Arm, Disarm, Execute, Tick, Untick
from qudag_tui.run import clock
from qudag_tui.run.presence import attach
from qudag_tui.run.supervision import ensure_supervisor, supervisor_alive
from tests.supervisor.living import living
from tests.supervisor.supervised import ANA, LIST, REPOSITORY, Supervised, step
from tests.waiting import until, until_async

Build = Callable[..., Supervised]
# The canary begins with the tick of a box that runs nothing.
DAY = LIST.replace("items = [", 'items = [{ id = "begin", text = "Begin" }, ')
FLAGS = step("flags", "echo off >> flags")


def armed(supervised: Build, countdown: str, *, trusted: bool = True, then: str = "start") -> Supervised:
    """A run under way, armed, whose trigger breaches at once."""
    trigger = f'[[triggers]]\nid = "bad"\ntext = "Bad"\nwhen = "bad > 50"\nfor = "400ms"\nthen = "{then}"\n'
    wait = f'countdown = "{countdown}"\n' if then == "start" else ""
    run = supervised(FLAGS, checklists=DAY + trigger + wait, trusted=trusted)
    run.start()
    run.ask(Arm("nobody is here at night"))
    run.ask(Tick("begin"))
    run.until_kind("trigger breached")
    return run


def test_a_breach_in_an_armed_run_starts_the_rollback_after_its_countdown(supervised: Build) -> None:
    run = armed(supervised, "1s")

    assert run.until_over().outcome == "passed"
    assert run.lines("flags") == ["off"]
    breach, asked = (
        next(e for e in run.run.events if isinstance(e.fact, kind))
        for kind in (ev.TriggerBreached, ev.ExecutionRequested)
    )
    assert asked.actor.by == "supervisor"
    assert isinstance(breach.fact, ev.TriggerBreached)
    assert asked.fact == ev.ExecutionRequested("rollback", f"Bad: {breach.fact.line}")
    assert asked.at.seconds_since(breach.at) >= 1.0
    assert run.state.phases["canary"].held == "rollback started by supervisor"
    assert run.kinds().count("execution requested") == 1


def test_somebody_stops_the_countdown_and_nothing_starts_until_it_breaches_again(supervised: Build) -> None:
    run = armed(supervised, "3s")
    run.ask(Abort())
    stopped = run.run.events[-1]
    assert stopped.fact == ev.CountdownStopped(("bad",))
    # Only once its time has passed can it be seen that nothing starts.
    until(lambda: clock.now().seconds_since(stopped.at) > 4)
    assert "execution requested" not in run.kinds()
    assert run.lines("flags") == []

    run.ask(Untick("bad"))
    run.until_over()
    assert run.lines("flags") == ["off"]


def test_a_countdown_does_not_outlive_its_supervisor(supervised: Build) -> None:
    run = armed(supervised, "3s")
    breach = run.run.events[-1]
    run.kill()
    until(lambda: clock.now().seconds_since(breach.at) > 4)
    run.start()
    before = run.run.position.seq
    # It turns, and turns again: the next trigger's breach would be recorded by now.
    until(lambda: run.standings("trigger") and clock.now().seconds_since(breach.at) > 7)

    assert run.kinds()[before:] == []
    assert run.lines("flags") == []
    assert offered_only(run.state, "bad", clock.now()) == "the supervisor was restarted"


def test_what_runs_is_stopped_first(supervised: Build) -> None:
    run = supervised(
        FLAGS,
        checklists=DAY.replace(
            "echo deployed >> deploys", "trap 'echo stopped >> deploys; exit 1' TERM; sleep 100 & wait"
        )
        + '[[triggers]]\nid = "bad"\ntext = "Bad"\nwhen = "bad > 50"\nfor = "2s"\nthen = "start"\ncountdown = "1s"\n',
    )
    run.start()
    run.ask(Arm())
    deploy = run.ask(Execute("deploy"))
    run.until_kind("step started")
    run.until(lambda state: state.executions[deploy.seq].state.is_over)
    run.until_over()

    assert [fact.stops for fact in run.facts(ev.ExecutionRequested) if isinstance(fact, ev.ExecutionRequested)] == [
        0,
        deploy.seq,
    ]
    assert run.lines("deploys") == ["stopped"]
    assert run.lines("flags") == ["off"]
    assert run.outcomes() == {"deploy": "cancelled", "flags": "passed"}


def test_a_plan_that_nobody_trusts_any_more_is_refused_at_the_end_of_the_countdown(supervised: Build) -> None:
    run = armed(supervised, "1s", trusted=False)
    run.until_kind("request refused")

    assert run.lines("flags") == []


def test_a_trigger_that_only_offers_starts_nothing_in_an_armed_run(supervised: Build) -> None:
    trigger = '[[triggers]]\nid = "other"\ntext = "Other"\nwhen = "fine > 50"\nthen = "start"\n'
    run = supervised(
        FLAGS,
        checklists=DAY + '[[triggers]]\nid = "bad"\ntext = "Bad"\nwhen = "bad > 50"\nfor = "400ms"\n' + trigger,
    )
    run.start()
    run.ask(Arm())
    run.ask(Tick("begin"))
    run.until_kind("trigger breached")

    assert counting(run.state, clock.now()) == []
    assert run.state.countdowns == {}


async def test_a_countdown_that_ended_during_a_suspend_starts_nothing(supervised: Build) -> None:
    trigger = (
        '[[triggers]]\nid = "bad"\ntext = "Bad"\nwhen = "bad > 50"\nfor = "400ms"\nthen = "start"\ncountdown = "9s"\n'
    )
    run = supervised(FLAGS, checklists=DAY + trigger)
    asleep = 0.0
    async with living(run, now=lambda: clock.now().plus(asleep)):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.ask(Arm())
        run.ask(Tick("begin"))
        await until_async(lambda: run.kinds()[-1] == "trigger breached")
        # By then it was over for less than any request takes to expire: only the gap keeps it from starting.
        asleep = 35.0
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        seen = run.run.position.seq
        await until_async(lambda: clock.now().plus(asleep).seconds_since(run.run.events[-1].at) > 1)
        assert run.kinds()[seen:] == []

    assert offered_only(run.state, "bad", clock.now()) == "the supervisor was restarted"
    assert run.lines("flags") == []


def test_while_a_run_is_armed_its_supervisor_stays_though_nobody_is_attached(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    run = supervised(FLAGS, checklists=DAY + '[[triggers]]\ntext = "Bad"\nwhen = "bad > 50"\nthen = "start"\n')
    with attach(run.run.folder, ANA) as presence:
        ensure_supervisor(run.run.folder, presence)
        run.until_kind("supervisor started")
        run.ask(Arm())
    until(lambda: "fine" in run.standings("metric"))
    seen = run.standings("metric")["fine"]["at"]
    until(lambda: str(run.standings("metric")["fine"]["at"]) > str(seen))
    assert supervisor_alive(run.run.folder)

    run.ask(Disarm())

    run.until_kind("supervisor stopped")
