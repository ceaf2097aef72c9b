"""Gates through a whole supervisor: forecasts before the soak, what each asks for, and what becomes of a pass later."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.intent import Decide, Tick
from qudag_tui.core.requirement import requirements_of
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock
from qudag_tui.run.samples import SampleReader
from tests.supervisor.supervised import HEAD, Supervised
from tests.supervisor.test_soak import checklists, gate, soak
from tests.waiting import until

Build = Callable[..., Supervised]

# A number that the test writes; without its file the source fails, and is blind. (Named in argv it would be pinned.)
FILE = (
    HEAD
    + '[sources.file]\nevery = "200ms"\ncommand = ["sh", "-c", "cat number"]\n[metrics.number]\ngauge = "file:value"\n'
)
_MOST_SOAKS = 5
GATE = '{ id = "number", text = "Number", gate = "number < 5", tolerate = "50%" }'


def measured(supervised: Build, *items: str) -> Supervised:
    run = supervised(head=FILE, checklists=checklists(*items))
    (run.folder / "number").write_text("1\n")
    return run


def passed(run: Supervised) -> None:
    """Start, soak, and acknowledge the pass; a machine too busy to read the file in time soaks again, as a person would."""
    run.start()
    until(lambda: (run.standings("metric").get("number") or {}).get("value") == 1.0, run.log)
    verdicts: list[str] = []
    while verdicts[-1:] in ([], ["unknown"]) and len(verdicts) < _MOST_SOAKS:
        run.ask(Tick("soak"))
        run.until_kind("soak completed", len(verdicts) + 1)
        verdicts = [fact.verdict for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)]
    assert verdicts[-1] == "pass", run.log()
    run.ask(Tick("number"))


def test_a_gate_that_surely_fails_after_its_pass_is_open_again(supervised: Build) -> None:
    run = measured(supervised, soak(7, GATE), '"Look"')
    passed(run)
    (run.folder / "number").write_text("99\n")
    run.until_kind("gate regressed")

    fact = run.facts(ev.GateRegressed)[0]
    assert isinstance(fact, ev.GateRegressed)
    assert (fact.item, fact.value, fact.limit) == ("number", 99.0, 5.0)
    assert fact.line.startswith("99, limit 5 · ")
    assert [asked.verdict for asked in requirements_of(fact.evidence["requirements"])] == [Verdict.FAIL]
    assert str(run.state.item_state(run.run.plan.items["number"])) == "open"
    began = run.run.events[-1].at
    until(lambda: clock.now().seconds_since(began) > 2, run.log)
    assert run.kinds().count("gate regressed") == 1


def test_a_supervisor_that_was_started_anew_watches_on(supervised: Build) -> None:
    run = measured(supervised, soak(7, GATE), '"Look"')
    passed(run)
    run.kill()
    (run.folder / "number").write_text("99\n")
    run.start()
    run.until_kind("gate regressed")

    fact = run.facts(ev.GateRegressed)[0]
    assert isinstance(fact, ev.GateRegressed)
    assert (fact.look, fact.value) == (run.state.looks["number"].seq, 99.0)


def test_being_blind_after_the_pass_reopens_nothing(supervised: Build) -> None:
    run = measured(supervised, soak(7, GATE), '{ id = "go", text = "Go", decision = true }')
    passed(run)
    (run.folder / "number").unlink()
    until(lambda: (run.standings("metric").get("number") or {}).get("value") is None, run.log)
    # Long enough for more than half of the window to be missing.
    until(lambda: _blind_seconds(run) > 5, run.log)

    assert "gate regressed" not in run.kinds()
    (run.folder / "number").write_text("1\n")
    run.ask(Decide("canary", "go"))
    (run.folder / "number").write_text("99\n")
    run.until_kind("gate regressed")
    assert str(run.state.item_state(run.run.plan.items["number"])) == "done", "after the Go it is only shown"


def _blind_seconds(run: Supervised) -> float:
    with closing(SampleReader(run.run.folder)) as reader:
        latest = reader.latest("number")
    return (run.state.clock.at(clock.now()) - latest[0][0]) / NANOSECONDS if latest else 0.0


def test_a_gate_is_forecast_before_its_soak_and_not_during_it(supervised: Build) -> None:
    run = measured(
        supervised,
        soak(
            2,
            '{ id = "short", text = "Short", gate = "fine < 5" }',
            '{ id = "hopeless", text = "Hopeless", gate = "bad < 5" }',
            '{ id = "dark", text = "Dark", gate = "blind < 5" }',
            '{ id = "bare", text = "Bare", gate = "fine < baseline + 10%" }',
        ),
    )
    run.start()
    until(lambda: run.standings("forecast").get("short", {}).get("verdict") == "fail", run.log)
    until(lambda: "no baseline" in str(run.standings("forecast").get("bare", {}).get("line")), run.log)
    said: dict[str, dict[str, Any]] = run.standings("forecast")

    assert (said["short"]["verdict"], said["short"]["value"], said["short"]["limit"]) == ("fail", 6.0, 2.0)
    assert said["short"]["line"] == (
        "at today's rate this gate needs 6 s, longer than its soak of 2 s, even with its extensions"
    )
    assert said["dark"]["verdict"] == said["bare"]["verdict"] == "unknown"
    assert "no baseline was captured" in said["bare"]["line"]
    run.ask(Tick("soak"))
    until(lambda: "short" in run.standings("gate"), run.log)
    first = run.standings("gate")["short"]
    assert [asked.text for asked in requirements_of(first["requirements"])] == ["fine < 5"]
    assert set(run.standings("forecast")) == set(said), "what is no longer told stands as it was"


def test_a_final_look_keeps_what_each_comparison_said(supervised: Build) -> None:
    run = measured(supervised, gate("both", "fine < 5 and blind < 5"))
    run.start()
    until(lambda: "slots missing" in str(run.standings("gate").get("both")), run.log)
    run.ask(Tick("both"))
    run.until_kind("gate judged")

    fact = run.facts(ev.GateJudged)[0]
    assert isinstance(fact, ev.GateJudged)
    asked = requirements_of(fact.evidence["requirements"])
    assert [each.text for each in asked] == ["fine < 5", "blind < 5"]
    assert asked[1].verdict is Verdict.UNKNOWN
    assert asked[1].needs == "at most 5% of its slots missing"
    run.ask(Tick("both"))
    run.until_kind("gate judged", 2)
    assert [fact.look for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)] == [1, 2]
