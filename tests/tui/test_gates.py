"""What a gate says on the screen: requirements, forecasts, regressions, baselines, and verdicts beside a phase."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.requirement import Requirement, plain
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample, SampleWriter
from qudag_tui.tui.facts import Tone, box_fact, section_fact
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.readings import Reader
from qudag_tui.tui.snapshot import Snapshot, first_snapshot
from qudag_tui.tui.theme import palette
from qudag_tui.tui.verdicts import verdicts_of
from qudag_tui.tui.widgets import beside
from qudag_tui.tui.widgets.banner import alarms
from tests.tui.deployment import ANA, BO, Deployment
from tests.tui.deployment import SMALL as PLAN
from tests.tui.robot import SMALL, WIDE, at_the_screen

GATE = '{ text = "CPU is normal", id = "cpu-gate", gate = "cpu < 80%" }'
COMPARED = (
    PLAN.replace('every = "1s"', 'every = "1s"\nbaseline = "captured"')
    .replace(GATE, '{ text = "CPU as before", id = "cpu-gate", gate = "cpu < baseline + 10% and cpu < 80%" }')
    .replace('text = "CPU is hot"', 'text = "CPU is very hot"')
)
ASKED = (
    Requirement("cpu < baseline + 10%", Verdict.INCONCLUSIVE, "31%, limit 33%", "40 more samples, ~40 s"),
    Requirement("cpu < 80%", Verdict.PASS, "31%, limit 80%"),
)
LINE = "CPU 31%, limit 33%; CPU 31%, limit 80%"


def asked(deployment: Deployment) -> None:
    """A soak counts, and its gate has two comparisons."""
    deployment.tick("canary/deploy", ago=120)
    deployment.ask(ask.Tick("watch"), ago=100)
    deployment.samples({"cpu": [31.0] * 100})
    deployment.standing(
        "gate",
        "cpu-gate",
        verdict="inconclusive",
        line=LINE,
        needs="40 more samples, ~40 s",
        requirements=plain(ASKED),
    )


def passed(deployment: Deployment) -> None:
    """The soak is over, and its gate's pass acknowledged."""
    deployment.tick("canary/deploy", ago=2000)
    soak = deployment.ask(ask.Tick("watch"), ago=1900).seq
    deployment.record(ev.GateJudged("cpu-gate", soak, "pass", "31%, limit 80%"), ago=90)
    deployment.record(ev.SoakCompleted("watch", soak, 1800.0), ago=89)
    deployment.tick("cpu-gate", ago=80)


def regressed(deployment: Deployment) -> None:
    look = deployment.run.state.looks["cpu-gate"].seq
    deployment.record(ev.GateRegressed("cpu-gate", look, "99%, limit 80%", 99.0, 80.0), ago=20)


def snapshot(deployment: Deployment) -> Snapshot:
    reader = Reader(deployment.run)
    readings = reader.read(clock.now())
    reader.close()
    run = deployment.run
    first = first_snapshot(run.plan, run.state, tuple(run.events), ANA, clock.now())
    return with_standings(replace(first, readings=readings), supervised=True)


def with_standings(shot: Snapshot, **changed: Any) -> Snapshot:
    return replace(shot, readings=replace(shot.readings, standings=replace(shot.standings, **changed)))


async def test_the_detail_lists_what_holds_what_cannot_be_told_and_what_it_needs(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=600)
    asked(deployment)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("cpu-gate")

        await robot.sees("says      inconclusive so far")
        await robot.sees("inconclusive  cpu < baseline + 10%", "needs 40 more samples, ~40 s")
        await robot.sees("pass          cpu < 80%", "31%, limit 80%")


async def test_below_110_columns_a_key_shows_the_same_in_a_dialog(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=600)
    asked(deployment)
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.go_to("cpu-gate")
        await robot.press("i")

        await robot.sees("inconclusive  cpu < baseline + 10%", "pass          cpu < 80%", "enter close")
        await robot.press("enter")
        await robot.until(lambda: "enter close" not in robot.text())


def test_a_row_says_what_its_gate_needs_where_the_whole_line_does_not_fit(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=600)
    asked(deployment)

    wordings = box_fact(deployment.run.plan.items["cpu-gate"], snapshot(deployment)).wordings

    assert wordings == (
        f"{LINE} · inconclusive so far",
        "CPU 31%, limit 33% · needs 40 more samples, ~40 s",
        "needs 40 more samples, ~40 s",
        "CPU 31%, limit 33% · inconclusive so far",
        "inconclusive so far",
        "inconclusive",
    )


