"""Text from outside is shown, never interpreted, and never the end of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from tests.tui.deployment import BO, Deployment
from tests.tui.robot import SMALL, WIDE, at_the_screen

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m c1",
    "[/etc/x] [link=x] [bold",
    "\u202eright to left",
    "wide 漢字 and e\u0301 combining",
    "\u26a0\ufe0f 1\ufe0f\u20e3 emoji",
    "tab\tand\nnewline",
    "x" * 400,
]


def plan_with(texts: list[str]) -> str:
    items = ",\n".join(json.dumps(text, ensure_ascii=True) for text in texts)
    title = json.dumps(texts[0])
    return f"""
title = {title}
notes = [{json.dumps(texts[3])}]
[metrics.cpu]
title = {title}
gauge = "host:cpu_percent"
[[checklists]]
title = {title}
[[checklists.sections]]
id = "one"
title = {title}
traffic = "10%"
metrics = ["cpu"]
items = [
{items}
]
[[triggers]]
text = {title}
[[procedures.rollback.steps]]
id = "step"
text = {title}
"""


def controls(text: str) -> set[str]:
    return {c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\ufe0f"}


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_hostile_labels_are_harmless_in_every_view(tmp_path: Path, size: tuple[int, int]) -> None:
    deployment = Deployment(tmp_path, plan_with(HOSTILE))
    first = next(iter(deployment.run.plan.items))
    deployment.ask(ask.AddComment(first, HOSTILE[0] + HOSTILE[3]), BO)
    deployment.ask(ask.MarkNotApplicable(first, HOSTILE[1]), ev.Actor(HOSTILE[0][:12]))
    deployment.ask(ask.Execute("rollback", HOSTILE[0]), BO)
    async with at_the_screen(deployment, size) as robot:
        seen = robot.text()
        for key in ("j", "j", "2", "3", "4", "1", "c", "escape", "q", "escape", "greater_than_sign", "escape"):
            await robot.press(key)
            await robot.pilot.pause()
            seen += robot.text()

    assert controls(seen) == set()
    assert "␛[31mred" in seen
    assert "[/etc/x]" in seen


async def test_the_cells_of_wide_and_combining_characters_add_up(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, plan_with(HOSTILE))
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.sees("漢字")

        assert {cell_len(line) <= 80 for line in robot.lines()} == {True}


async def test_hostile_texts_are_harmless_in_the_dialogs_about_steps(tmp_path: Path) -> None:
    hostile = json.dumps(HOSTILE[0] + HOSTILE[2])
    steps = f"""
[[procedures.rollback.steps]]
id = "alert"
text = {hostile}
[[procedures.rollback.steps]]
id = "code"
text = {hostile}
run = ["printf", {hostile}]
undo = ["printf", {hostile}]
confirm = true
[procedures.drain]
title = {hostile}
[[procedures.drain.steps]]
id = "drain-it"
text = {hostile}
"""
    deployment = Deployment(tmp_path, plan_with(HOSTILE).partition("[[procedures")[0] + steps)
    request = deployment.ask(ask.Execute("rollback"), BO).seq
    deployment.record(ev.RequestClaimed(request))
    async with at_the_screen(deployment, WIDE) as robot:
        seen = ""
        for keys in (["3", "m"], ["k"], ["v"], ["e"], ["e", "1"], ["a"]):
            await robot.press(*keys)
            await robot.pilot.pause(0.1)
            seen += robot.text()
            await robot.press("escape")
        deployment.ask(ask.MarkStep("alert", "passed"))
        await robot.sees("w confirms that it starts")
        for key in ("w", "t", "U"):
            await robot.press(key)
            await robot.pilot.pause(0.1)
            seen += robot.text()
            await robot.press("escape")

    assert controls(seen) == set()
    assert seen.count("␛[31mred") >= 9
