"""Small terminals lose panes, never the program; ASCII means ASCII."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.deployment import SHIPPED, Deployment
from tests.tui.robot import at_the_screen

EVERY_VIEW = ("2", "3", "4", "1", "j", "d", "escape", "question_mark", "escape", "q", "escape", "R", "escape")


@pytest.mark.parametrize("size", [(80, 23), (60, 15), (40, 10), (20, 5), (10, 3), (1, 1), (200, 60)])
async def test_no_size_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    async with at_the_screen(deployment, size) as robot:
        for key in EVERY_VIEW:
            await robot.press(key)
        await robot.pilot.pause()

        assert robot.app.is_running


async def test_80_by_23_is_a_full_layout(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    async with at_the_screen(deployment, (80, 23)) as robot:
        await robot.sees("● supervised")
        lines = robot.lines()

    assert lines[0].startswith(" QuDAG Optimization Deployment  v2.1.0 ")
    assert lines[0].endswith("UTC  ana")
    assert lines[1].startswith(" 1 Checklists  2 Metrics  3 Rollback  4 Timeline ")
    assert lines[1].endswith("9/86  ● supervised")
    assert lines[2] == "▾ Pre-Deployment Checklist                                     9 claimed   9/26"
    assert lines[-1] == " space tick  - n/a  > defer  d decide  R roll back  u undo  / search  ? help"


async def test_the_detail_stands_beside_the_tree_from_110_columns(deployment: Deployment) -> None:
    async with at_the_screen(deployment, (110, 30)) as robot:
        await robot.sees("│ Freeze the code")
    async with at_the_screen(deployment, (109, 30)) as robot:
        assert "│" not in robot.text()


async def test_the_layout_follows_a_resize(deployment: Deployment) -> None:
    async with at_the_screen(deployment, (80, 24)) as robot:
        await robot.pilot.resize_terminal(120, 36)
        await robot.sees("│ Freeze the code")
        await robot.pilot.resize_terminal(30, 8)

        await robot.until(lambda: "│" not in robot.text())
        assert "Freeze the code" in robot.text()


async def test_ascii_draws_nothing_else(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    deployment.samples({"cpu": [30.0, 31.0]})
    async with at_the_screen(deployment, (120, 36), ascii=True) as robot:
        seen = robot.text()
        for key in ("2", "3", "4", "1", "d", "escape", "c", "escape", "slash"):
            await robot.press(key)
            await robot.pilot.pause()
            seen += robot.text()

    assert [character for character in seen if not character.isascii()] == []
    assert "+ Communication Checklist" in seen