@pytest.mark.parametrize(
    ("said", "wording", "tone"),
    [
        (
            {"verdict": "pass", "line": "at today's rate this gate needs 5 min", "value": 300.0},
            "at today's rate this gate needs 5 min",
            Tone.DIM,
        ),
        (
            {"verdict": "fail", "line": "needs 52 min, longer than its soak", "value": 3120.0},
            "needs 52 min, longer than its soak",
            Tone.WRONG,
        ),
        ({"verdict": "fail", "line": "as things are this gate does not pass"}, "as things are this", Tone.WRONG),
        ({"verdict": "unknown", "line": "no baseline was captured"}, "no forecast: no baseline was", Tone.DIM),
    ],
)
def test_before_the_soak_a_row_says_plainly_that_it_will_not_do(
    deployment: Deployment, said: dict[str, object], wording: str, tone: Tone
) -> None:
    deployment.standing("forecast", "cpu-gate", limit=1800.0, **said)
    gate = deployment.run.plan.items["cpu-gate"]

    fact = box_fact(gate, snapshot(deployment))

    assert fact.wordings[0].startswith(wording)
    assert fact.tone is tone
    if said.get("value") == 3120.0:
        assert fact.wordings[1:] == ("needs 52 min, soak 30 min", "needs 52 min")
    deployment.ask(ask.Tick("watch"))
    assert box_fact(gate, snapshot(deployment)).wordings == ("",), "once it counts the forecast is over"


async def test_the_detail_of_a_phase_says_what_its_gates_are_going_to_need(deployment: Deployment) -> None:
    deployment.standing("forecast", "cpu-gate", verdict="pass", line="needs 5 min", value=300.0, limit=1800.0)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("canary")
        await robot.sees("forecast  at today's rate its gates need at", "most 5 min of the soak")
        deployment.standing("forecast", "cpu-gate", verdict="fail", line="needs 52 min, longer", value=3120.0)
        await robot.sees("forecast  “CPU is normal”: needs 52 min,")


async def test_a_stale_metric_says_why_it_is_stale(deployment: Deployment) -> None:
    deployment.samples({"cpu": [30.0, 31.0, math.nan, 32.5]}, ago=0.0)
    deployment.standing("metric", "cpu", verdict="unknown", error="connection refused")
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("2")
        await robot.sees("connection refused   ", " s old")


async def test_starting_a_soak_that_is_too_short_warns_and_starts_it(deployment: Deployment) -> None:
    deployment.standing(
        "forecast", "cpu-gate", verdict="fail", line="needs 52 min, longer than its soak", value=3120.0, limit=1800.0
    )
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("watch")
        await robot.press("space")

        await robot.records(ev.SoakStarted("watch"))
        await robot.sees("the soak has started; “CPU is normal”: needs 52 min")


