"""What is shown where something cannot be told, is too old, or only waits for somebody: in words, and whole."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.requirement import Requirement, plain
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.facts import box_fact
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.theme import palette
from qudag_tui.tui.widgets import beside
from qudag_tui.tui.widgets.banner import alarms
from qudag_tui.tui.widgets.event_list import EventList
from tests.tui.deployment import SMALL as PLAN
from tests.tui.deployment import Deployment
from tests.tui.robot import SMALL, WIDE, at_the_screen
from tests.tui.test_gates import COMPARED, asked, passed, snapshot, with_standings


def test_a_row_says_why_its_gate_cannot_be_told_where_the_whole_line_does_not_fit(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    deployment.ask(ask.Tick("watch"), ago=100)
    line = "31%, limit 80% · 18 of 46 slots missing, connection refused, 9 s old"
    deployment.standing("gate", "cpu-gate", verdict="unknown", line=line, needs="314 more slots without a gap")
    deployment.standing("metric", "cpu", verdict="unknown", error="connection refused")
    gate, shot = deployment.run.plan.items["cpu-gate"], snapshot(deployment)

    assert box_fact(gate, shot).wordings == (
        f"unknown: {line}",
        "unknown: 18 of 46 slots missing, connection refused",
        "unknown: connection refused",
        "unknown: 18 of 46 slots missing",
        "unknown: needs 314 more slots without a gap",
        "unknown",
    )
    unlooked = with_standings(shot, supervised=False)
    assert box_fact(gate, unlooked).wordings[1:] == (
        "unknown: no supervisor looks",
        "unknown: needs a supervisor",
        "unknown",
    )


def test_a_row_leaves_out_the_counts_before_it_leaves_out_value_and_limit(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    deployment.ask(ask.Tick("watch"), ago=100)
    deployment.standing("gate", "cpu-gate", verdict="fail", line="2.87% (500 in 17,400), limit 0.05% · at least 2.63%")

    wordings = box_fact(deployment.run.plan.items["cpu-gate"], snapshot(deployment)).wordings

    assert wordings[1:4] == (
        "2.87% (500 in 17,400), limit 0.05% · fail so far",
        "2.87%, limit 0.05% · fail so far",
        "fail so far",
    )


def test_a_soak_that_has_just_begun_again_shows_nothing_of_the_one_before(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    former = deployment.ask(ask.Tick("watch"), ago=100).seq
    deployment.standing("gate", "cpu-gate", verdict="pass", line="31%, limit 80%", soak=former)
    gate = deployment.run.plan.items["cpu-gate"]
    assert box_fact(gate, snapshot(deployment)).wordings[0] == "31%, limit 80% · pass so far"

    deployment.ask(ask.Untick("watch"), ago=50)
    deployment.ask(ask.Tick("watch"))

    shot = snapshot(deployment)
    assert shot.standings.said(gate, shot.state) is None


def test_what_a_finished_soak_was_missing_is_needed_of_another_soak(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    soak = deployment.ask(ask.Tick("watch"), ago=1900).seq
    line = "31%, limit 80% · 20 of 71 slots missing, 0 s old"
    asked_for = Requirement("cpu < 80%", Verdict.UNKNOWN, line, "329 more slots without a gap, ~2 min")
    judged = ev.GateJudged("cpu-gate", soak, "unknown", line, evidence={"requirements": plain((asked_for,))})
    deployment.record(judged, ago=90)
    deployment.record(ev.SoakCompleted("watch", soak, 1800.0), ago=89)
    gate, shot = deployment.run.plan.items["cpu-gate"], snapshot(deployment)

    said = shot.standings.said(gate, shot.state)

    assert said is not None
    assert said.needs == "another soak; this one still needed 329 more slots without a gap, ~2 min"
    assert box_fact(gate, shot).wordings[1] == "20 of 71 slots missing · final unknown"


def test_a_label_of_six_cells_is_shown_whole(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAN.replace('short = "cpu"', 'short = "allcpu"'), began=600)
    deployment.samples({"cpu": [31.0] * 20})
    shot, colours = snapshot(deployment), palette(exact=False, colourless=False)

    slot = "".join(text for text, _ in beside.slot(shot.plan.metrics["cpu"], None, shot, UNICODE, colours))

    assert slot.startswith("allcpu ")


async def test_the_decision_says_which_gates_passed_and_only_wait_for_their_tick(tmp_path: Path) -> None:
    more = ", ".join(f'"Step {n}"' for n in range(8))
    deployment = Deployment(tmp_path, PLAN.replace('  "Deploy",', f'  "Deploy", {more},'), began=2400)
    passed(deployment)
    deployment.ask(ask.Untick("cpu-gate"))
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("go")
        await robot.press("d")

        await robot.sees(
            "pass, unticked  CPU is normal", "No Go yet: 9 boxes are open", "1 gate has passed and waits for a tick"
        )
        await robot.sees("Step 5", "and 2 more")


async def test_alarms_that_have_no_room_are_counted(tmp_path: Path) -> None:
    plan = PLAN
    for n in range(4):
        plan = plan.replace("[[procedures", f'[[triggers]]\ntext = "Trouble {n}"\nid = "t{n}"\n\n[[procedures', 1)
    deployment = Deployment(tmp_path, plan, began=600)
    deployment.tick("hot", "unhappy", "t0", "t1", "t2", "t3")
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.sees("CPU is hot", "Somebody is unhappy")

        assert robot.line("Trouble 0").endswith(" · 3 more")


async def test_a_refusal_that_the_last_line_would_cut_is_said_in_a_dialog(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    deployment.tick("canary/deploy", ago=2000)
    soak = deployment.ask(ask.Tick("watch"), ago=1900).seq
    deployment.record(ev.GateJudged("cpu-gate", soak, "fail", "99%, limit 80% · 20 of 180 slots beyond it"), ago=90)
    deployment.record(ev.SoakCompleted("watch", soak, 1800.0), ago=89)
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.go_to("cpu-gate")
        await robot.press("space")

        await robot.sees("Not possible now", "Only a pass can be ticked", "mark it not applicable")
        await robot.press("enter")
        await robot.until(lambda: "Not possible now" not in robot.text())


async def test_the_warning_of_a_capture_during_a_soak_is_said_whole(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=600)
    asked(deployment)
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.press("2", "b")

        await robot.sees("is counting: its gates cannot be compared with a baseline", "captured now", "how far back")


async def test_the_details_in_a_dialog_follow_what_the_gate_says_while_they_are_open(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=600)
    deployment.ask(ask.Tick("watch"), ago=100)
    deployment.standing("gate", "cpu-gate", verdict="pass", line="31%, limit 80% · 12 slots, 0 s old")
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.go_to("cpu-gate")
        await robot.press("i")
        await robot.sees("pass so far", "enter close")

        deployment.standing("gate", "cpu-gate", verdict="fail", line="99%, limit 80% · 20 of 60 slots beyond it")

        await robot.sees("fail so far", "99%, limit 80% · 20 of 60 slots", "enter close")


def test_of_several_comparisons_a_row_and_an_alarm_show_the_one_that_fails(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, COMPARED, began=2400)
    passed(deployment)
    deployment.ask(ask.Decide("canary", "go"))
    requirements = (
        Requirement("cpu < baseline + 10%", Verdict.PASS, "31%, limit 33% · +2%"),
        Requirement("cpu < 80%", Verdict.FAIL, "99%, limit 80% · 20 of 60 slots beyond it"),
    )
    line = "CPU 31%, limit 33% · +2%; CPU 99%, limit 80% · 20 of 60 slots beyond it"
    look = deployment.run.state.looks["cpu-gate"].seq
    evidence = {"requirements": plain(requirements)}
    deployment.record(ev.GateRegressed("cpu-gate", look, line, 99.0, 80.0, evidence=evidence), ago=20)
    shot = snapshot(deployment)

    assert [alarm.split(" · ", 2)[2] for alarm in alarms(shot)] == ["CPU 99%, limit 80% · 20 of 60 slots beyond it"]

    deployment.ask(ask.Untick("cpu-gate"))
    assert box_fact(deployment.run.plan.items["cpu-gate"], snapshot(deployment)).wordings[:2] == (
        f"{line} · regressed",
        "CPU 99%, limit 80% · regressed",
    )


def test_what_fails_regresses_or_fires_is_as_red_in_the_timeline_as_what_is_unknown(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=2400)
    soak = deployment.ask(ask.Tick("watch"), ago=1900).seq
    deployment.record(ev.GateJudged("cpu-gate", soak, "fail", "99%, limit 80%"), ago=90)
    deployment.record(ev.SoakCompleted("watch", soak, 1800.0), ago=89)
    deployment.record(ev.TriggerBreached("hot", "99%, limit 95%"), ago=80)
    colours = palette(exact=False, colourless=False)
    timeline = EventList(UNICODE, colours)
    timeline.shot = snapshot(deployment)

    rows = {text: style for n in range(timeline.count()) for text, style in timeline.draw_row(n, 120)[-1:]}

    assert {text.split()[0]: style == colours.wrong for text, style in rows.items()} == {
        "opened": False,
        "started": False,
        "final": True,
        "“Watch": False,
        "saw": True,
    }
