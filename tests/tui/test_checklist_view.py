"""The main screen: what the keys do, and how it looks then."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.run.actor import this_actor
from tests.tui.deployment import BO, SHIPPED, Deployment
from tests.tui.robot import SMALL, WIDE, at_the_screen

SIZES = pytest.mark.parametrize("size", [SMALL, WIDE])
FREEZE, TELL, BACK_UP = "before/freeze-the-code", "before/tell-the-team", "before/back-up"


@SIZES
async def test_space_ticks_the_box_and_says_who_and_when(deployment: Deployment, size: tuple[int, int]) -> None:
    async with at_the_screen(deployment, size) as robot:
        await robot.press("space")

        await robot.records(ev.ItemTicked(FREEZE))
        await robot.sees("[✔] Freeze the code")
        assert "ana " in robot.line("[✔] Freeze")


async def test_space_on_my_own_tick_takes_it_back(deployment: Deployment) -> None:
    deployment.tick(FREEZE)
    async with at_the_screen(deployment) as robot:
        await robot.go_to(FREEZE)
        await robot.press("space")

        await robot.records(ev.ItemUnticked(FREEZE))
        await robot.sees("[ ] Freeze the code")


async def test_reopening_what_somebody_else_ticked_asks_first(deployment: Deployment) -> None:
    deployment.tick(FREEZE, actor=BO)
    async with at_the_screen(deployment) as robot:
        await robot.go_to(FREEZE)
        await robot.press("space")
        await robot.sees("Reopen “Freeze the code”?", "It is done, bo")

        await robot.press("escape")
        assert robot.facts(ev.ItemUnticked) == []
        await robot.press("space")
        await robot.sees("Reopen")
        await robot.press("y")

        await robot.records(ev.ItemUnticked(FREEZE))


async def test_browsing_never_moves_the_current_mark_and_ticking_does(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        assert "▌ [ ] Freeze the code" in robot.text()
        await robot.press("j", "j")
        assert "▌ [ ] Freeze the code" in robot.text()

        await robot.press("full_stop", "space")

        await robot.sees("▌ [ ] Tell the team")


async def test_a_claimed_box_is_confirmed_by_a_tick(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        assert "claimed" in robot.line("[~] Back up")
        await robot.go_to(BACK_UP)
        await robot.press("space")

        await robot.sees("[✔] Back up")


async def test_not_applicable_asks_why_and_an_empty_reason_records_nothing(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("minus")
        await robot.sees("Not applicable in this run")
        await robot.press("enter")
        await robot.sees("say why nobody needs to do it")

        await robot.types("no code here")
        await robot.press("enter")

        await robot.records(ev.ItemMarkedNotApplicable(FREEZE, "no code here"))
        await robot.sees("[-] Freeze the code")
        assert "not applicable" in robot.line("[-] Freeze")


async def test_deferring_asks_where_and_why_and_repeats_the_box_there(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("greater_than_sign")
        await robot.sees("Defer “Freeze the code” to", "Canary", "After")
        await robot.press("down")
        await robot.types("tomorrow")
        await robot.press("enter")

        await robot.records(ev.ItemDeferred(FREEZE, "after", "tomorrow"))
        await robot.go_to("after")
        await robot.press("right")
        await robot.sees("deferred from Before by ana")
        await robot.press("down", "down", "down", "i")
        await robot.sees("tomorrow", "enter close")


async def test_overriding_a_box_and_opening_a_locked_phase_ask_why(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("exclamation_mark")
        await robot.types("ordered")
        await robot.press("enter")

        await robot.records(ev.ItemOverridden(FREEZE, "ordered"))
        await robot.sees("[!] Freeze the code")


async def test_a_comment_is_shown_in_the_detail(deployment: Deployment) -> None:
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("c")
        await robot.types("as agreed")
        await robot.press("enter")

        await robot.records(ev.ItemCommented(FREEZE, "as agreed"))
        await robot.sees("“as agreed”")


async def test_undo_takes_back_my_own_last_tick(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("space")
        await robot.sees("[✔] Freeze the code")
        await robot.press("u")

        await robot.sees("[ ] Freeze the code")
        assert len(robot.facts(ev.EventUndone)) == 1


async def test_a_refusal_is_said_in_the_footer(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("u")

        await robot.sees("there is nothing of ana's to undo")


async def test_out_of_order_asks_first(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.go_to("after/second")
        await robot.press("space")
        await robot.sees("“First” comes first and is open")
        await robot.press("y")

        await robot.records(ev.ItemTicked("after/second"))


async def test_a_soak_counts_what_was_observed(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"), ago=0)
    async with at_the_screen(deployment) as robot:
        await robot.go_to("watch")
        await robot.sees("00:00 of 30:00 observed", "soaking")


async def test_a_gate_shows_its_line_and_its_verdict_so_far(deployment: Deployment) -> None:
    deployment.ask(ask.Tick("watch"))
    deployment.standing("gate", "cpu-gate", verdict="pass", line="31%, limit 80% · 12 slots", value=31.0, limit=80.0)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.go_to("cpu-gate")

        await robot.sees("says      pass so far", "pass          cpu < 80%", "  31%, limit 80% · 12 slots")
        await robot.sees("needs     30:00 more of the soak, then a", "condition cpu < 80%")


async def test_a_go_needs_all_boxes_settled_and_a_no_go_needs_a_reason(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.go_to("go")
        await robot.press("d")
        await robot.sees("Canary   Go or No-Go", "No Go yet: 3 boxes are open", "recorded as ana")
        await robot.press("g")
        await robot.sees("3 boxes are open: this phase cannot be go yet")

        await robot.press("n")
        await robot.sees("No-Go for Canary")
        await robot.types("errors")
        await robot.press("enter")

        await robot.records(ev.PhaseDecided("canary", "no-go", "errors"))
        await robot.sees("held")


async def test_a_signature_names_the_role(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.go_to("qa")
        await robot.press("s")
        await robot.sees("Sign as QA Lead", "Recorded as ana, login deploy")
        await robot.types("ok")
        await robot.press("enter")

        await robot.records(ev.SignedOff("qa", "QA Lead", "ok"))
        await robot.sees("signed")


async def test_what_others_tick_appears_without_a_key(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        deployment.tick(TELL, actor=BO)

        await robot.until(lambda: "bo " in robot.line("[✔] Tell the team"))


async def test_search_goes_to_folded_rows_and_n_goes_on(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("slash")
        await robot.types("second")
        await robot.sees("second")
        await robot.press("enter")
        await robot.sees("“second”: 1 of 1")
        row = robot.checklists.row
        assert row is not None
        assert row.text == "Second"

        await robot.press("slash")
        await robot.types("the")
        await robot.press("enter", "n")
        row = robot.checklists.row
        assert row is not None
        assert row.text in {"Freeze the code", "Tell the team"}
        assert "of 3" in robot.text()


async def test_folding_hides_and_the_counts_stay(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.go_to("before")
        await robot.press("left")

        await robot.until(lambda: "Freeze the code" not in robot.text())
        assert robot.line("Before").endswith("1 claimed    1/3")
        await robot.press("enter")
        await robot.sees("Freeze the code")


async def test_the_phase_keys_jump_between_phases(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("right_square_bracket")
        row = robot.checklists.row
        assert row is not None
        assert row.key == "canary"
        await robot.press("G", "left_square_bracket")
        row = robot.checklists.row
        assert row is not None
        assert row.key == "canary"


async def test_the_shipped_file_counts_86_boxes_and_nine_claimed(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, SHIPPED)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.sees("9 of 86", "Deployment Day Checklist", "0/37", "9 claimed   9/26")


async def test_the_operator_can_be_switched_and_is_remembered(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("o")
        await robot.sees("Who is at the keyboard?")
        await robot.types("bo")
        await robot.press("enter")
        await robot.sees("what is recorded from here says bo")
        await robot.press("space")

        await robot.until(lambda: "bo " in robot.line("[✔] Freeze the code"))
        assert this_actor().by == "bo"


async def test_pausing_holds_the_tree_and_never_the_clock(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("p")
        await robot.sees("paused")
        clock = robot.lines()[0]
        deployment.tick(TELL, actor=BO)
        deployment.ask(ask.Tick("unhappy"), BO)

        await robot.sees("Somebody is unhappy · reported")
        await robot.until(lambda: robot.lines()[0] != clock, "another second")
        assert "[ ] Tell the team" in robot.text()
        await robot.press("p")
        await robot.sees("[✔] Tell the team")
