"""The screen and a checklist file that is edited while its run is open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.plan import trust
from qudag_tui.plan.file import read_plan
from qudag_tui.run import clock
from qudag_tui.run.adopting import candidate
from qudag_tui.tui.screens.adopt import AdoptDialog
from qudag_tui.tui.screens.recap import recap_lines
from qudag_tui.tui.screens.typed_start import TypedStart
from qudag_tui.tui.snapshot import first_snapshot
from tests.tui.deployment import ANA, BO, SMALL, Deployment
from tests.tui.robot import WIDE, Robot, at_the_screen

EDITED = SMALL.replace('"Freeze the code", "Tell the team"', '"Freeze the code", "Tell all the team"')
CHANGED = SMALL.replace("cpu < 80%", "cpu < 70%")
PLAIN = """\
title = "Plain"
[[checklists]]
title = "Day"
[[checklists.sections]]
id = "one"
title = "One"
items = ["Alpha", "Beta", "Gamma"]
[[checklists.sections]]
id = "two"
title = "Two"
items = ["Delta"]
"""


def path_of(deployment: Deployment) -> Path:
    return Path(deployment.run.state.file)


def save(deployment: Deployment, text: str, *, trusted: bool = False) -> None:
    path = path_of(deployment)
    path.write_text(text, encoding="utf-8")
    if trusted:
        trust.give(trust.review(read_plan(path), path), "ana", datetime.now(UTC))


def adopt(deployment: Deployment) -> ev.Event:
    """What another front end does."""
    found = candidate(deployment.run, path_of(deployment))
    deployment.run.keep_plan(found.data, found.plan)
    return deployment.ask(found.intent({}), BO)


async def open_dialog(robot: Robot) -> AdoptDialog:
    robot.app.act("adopt")
    await robot.until(lambda: isinstance(robot.app.screen, AdoptDialog), "the dialog")
    screen = robot.app.screen
    assert isinstance(screen, AdoptDialog)
    return screen


async def test_an_edited_file_is_said_calmly_and_nothing_follows_from_it(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        save(deployment, EDITED)
        await robot.sees("plan.toml was edited · : adopt shows the difference")
        assert "Tell all the team" not in robot.text()
        assert robot.facts(ev.PlanAdopted) == []

        save(deployment, "nonsense =")
        await robot.sees("plan.toml was edited and is broken (line 1): the run goes on with its own copy")
        save(deployment, SMALL)
        await robot.until(lambda: "plan.toml was" not in robot.text(), "the calm")


async def test_the_palette_has_it(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        save(deployment, EDITED)
        await robot.press("colon")
        await robot.types("adopt the")
        await robot.sees("adopt the checklist file as it is now")
        await robot.press("enter")
        await robot.sees("plan.toml was edited: go on with it as it is now?")


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_what_is_the_same_is_chosen_what_is_not_trusted_reviewed_and_then_it_is_adopted(
    deployment: Deployment, size: tuple[int, int]
) -> None:
    deployment.tick("before/tell-the-team")
    async with at_the_screen(deployment, size) as robot:
        save(deployment, EDITED)
        dialog = await open_dialog(robot)
        await robot.sees("Is it the same? 1 of 1 are.", "Tell the team", "is Tell all the team", "a review, adopt")
        await robot.press("space")
        await robot.sees("0 of 1 are.", "“Tell the team” (done, ana) is listed as gone.")
        await robot.press("space")
        assert dialog.same == {"before/tell-the-team": "before/tell-all-the-team"}
        await robot.press("a")
        await robot.until(lambda: isinstance(robot.app.screen, TypedStart), "the review")
        assert robot.facts(ev.PlanAdopted) == []
        review = robot.app.screen
        assert isinstance(review, TypedStart)
        await robot.types(review.code)
        await robot.until(lambda: robot.facts(ev.PlanAdopted), "the event")

        await robot.until(lambda: robot.app.shot is not None and robot.app.shot.plan is not deployment.run.plan)
        await robot.sees("Tell all the team")
        shot = robot.app.shot
        assert shot is not None
        assert str(shot.state.item_state(shot.plan.items["before/tell-all-the-team"])) == "done"
        assert [event.kind for event in robot.app.history.of("before/tell-all-the-team")] == ["item ticked"]


@pytest.mark.parametrize("way", ["escape", "the review is left"])
async def test_silence_adopts_nothing(deployment: Deployment, way: str) -> None:
    async with at_the_screen(deployment) as robot:
        save(deployment, EDITED)
        await open_dialog(robot)
        if way != "escape":
            await robot.press("a")
            await robot.until(lambda: isinstance(robot.app.screen, TypedStart), "the review")
        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        assert robot.facts(ev.PlanAdopted) == []


async def test_a_soak_that_starts_again_is_told_before_and_counts_anew_after(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"), ago=600)
    deployment.samples({"cpu": [20.0] * 600})
    async with at_the_screen(deployment, WIDE) as robot:
        save(deployment, CHANGED, trusted=True)
        await open_dialog(robot)
        await robot.sees(
            "The soak “Watch it” starts again: “CPU is normal”: its condition was", "changed: “CPU is normal”"
        )
        await robot.press("a")
        await robot.until(lambda: robot.facts(ev.PlanAdopted), "the event")
        await robot.go_to("watch")
        await robot.sees("because", "its condition was")
        assert robot.app.shot is not None
        assert robot.app.shot.state.soaks["watch"].seq == deployment.run.state.head_seq


async def test_everybody_at_the_run_goes_on_and_the_cursor_and_what_is_folded_stay(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    async with at_the_screen(deployment) as robot:
        tree = robot.checklists.tree_view
        await robot.go_to("one/beta")
        if "two" not in tree.folded:
            row = next(row for row in tree.rows if row.key == "two")
            tree.fold(row, folded=True)
        save(deployment, PLAIN.replace('"Alpha", ', '"Before it", "Alpha", "Also", '))
        adopt(deployment)
        await robot.sees("Before it", "Also")

        assert tree.row is not None
        assert tree.row.key == "one/beta"
        assert "two" in tree.folded
        save(deployment, PLAIN.replace(', "Beta"', ""))
        adopt(deployment)
        await robot.until(lambda: "Beta" not in robot.text())
        assert tree.row is not None
        await robot.press("down", "up", "space")
        await robot.press("4")
        await robot.sees("adopted plan.toml as it is now", "bo")


@pytest.mark.parametrize("view", ["2", "3", "4"])
async def test_no_view_minds_that_what_it_shows_is_gone(deployment: Deployment, view: str) -> None:
    deployment.samples({"cpu": [20.0] * 20})
    deployment.standing("gate", "cpu-gate", verdict="fail", line="too hot")
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press(view, "down", "down", "down")
        save(deployment, PLAIN)
        adopt(deployment)
        await robot.until(lambda: robot.app.shot is not None and robot.app.shot.plan.title == "Plain")
        await robot.press("down", "up", "end", "home", "1", view)
        await robot.sees("Plain", "v2.1.0")
        await robot.press("1", "down", "space")
        await robot.until(lambda: robot.facts(ev.ItemTicked), "a tick")


async def test_a_held_display_keeps_its_plan_and_its_keys_do_no_harm(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    deployment.tick("one/beta")
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("one/beta")
        await robot.press("p")
        save(deployment, PLAIN.replace(', "Beta"', ""))
        adopt(deployment)
        await robot.until(lambda: robot.app.shot is not None and len(robot.app.shot.state.adoptions) == 2)
        await robot.press("down", "up", "space", "c")
        await robot.sees("Beta")
        await robot.press("escape", "p")
        await robot.until(lambda: "Beta" not in robot.text())
        robot.app.act("removed")
        await robot.sees("No longer in the plan", "Beta", "done · ana")


async def test_who_looks_at_a_difference_that_is_none_any_more_looks_again(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    async with at_the_screen(deployment) as robot:
        save(deployment, PLAIN.replace('"Delta"', '"Delta", "Epsilon"'))
        await open_dialog(robot)
        adopt(deployment)
        await robot.until(lambda: robot.app.shot is not None and len(robot.app.shot.state.adoptions) == 2)
        await robot.press("a")
        await robot.sees("the run follows another plan by now: look at the difference again")
        assert len(robot.facts(ev.PlanAdopted)) == 1


async def test_a_broken_file_is_told_line_by_line_and_an_unchanged_one_is_nothing_to_adopt(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    async with at_the_screen(deployment) as robot:
        robot.app.act("adopt")
        await robot.sees("plan.toml is as the run follows it: there is nothing to adopt")
        save(deployment, PLAIN.replace('"Delta"', '"", ""'))
        robot.app.act("adopt")
        await robot.sees("plan.toml is broken: the run goes on with its own copy", "11:10: no id can be made")
        await robot.press("enter")
        path_of(deployment).unlink()
        robot.app.act("adopt")
        await robot.sees("plan.toml: No such file or directory")


def test_the_recap_tells_who_adopted_what(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    save(deployment, PLAIN.replace('"Delta"', '"Delta", "Epsilon"'))
    adopt(deployment)
    run = deployment.run
    shot = first_snapshot(run.plan, run.state, tuple(run.events), ANA, clock.now())

    (told,) = [said for name, said in recap_lines(shot, 1) if name == "happened"]
    assert "bo adopted plan.toml as it is now" in told
    assert told.endswith("boxes: 1 added")


async def test_nothing_is_offered_while_something_is_executed(deployment: Deployment) -> None:
    request = deployment.ask(ask.Execute("rollback"))
    deployment.record(ev.RequestClaimed(request.seq))
    async with at_the_screen(deployment, WIDE) as robot:
        save(deployment, EDITED)
        robot.app.act("adopt")
        await robot.sees("has not ended: abort it or see it through first")
        assert len(robot.app.screen_stack) == 1


async def test_many_pairs_leave_the_keys_in_sight_on_the_smallest_screen(tmp_path: Path) -> None:
    items = ", ".join(f'"Item number {number} of many"' for number in range(40))
    text = PLAIN.replace('"Alpha", "Beta", "Gamma"', items)
    deployment = Deployment(tmp_path, text)
    deployment.tick(*(item for item in deployment.run.plan.items if item.startswith("one/")))
    async with at_the_screen(deployment) as robot:
        save(deployment, text.replace("of many", "of very many"))
        await open_dialog(robot)
        await robot.sees(
            "under another id, and the same: 40", "40 of 40 are.", "esc not now", "a adopt", "Item number 0 of many"
        )
        await robot.press(*["down"] * 39, "space")
        await robot.sees("39 of 40 are.", "Item number 39 of very many", "esc not now")
        await robot.press("pagedown")
        await robot.press("a")
        await robot.until(lambda: robot.facts(ev.PlanAdopted), "the event")
        (fact,) = robot.facts(ev.PlanAdopted)
        assert isinstance(fact, ev.PlanAdopted)
        assert len(fact.same) == 39


async def test_hostile_text_in_the_new_file_is_harmless(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, PLAIN)
    deployment.tick("one/beta")
    async with at_the_screen(deployment) as robot:
        save(deployment, PLAIN.replace('"Beta"', '"Beta \\u001b]0;owned\\u0007 [/etc/x] \\u202e"'))
        await open_dialog(robot)
        await robot.sees("[/etc/x]")
        assert not set(robot.text()) & {"\x1b", "\x07", "\u202e"}
