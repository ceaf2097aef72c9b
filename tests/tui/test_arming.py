"""A trigger that fires, and a run that is armed, as the screen tells of them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.observed import SUPERVISOR
from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.run.adopting import candidate
from qudag_tui.tui.alert import IDLE_SECONDS
from qudag_tui.tui.app import QudagApp
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.pace import Pace
from qudag_tui.tui.snapshot import Snapshot, first_snapshot
from qudag_tui.tui.theme import palette
from qudag_tui.tui.widgets.banner import alarms
from qudag_tui.tui.widgets.header import Header
from qudag_tui.tui.widgets.trigger_words import running_countdowns, why_offered_only
from tests.tui.deployment import ANA, BO, SMALL, Deployment
from tests.tui.robot import SMALL as SMALL_SIZE
from tests.tui.robot import WIDE, at_the_screen
from tests.tui.terminal import Terminal
from tests.tui.test_gates import with_standings

LINE = "99%, limit 95% · held for 1 min"
START = SMALL.replace('when = "cpu > 95%"', 'when = "cpu > 95%"\nthen = "start"\ncountdown = "10m"')


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rung."""
    rung: list[str] = []
    monkeypatch.setattr(QudagApp, "bell", lambda _: rung.append("bell"))
    return rung


def under_way(folder: Path, *, armed: bool = True) -> Deployment:
    """Phase 1 has begun, and the run is armed unless that is told."""
    deployment = Deployment(folder, START)
    deployment.tick("canary/deploy", ago=300)
    if armed:
        deployment.ask(ask.Arm("thin night shift"), BO, ago=200)
    return deployment


def breach(deployment: Deployment, *, ago: float = 0.0) -> None:
    deployment.record(ev.TriggerBreached("hot", LINE), ago=ago)


def rung(terminal: Terminal) -> int:
    """How often the bell was rung: what ends an operating system command is none."""
    return re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", bytes(terminal.output)).count(b"\x07")


async def test_a_run_is_armed_by_a_typed_code_and_disarmed_after_a_question(tmp_path: Path) -> None:
    deployment = under_way(tmp_path, armed=False)
    trust.revoke(deployment.folder.parents[1] / "plan.toml")
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("CPU is hot · A arms it", "Somebody is unhappy")
        assert robot.text().count("A arms it") == 1
        await robot.press("A")
        # Nobody has reviewed this file yet: that comes first.
        await robot.sees("Trust this file?")
        await robot.types(robot.code)
        await robot.sees("Arm the run", "CPU is hot: starts the rollback 10 min after it fires.", "to arm it:")
        await robot.press("tab")
        await robot.types("thin night shift")
        await robot.press("enter")
        await robot.types(robot.code)

        await robot.records(ev.RunArmed(("hot",), deployment.run.plan.sha256, "thin night shift"))
        await robot.sees("armed by ana", "CPU is hot · armed")
        for view in "124":
            await robot.press(view)
            await robot.sees("● armed by ana")
        await robot.press("3", "A")
        await robot.sees("Disarm the run?", "It was armed by ana: thin night shift.")
        await robot.press("y")
        await robot.records(ev.RunDisarmed())
        await robot.sees("● supervised")


async def test_a_plan_that_was_adopted_while_the_code_was_asked_for_is_not_armed(tmp_path: Path) -> None:
    deployment = under_way(tmp_path, armed=False)
    async with at_the_screen(deployment) as robot:
        await robot.press("3", "A")
        await robot.sees("Arm the run", "CPU is hot: starts the rollback 10 min after it fires.")
        path = tmp_path / "plan.toml"
        path.write_text(path.read_text().replace('countdown = "10m"', 'countdown = "1s"'))
        found = candidate(deployment.run, path)
        deployment.run.keep_plan(found.data, found.plan)
        deployment.ask(found.intent({}), BO)
        await robot.types(robot.code)

        await robot.sees("the run follows another plan by now")
        assert deployment.run.state.armed is None


async def test_arming_is_refused_with_the_reason_where_nothing_may_start(deployment: Deployment) -> None:
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("3", "A")
        await robot.sees("no trigger of the plan may start the rollback")