async def test_a_gate_that_regressed_before_the_go_says_so_and_cannot_be_ticked(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    passed(deployment)
    regressed(deployment)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("cpu-gate")

        await robot.sees(
            "99%, limit 80% · regressed",
            "says      regressed",
            "its final look had",
            "supervisor  saw that it has regress",
        )
        await robot.press("space")
        await robot.sees("has regressed since its final look")
        await robot.press("escape")
        await robot.press("d")
        await robot.sees("regressed       CPU is normal", "No Go yet: 1 box is open")


def test_after_the_go_it_is_shown_on_the_current_phase_and_as_an_alarm_until_the_next_decision(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    passed(deployment)
    deployment.ask(ask.Decide("canary", "go"), ago=60)
    regressed(deployment)

    shot = snapshot(deployment)
    box, phase = shot.plan.items["cpu-gate"], shot.plan.sections["canary"]

    assert box_fact(box, shot).wordings[-1] == "regressed"
    assert box_fact(box, shot).tone is Tone.WRONG
    assert section_fact(phase, shot).wordings[0] == "go · 1 gate regressed"
    assert any("CPU is normal · regressed" in alarm and "after the Go of Canary" in alarm for alarm in alarms(shot))
    assert verdicts_of(phase.items, shot) == {"cpu": Verdict.FAIL}
    deployment.ask(ask.Decide("canary", "no-go", "the CPU"))
    assert not any("regressed" in alarm for alarm in alarms(snapshot(deployment)))


async def test_each_metric_beside_its_phase_has_its_verdict_in_words(deployment: Deployment) -> None:
    deployment.tick("canary/deploy", ago=120)
    deployment.ask(ask.Tick("watch"), ago=100)
    deployment.samples({"cpu": [31.0] * 100})
    deployment.standing("gate", "cpu-gate", verdict="inconclusive", line="31%, limit 80%")
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.sees("inconcl.")
        deployment.standing("gate", "cpu-gate", verdict="fail", line="31%, limit 80%")
        await robot.sees("FAIL")


def test_where_all_metrics_have_room_only_a_failing_one_changes_its_place(tmp_path: Path) -> None:
    metrics = "".join(f'[metrics.m{n}]\ngauge = "host:cpu_percent"\n' for n in range(4))
    gates = ", ".join(f'{{ text = "G{n}", id = "g{n}", gate = "m{n} < 1%" }}' for n in range(4))
    plan = (
        PLAN.replace("[metrics.cpu]", f"{metrics}[metrics.cpu]")
        .replace('metrics = ["cpu"]', 'metrics = ["m0", "m1", "m2", "m3"]')
        .replace(GATE, gates)
    )
    deployment = Deployment(tmp_path, plan, began=600)
    deployment.ask(ask.Tick("watch"), ago=100)
    for number, verdict in enumerate(("pass", "inconclusive", "pass", "fail")):
        deployment.standing("gate", f"g{number}", verdict=verdict, line="x")
    deployment.samples({f"m{number}": [1.0] * 4 for number in range(4)})
    shot = snapshot(deployment)
    section = shot.plan.sections["canary"]

    assert [metric.id for metric in beside.ordered(section, shot, 4)] == ["m3", "m0", "m1", "m2"]
    assert [metric.id for metric in beside.ordered(section, shot, 2)] == ["m3", "m1", "m0", "m2"]
    slots = [
        beside.slot(shot.plan.metrics["m0"], verdict, shot, UNICODE, palette(exact=False, colourless=False))
        for verdict in (None, *Verdict)
    ]
    assert {sum(len(text) for text, _ in slot) for slot in slots} == {beside.SLOT}


async def test_the_metrics_view_draws_the_baseline_and_the_limit_that_is_made_of_it(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=2400)
    deployment.samples({"cpu": [30.0 + n % 3 for n in range(400)]})
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("2")
        await robot.sees("CPU")
        await robot.press("b")
        await robot.sees("Capture the baseline", "400 of 400 samples, enough")
        await robot.press("backspace", "backspace", "backspace")
        await robot.types("2m")
        await robot.sees("120 of 120 samples, enough, 31%")
        await robot.press("enter")
        await robot.until(lambda: robot.facts(ev.BaselineCaptured), "the capture")

        await robot.sees("limit 34.1%", "baseline 31%, captured", "by ana, 120 samples")
        await robot.sees("┈", "┄", " limit", " baseline, ")


async def test_capturing_again_asks_and_says_how_often_it_was_captured(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=2400)
    deployment.samples({"cpu": [30.0 + n % 3 for n in range(400)]})
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.press("2", "b")
        await robot.sees("samples, enough")
        await robot.press("enter")
        await robot.until(lambda: len(robot.facts(ev.BaselineCaptured)) == 1, "the capture")
        await robot.press("b")
        await robot.sees("samples, enough", "now: ")
        await robot.press("enter")
        await robot.sees("Replace the baseline?", "It was captured once before")
        await robot.press("escape")
        assert len(robot.facts(ev.BaselineCaptured)) == 1
        await robot.press("b")
        await robot.sees("samples, enough")
        await robot.press("enter")
        await robot.sees("Replace the baseline?")
        await robot.press("y")
        await robot.until(lambda: len(robot.facts(ev.BaselineCaptured)) == 2, "the second capture")

        second = robot.facts(ev.BaselineCaptured)[1]
        assert isinstance(second, ev.BaselineCaptured)
        assert second.replaces
        await robot.sees("captured (2 times) ")


async def test_too_few_samples_are_said_before_and_nothing_measured_captures_nothing(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=2400)
    deployment.ask(ask.Tick("watch"), ago=100)
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.press("2", "b")
        await robot.sees("0 of ", "60 are needed", "“Watch it” is counting")
        await robot.press("enter")
        await robot.sees("nothing was measured of these in that window")
        await robot.press("backspace", "backspace", "backspace", "x")
        await robot.sees("a duration is wanted")
        await robot.press("enter")
        await robot.sees("is not a duration")
        await robot.press("escape")
        assert robot.facts(ev.BaselineCaptured) == []


def test_samples_that_were_filled_in_are_seen_and_counted(deployment: Deployment) -> None:
    reader = Reader(deployment.run)
    now = clock.now().plus(100)
    newest = deployment.run.state.clock.at(now) // 10**9 * 10**9
    with closing(SampleWriter(deployment.run.folder)) as writer:
        writer.add([Sample("cpu", newest - n * 10**9, now.wall, 30.0) for n in range(10, 20)])
        writer.add([Sample("cpu", newest, now.wall, 30.0)])
        assert reader.read(now).series["cpu"].values.count(None) == 9
        writer.add([Sample("cpu", newest - n * 10**9, now.wall, 31.0, backfilled=True) for n in range(1, 10)])
    reader._again_ns = -(10**12)
    series = reader.read(now).series["cpu"]
    reader.close()

    assert series.values.count(None) == 0
    assert series.backfilled == 9


async def test_the_decision_says_what_an_undecided_gate_needs(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"), BO, ago=100)
    deployment.standing(
        "gate", "cpu-gate", verdict="inconclusive", line="1 in 4,980", needs="1,065 more requests, ~9 min"
    )
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.go_to("go")
        await robot.press("d")

        await robot.sees("inconclusive    CPU is normal", "needs 1,065 more")
