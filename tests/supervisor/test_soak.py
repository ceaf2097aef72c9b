"""Soaks through a whole supervisor: what they count, what ends them, and the triggers beside them."""

from __future__ import annotations

from collections.abc import Callable

from qudag_tui.core import event as ev
from qudag_tui.core.instant import Instant
from qudag_tui.core.intent import Tick, Untick
from qudag_tui.run import clock
from tests.supervisor.supervised import Supervised, canary
from tests.waiting import until

Build = Callable[..., Supervised]


def checklists(*items: str) -> str:
    return (
        canary(*items) + '[[triggers]]\nid = "too-bad"\ntext = "Too bad"\nwhen = "bad > 50"\n'
        '[[triggers]]\nid = "not-bad"\ntext = "Not bad"\nwhen = "fine > 50"\n'
        '[[triggers]]\nid = "cannot-tell"\ntext = "Cannot tell"\nwhen = "blind > 50"\n'
    )


def gate(name: str, condition: str) -> str:
    return f'{{ id = "{name}", text = "{name}", gate = "{condition}", window = "7s" }}'


def soak(seconds: int, *gates: str) -> str:
    return f'{{ id = "soak", text = "Soak", soak = "{seconds}s", items = [{", ".join(gates)}] }}'


def judged(run: Supervised) -> dict[str, str]:
    return {fact.item: fact.verdict for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)}


def test_a_soak_completes_after_its_observed_time_with_a_final_look_at_each_gate(supervised: Build) -> None:
    gates = (gate("inside", "fine < 5"), gate("outside", "bad < 5"), gate("dark", "blind < 5"))
    run = supervised(checklists=checklists(soak(7, *gates)))
    run.start()
    started = run.ask(Tick("soak"))
    until(lambda: set(run.standings("gate")) == {"inside", "outside", "dark"}, run.log)
    assert run.standings("gate")["dark"]["verdict"] == "unknown"
    assert {said["soak"] for said in run.standings("gate").values()} == {started.seq}
    run.until_kind("soak completed")

    assert judged(run) == {"inside": "pass", "outside": "fail", "dark": "unknown"}
    completed = run.facts(ev.SoakCompleted)[0]
    assert isinstance(completed, ev.SoakCompleted)
    assert (completed.item, completed.started) == ("soak", started.seq)
    assert 7.0 <= completed.observed_seconds < 9.0
    first = run.facts(ev.GateJudged)[0]
    assert isinstance(first, ev.GateJudged)
    assert (first.value, first.limit) == (1.0, 5.0)
    assert first.evidence["missing"] == 0
    assert first.evidence["slots"] >= 34
    assert run.kinds()[-4:] == ["gate judged", "gate judged", "gate judged", "soak completed"]
    run.ask(Tick("inside"))


def test_a_soak_that_sees_nothing_does_not_pass_its_time(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(1, gate("dark", "blind < 5"))))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: "dark" in run.standings("gate"))
    started = run.state.soaks["soak"].started
    until(lambda: run.standings("gate")["dark"]["line"] != "" and _seconds_since(started) > 3)

    assert "soak completed" not in run.kinds()
    assert run.standings("gate")["dark"]["verdict"] == "unknown"


def _seconds_since(then: Instant) -> float:
    return clock.now().seconds_since(then)


def test_a_soak_without_gates_counts_supervised_time(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(1)))
    run.start()
    run.ask(Tick("soak"))
    run.until_kind("soak completed")

    completed = run.facts(ev.SoakCompleted)[0]
    assert isinstance(completed, ev.SoakCompleted)
    assert 1.0 <= completed.observed_seconds < 12.0


def test_ticking_a_gate_outside_a_soak_takes_its_final_look(supervised: Build) -> None:
    wanted = {"inside": "pass", "outside": "fail", "dark": "unknown"}
    gates = (gate("inside", "fine < 5"), gate("outside", "bad < 5"), gate("dark", "blind < 5"))
    run = supervised(checklists=checklists(*gates))
    run.start()
    until(lambda: {name: said["verdict"] for name, said in run.standings("gate").items()} == wanted, run.log)
    asked = {name: run.ask(Tick(name)).seq for name in wanted}
    run.until_kind("gate judged", 3)

    assert judged(run) == wanted
    assert {f.item: f.request for f in run.facts(ev.GateJudged) if isinstance(f, ev.GateJudged)} == asked
    boxes = run.run.plan.items
    assert {name: str(run.state.item_state(boxes[name])) for name in wanted} == {
        "inside": "done",
        "outside": "open",
        "dark": "open",
    }


def test_triggers_show_their_values_and_fire_none_before_the_first_phase(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(1)))
    run.start()
    until(lambda: len(run.standings("trigger")) == 3)
    until(lambda: run.standings("trigger")["not-bad"]["verdict"] == "pass")

    assert {
        name: (said["verdict"], said["line"], said["value"], said["limit"])
        for name, said in run.standings("trigger").items()
    } == {
        "too-bad": ("fail", "99, limit 50", 99.0, 50.0),
        "not-bad": ("pass", "1, limit 50", 1.0, 50.0),
        "cannot-tell": ("unknown", "the script has no number here", None, 50.0),
    }
    assert "trigger breached" not in run.kinds()


def test_a_trigger_that_holds_fires_once_and_again_only_after_somebody_reopened_it(supervised: Build) -> None:
    run = supervised(
        checklists=checklists(soak(60), '"Look"').replace('when = "bad > 50"', 'when = "bad > 50"\nfor = "1s"')
    )
    run.start()
    run.ask(Tick("soak"))
    run.until_kind("trigger breached")

    fact = run.facts(ev.TriggerBreached)[0]
    assert isinstance(fact, ev.TriggerBreached)
    assert (fact.trigger, fact.line.startswith("99, limit 50 · held for ")) == ("too-bad", True)
    assert list(run.state.fired) == ["too-bad"]
    assert (run.state.fired["too-bad"].by, run.state.fired["too-bad"].line) == ("supervisor", fact.line)

    run.ask(Untick("too-bad"))
    assert run.state.fired == {}
    run.until_kind("trigger breached", 2)
    events = {event.seq: event for event in run.run.events}
    reopened, again = (
        max(s for s, e in events.items() if e.kind == kind) for kind in ("item unticked", "trigger breached")
    )
    assert events[again].at.seconds_since(events[reopened].at) >= 0.8
    assert run.kinds().count("trigger breached") == 2


def test_a_restart_counts_the_time_that_was_observed_before_it(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(5, gate("inside", "fine < 5"))))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: _seconds_since(run.state.soaks["soak"].started) > 2)
    run.kill()
    killed = clock.now()
    until(lambda: _seconds_since(killed) > 1)
    run.start()
    run.until_kind("soak completed")

    completed = run.facts(ev.SoakCompleted)[0]
    assert isinstance(completed, ev.SoakCompleted)
    elapsed = run.run.events[-1].at.seconds_since(run.state.soaks["soak"].started)
    assert 5.0 <= completed.observed_seconds < elapsed
    # The gap makes its own gate unknown, and here there are too few slots to say anything else either.
    assert judged(run)["inside"] in {"unknown", "inconclusive"}