async def test_a_breach_in_an_armed_run_counts_down_on_every_view_until_somebody_stops_it(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    breach(deployment, ago=20)
    async with at_the_screen(deployment) as robot:
        for view in "1243":
            await robot.press(view)
            await robot.sees("ROLLBACK STARTS IN 09:", "█", "CPU is hot: 99%, limit 95%", "a in view 3 stops it")
        await robot.sees("ROLLBACK IN 9 min · a stops it", "starts in 9 min: “CPU is hot”")
        await robot.press("a")
        await robot.records(ev.CountdownStopped(("hot",)))
        await robot.until(lambda: "ROLLBACK STARTS" not in robot.text())
        await robot.sees("FIRED", "offered only: ana stopped the countdown")


async def test_a_countdown_is_drawn_with_ascii_alone_where_that_is_asked(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    breach(deployment, ago=20)
    async with at_the_screen(deployment, ascii=True) as robot:
        for view in "13":
            await robot.press(view)
            await robot.sees("ROLLBACK STARTS IN 09:", "#####", "* armed by bo")
            assert robot.text().isascii()


async def test_after_a_restart_of_the_supervisor_it_only_offers_and_says_why(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    breach(deployment, ago=20)
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"), ago=10)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.sees("CPU is hot · fired", "offered only: the supervisor was restarted")
        assert "ROLLBACK STARTS" not in robot.text()


async def test_with_something_running_the_key_asks_which_of_the_two_is_to_be_stopped(tmp_path: Path) -> None:
    script = '"Deploy", { id = "expand", text = "Expand", run = ["true"] },'
    deployment = Deployment(tmp_path, START.replace('"Deploy",', script))
    deployment.tick("canary/deploy", ago=300)
    deployment.ask(ask.Arm(), ago=200)
    request = deployment.ask(ask.Execute("expand"), ago=20).seq
    deployment.record(ev.RequestClaimed(request), ago=19)
    breach(deployment, ago=10)
    async with at_the_screen(deployment) as robot:
        await robot.press("3", "a")
        await robot.sees("Stop which?", "A countdown starts the rollback in 9 min.", "c stop the countdown")
        await robot.press("c")
        await robot.records(ev.CountdownStopped(("hot",)))
        await robot.press("a")
        await robot.sees("Abort?")


async def test_a_fresh_breach_rings_once_and_opens_the_rollback_view_on_it(tmp_path: Path, bells: list[str]) -> None:
    deployment = under_way(tmp_path, armed=False)
    async with at_the_screen(deployment) as robot:
        breach(deployment)
        await robot.sees("“CPU is hot” fired", "R starts it", "FIRED")
        assert bells == ["bell"]
        view = robot.app.view
        assert view is not None
        assert view.where == "rollback"
        assert view.trigger.id == "hot"  # type: ignore[attr-defined]  # the rollback view's
        deployment.tick("before/freeze-the-code")
        await robot.press("4")
        await robot.sees("ticked “Freeze the code”")
        assert bells == ["bell"]


async def test_inside_tmux_every_client_is_told_and_outside_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("qudag_tui.tui.alert.tell_tmux", told.append)
    deployment = under_way(tmp_path)
    async with at_the_screen(deployment) as robot:
        deployment.tick("unhappy", actor=BO)
        await robot.sees("REPORTED bo")
        monkeypatch.setenv("TMUX", "/tmp/tmux-1000/default,1,0")
        breach(deployment)
        await robot.until(lambda: told, "a message")

    assert [re.sub(r"\d+ min", "9 min", said, count=1) for said in told] == [f"ROLLBACK in 9 min: CPU is hot: {LINE}"]


async def test_what_fired_before_this_screen_was_there_rings_nothing(tmp_path: Path, bells: list[str]) -> None:
    deployment = under_way(tmp_path, armed=False)
    breach(deployment, ago=30)
    async with at_the_screen(deployment) as robot:
        await robot.sees("CPU is hot · fired")
        assert (bells, robot.app.view is robot.checklists) == ([], True)


async def test_what_somebody_else_reports_rings_and_ones_own_report_does_not(
    deployment: Deployment, bells: list[str]
) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("3", "down", "space")
        await robot.sees("Report “Somebody is unhappy”?")
        await robot.press("y")
        await robot.sees("REPORTED ana")
        assert bells == []
        deployment.ask(ask.Untick("unhappy"), BO)
        deployment.tick("unhappy", actor=BO)
        await robot.sees("REPORTED bo")
        assert bells == ["bell"]


async def test_the_screen_of_somebody_who_types_stays_as_it_is_until_they_pause(
    tmp_path: Path, bells: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qudag_tui.tui.alert.IDLE_SECONDS", 1e6)
    deployment = under_way(tmp_path, armed=False)
    async with at_the_screen(deployment) as robot:
        await robot.press("down")
        breach(deployment)
        await robot.sees("CPU is hot · fired", "R starts the rollback")
        assert (bells, robot.app.view is robot.checklists) == (["bell"], True)

        monkeypatch.setattr("qudag_tui.tui.alert.IDLE_SECONDS", 0.0)
        await robot.sees("“CPU is hot” fired")
        assert robot.app.current_mode == "rollback"


async def test_a_dialog_is_never_taken_away_and_who_chooses_a_view_keeps_it(tmp_path: Path) -> None:
    deployment = under_way(tmp_path, armed=False)
    async with at_the_screen(deployment) as robot:
        await robot.go_to("before/tell-the-team")
        await robot.press("c")
        await robot.sees("“Tell the team”")
        robot.app.pace.key(time.monotonic() - IDLE_SECONDS, into_a_field=False)
        breach(deployment)
        await robot.until(lambda: robot.app.show_offer_until is not None)
        assert len(robot.app.screen_stack) == 2
        await robot.press("escape", "2")
        assert robot.app.show_offer_until is None
        assert robot.app.current_mode == "metrics"


async def test_the_start_names_what_fired_and_gives_it_as_the_reason(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    trust.give(trust.review(deployment.run.plan, tmp_path / "plan.toml"), "ana", clock.now().wall)
    breach(deployment, ago=22)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("R")
        await robot.sees(f"CPU is hot: fired 22 s ago ({LINE}).", "A countdown would start it in 9 min.")
        await robot.types(robot.code)

        await robot.records(ev.ExecutionRequested("rollback", f"CPU is hot: {LINE}"))
        await robot.until(lambda: "ROLLBACK STARTS" not in robot.text())


async def test_what_cannot_be_told_is_said_in_the_rollback_view_and_above_where_it_was_to_start(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    deployment.standing("trigger", "hot", verdict="unknown", line="connection refused", error="connection refused")
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.sees("armed, and blind: “CPU is hot” starts nothing: connection refused")
        await robot.press("3")
        await robot.sees("cannot be told: connection refused")


async def test_a_supervisor_that_stores_nothing_is_told_on_every_view(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=600)
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"), ago=500)
    deployment.samples({SUPERVISOR: [1.0]}, ago=120)
    async with at_the_screen(deployment, WIDE) as robot:
        for view in "1234":
            await robot.press(view)
            await robot.sees("the supervisor has stored nothing for 2 min")
        deployment.samples({SUPERVISOR: [1.0]})
        await robot.until(lambda: "stored nothing" not in robot.text())


async def test_why_nothing_is_stored_has_room_at_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qudag_tui.run.sampling._is_full", lambda _folder: True)
    deployment = Deployment(tmp_path, began=600)
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"), ago=500)
    deployment.samples({SUPERVISOR: [1.0]}, ago=120)
    async with at_the_screen(deployment, SMALL_SIZE) as robot:
        await robot.sees("the supervisor has stored nothing for 2 min: the disk is full")


async def test_the_recap_says_that_the_run_is_armed(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    async with at_the_screen(deployment, SMALL_SIZE):
        pass
    async with at_the_screen(deployment, SMALL_SIZE, recap=True) as robot:
        await robot.sees("Welcome back, ana", "by bo: thin night shift")


@pytest.mark.parametrize("size", [SMALL_SIZE, WIDE])
async def test_the_recap_tells_the_countdown_and_one_key_is_where_it_is_stopped(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """Who came back once read for a minute that nothing ran, and that the trigger only offered, while it counted down."""
    deployment = under_way(tmp_path)
    async with at_the_screen(deployment, size):
        pass
    breach(deployment, ago=10)
    async with at_the_screen(deployment, size, recap=True, supervised=False) as robot:
        await robot.sees("Welcome back, ana", "starts     the rollback in ", "a in view 3 stops")
        assert "offered only" not in robot.text()

        await robot.sees("3 the rollback   4 the whole timeline")
        await robot.press("3")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        await robot.sees("a stops it")
        assert robot.app.current_mode == "rollback"


async def test_the_recap_of_a_countdown_tells_its_end_while_it_is_open(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    async with at_the_screen(deployment):
        pass
    breach(deployment, ago=10)
    async with at_the_screen(deployment, recap=True, supervised=False) as robot:
        await robot.sees("Welcome back, ana", "starts     the rollback in ")

        deployment.ask(ask.Execute("rollback", "seen"), BO)

        await robot.until(lambda: "the rollback in " not in robot.text(), "an end of the countdown")
        await robot.sees("Welcome back, ana", "bo asked for the rollback: “seen”")


async def test_an_alarm_offers_the_rollback_only_where_it_can_be_started(tmp_path: Path) -> None:
    """R is refused while the rollback is under way; and a number is never what is cut for what is to be done."""
    deployment = under_way(tmp_path, armed=False)
    breach(deployment)
    shot = first_snapshot(deployment.run.plan, deployment.run.state, tuple(deployment.run.events), ANA, clock.now())
    (alarm,) = alarms(shot)
    assert (alarm.startswith("CPU is hot · fired"), alarm.endswith(f" · {LINE} · R starts the rollback")) == (
        True,
        True,
    )

    deployment.ask(ask.Execute("rollback", "seen"), BO)
    deployment.record(ev.RequestClaimed(deployment.run.state.head_seq))
    breach_again = ev.TriggerBreached("hot", LINE)
    deployment.ask(ask.Untick("hot"), BO)
    deployment.record(breach_again)
    shot = first_snapshot(deployment.run.plan, deployment.run.state, tuple(deployment.run.events), ANA, clock.now())
    assert [alarm.endswith(f" · {LINE}") for alarm in alarms(shot)] == [True]


def test_what_nobody_looked_at_yet_is_not_said_to_start_nothing(tmp_path: Path) -> None:
    deployment = under_way(tmp_path)
    breach(deployment, ago=10)
    run = deployment.run
    shot = first_snapshot(run.plan, run.state, tuple(run.events), ANA, clock.now())
    assert (shot.standings.supervised, len(running_countdowns(shot))) == (None, 1)
    assert why_offered_only("hot", shot) == ""

    header = Header(UNICODE, palette(exact=False, colourless=False), Where.CHECKLISTS)

    def heading(shot: Snapshot) -> str:
        header.shot = shot
        return "".join(text for line in header.draw(100, 2) for text, _ in line)

    gone, there = with_standings(shot, supervised=False), with_standings(shot, supervised=True)
    assert ("armed by " in heading(shot), "no supervisor" in heading(shot)) == (True, False)
    assert "armed, no supervisor" in heading(gone)
    assert f"{UNICODE.alive} armed by " in heading(there)
    assert UNICODE.alive not in heading(shot)
    assert (running_countdowns(gone), why_offered_only("hot", gone)) == ([], "the supervisor is gone")


def test_idle_is_how_long_ago_the_newest_key_was_read() -> None:
    pace = Pace()
    pace.key(100.0, into_a_field=True)
    assert pace.idle_seconds(104.5) == 4.5


def test_the_bell_reaches_a_real_terminal(tmp_path: Path) -> None:
    deployment = under_way(tmp_path, armed=False)
    with Terminal(deployment.folder) as terminal:
        terminal.wait_for("supervised")
        assert rung(terminal) == 0
        breach(deployment)
        terminal.wait_for("FIRED")
        assert rung(terminal) == 1
