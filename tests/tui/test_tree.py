"""The tree is drawn where it changes, whatever its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core.rows import Row
from qudag_tui.tui.widgets.tree import Tree
from tests.tui.deployment import BO, Deployment
from tests.tui.robot import SMALL, at_the_screen

MANY = 20_000


def plan_of(count: int) -> str:
    items = "\n".join(f'  "Item number {number}",' for number in range(count))
    return f'title = "Many"\n[[checklists]]\ntitle = "List"\n[[checklists.sections]]\ntitle = "Section"\nitems = [\n{items}\n]\n'


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    drawn: list[str] = []
    draw = Tree._draw_row

    def counted(self: Tree, row: Row, *rest: object) -> object:
        drawn.append(row.key)
        return draw(self, row, *rest)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(Tree, "_draw_row", counted)
    return drawn


async def test_a_cursor_key_draws_the_row_that_it_comes_to_and_no_other(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.go_to("before/freeze-the-code")
        drawn = counting(monkeypatch)
        robot.checklists.act_down()

        assert drawn == ["before/tell-the-team"]


async def test_at_an_edge_it_scrolls_by_more_than_a_row(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, plan_of(100))
    async with at_the_screen(deployment, SMALL) as robot:
        tree = robot.checklists.tree_view
        bottom = tree.top + tree.size.height - 1
        tree.move_to(bottom)
        assert tree.top == 0
        tree.move(1)

        assert tree.top == 1 + tree.size.height // 3
        assert tree.cursor == bottom + 1


async def test_a_tree_of_many_rows_opens_moves_and_searches(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, plan_of(MANY))
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.sees("Item number 0", f"0/{MANY}")
        await robot.press("G")
        await robot.sees(f"Item number {MANY - 1}")
        assert robot.checklists.tree_view.search("number 12345")[0] == 1
        await robot.sees("Item number 12345")


async def test_what_is_current_is_unfolded_when_it_moves_on_and_the_cursor_stays(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        assert "▸ Canary" in robot.text()
        deployment.tick("before/freeze-the-code", "before/tell-the-team", actor=BO)

        await robot.sees("▌ [ ] Deploy")
        row = robot.checklists.row
        assert row is not None
        assert row.key == "before/freeze-the-code"
