"""The one sparkline that a folded phase has room for."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.core import intent as ask
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.theme import palette
from qudag_tui.tui.verdicts import verdict_of, verdicts_of
from qudag_tui.tui.widgets import beside
from tests.tui.deployment import SMALL as PLAN
from tests.tui.deployment import Deployment
from tests.tui.robot import SMALL, at_the_screen
from tests.tui.test_gates import snapshot

DEAD = PLAN.replace("[metrics.cpu]", '[metrics.dead]\ngauge = "host:load1"\n[metrics.cpu]').replace(
    'metrics = ["cpu"]', 'metrics = ["dead", "cpu"]'
)


def narrow(deployment: Deployment, section_id: str = "canary") -> str:
    shot = snapshot(deployment)
    section = shot.plan.sections[section_id]
    metric = beside.telling(section, shot)
    assert metric is not None
    verdict = verdict_of(metric.id, verdicts_of(section.items, shot), shot)
    text, _ = beside.narrow(metric, verdict, shot, UNICODE, palette(exact=False, colourless=False))
    assert len(text) == beside.NARROW
    return text.rstrip()


def test_it_is_the_worst_and_in_words_where_it_does_not_pass(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, DEAD, began=600)
    deployment.ask(ask.Tick("watch"), ago=100)
    deployment.samples({"cpu": [31.0] * 30})
    deployment.standing("gate", "cpu-gate", verdict="pass", line="31%")

    assert narrow(deployment) == "dead unknown"
    deployment.samples({"dead": [1.0] * 30})
    deployment.standing("gate", "cpu-gate", verdict="fail", line="31%")
    assert narrow(deployment).startswith("cpu  ")
    assert narrow(deployment).endswith("FAIL")


async def test_a_phase_with_a_long_title_has_it_on_its_row_once_it_is_folded(tmp_path: Path) -> None:
    # Slow enough that a loaded machine does not make its samples old.
    plan = PLAN.replace('"Canary"', '"Phase 3: Full Rollout (100%)"').replace('every = "1s"', 'every = "1m"')
    deployment = Deployment(tmp_path, plan, began=3600)
    deployment.samples({"cpu": [31.0] * 30})
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.sees("▸ Phase 3: Full Rollout (100%) cpu")
        row = next(line for line in robot.text().splitlines() if "Full Rollout" in line)
        assert " 31% " in row

        await robot.go_to("canary")
        await robot.press("right")
        await robot.until(lambda: "(100%) cpu" not in robot.text(), "its place below the row")
        await robot.sees("cpu")
