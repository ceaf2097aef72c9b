"""What is old, or only so far, is told in words wherever it stands."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.core import intent as ask
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.theme import palette
from qudag_tui.tui.verdicts import verdict_of, verdicts_of
from qudag_tui.tui.widgets import beside
from qudag_tui.tui.widgets.banner import alarms
from qudag_tui.tui.widgets.header import Header
from tests.tui.deployment import BO, Deployment
from tests.tui.robot import SMALL, at_the_screen
from tests.tui.test_gates import passed, snapshot, with_standings


def test_a_metric_that_is_not_measured_now_is_no_pass_on_the_screen(tmp_path: Path) -> None:
    """Its gate passed, then its source died: what is old is told in words, not by its colour alone."""
    deployment = Deployment(tmp_path, began=2400)
    passed(deployment)
    deployment.samples({"cpu": [31.0] * 10}, ago=60.0)
    shot = snapshot(deployment)
    said = verdicts_of(shot.plan.gates, shot)
    verdict = verdict_of("cpu", said, shot)
    colours = palette(exact=False, colourless=False)
    drawn = beside.slot(shot.plan.metrics["cpu"], verdict, shot, UNICODE, colours)

    assert said == {"cpu": Verdict.PASS}
    assert verdict is Verdict.UNKNOWN
    assert drawn[1][0].strip() == "unknown"
    deployment.samples({"cpu": [31.0] * 10})
    assert verdict_of("cpu", said, snapshot(deployment)) is Verdict.PASS
    gone = with_standings(snapshot(deployment), supervised=False)
    assert verdict_of("cpu", said, gone) is Verdict.UNKNOWN
    assert verdict_of("cpu", {"cpu": Verdict.FAIL}, gone) is Verdict.FAIL


async def test_the_decision_does_not_call_a_pass_so_far_a_pass(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=600)
    deployment.ask(ask.Tick("watch"), BO, ago=100)
    deployment.samples({"cpu": [31.0] * 100})
    deployment.standing("gate", "cpu-gate", verdict="pass", line="31%, limit 80%")
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.go_to("go")
        await robot.press("d")

        await robot.sees("pass so far", "   CPU is normal")


def test_what_a_trigger_said_before_its_supervisor_went_is_no_alarm_of_now(deployment: Deployment) -> None:
    deployment.standing("trigger", "hot", verdict="fail", line="97%, limit 95%")
    shot = snapshot(deployment)
    assert any("97%, limit 95%" in alarm for alarm in alarms(shot))

    for changed in ({"supervised": False}, {"trouble": "nothing was stored for 5 min"}):
        later = with_standings(shot, **changed)
        assert not any("97%, limit 95%" in alarm for alarm in alarms(later))


def test_the_heading_says_that_nothing_is_stored_however_many_alarms_stand_below(deployment: Deployment) -> None:
    shot = snapshot(deployment)
    header = Header(UNICODE, palette(exact=False, colourless=False), Where.CHECKLISTS)

    def heading(trouble: str) -> str:
        header.shot = with_standings(shot, trouble=trouble)
        return "".join(text for line in header.draw(100, 2) for text, _ in line)

    assert "supervised" in heading("")
    assert "nothing is stored" in heading("the supervisor has stored nothing for 5 min")
    assert "supervised" not in heading("the supervisor has stored nothing for 5 min")
