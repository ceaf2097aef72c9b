"""Metrics, rollback and timeline."""

from __future__ import annotations

import os

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.tui.widgets.procedure import step_words
from tests.tui.deployment import BO, Deployment
from tests.tui.robot import SMALL, WIDE, at_the_screen


def start_rollback(deployment: Deployment) -> int:
    request = deployment.ask(ask.Execute("rollback", "errors"), ago=20).seq
    deployment.record(ev.RequestClaimed(request), ago=19)
    return request


async def test_the_metrics_view_plots_what_is_measured_with_its_limit(deployment: Deployment) -> None:
    deployment.samples({"cpu": [30.0, 31.0, 32.5]})
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("2")

        await robot.sees("CPU", "limit 80%", "█")


async def test_what_cannot_be_measured_says_why(deployment: Deployment) -> None:
    deployment.standing("metric", "cpu", verdict="unknown", error="no such file")
    async with at_the_screen(deployment) as robot:
        await robot.press("2")

        await robot.sees("not measured", "unknown: no such file")


async def test_triggers_show_their_values_and_are_reported_by_a_person(deployment: Deployment) -> None:
    deployment.standing("trigger", "hot", verdict="no", line="31%, limit 95%", value=31.0, limit=95.0)
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("31%, limit 95%", "nobody has said so", "R starts it")
        await robot.press("down", "space")
        await robot.sees("Report “Somebody is unhappy”?")
        await robot.press("y")

        await robot.records(ev.TriggerFired("unhappy"))
        await robot.sees("REPORTED ana", "Somebody is unhappy · reported")


async def test_a_persons_step_waits_and_is_marked(deployment: Deployment) -> None:
    request = start_rollback(deployment)
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("started", "by ana: “errors”", "waits for a person")
        await robot.press("m")
        await robot.sees("How did “Alert the commander” end?", "p passed")
        await robot.press("enter")
        await robot.press("p")

        await robot.records(ev.StepMarked("alert", request, "passed"))
        await robot.until(lambda: "passed" in robot.line("Alert the commander"))
        assert not robot.app.is_paused, "the key that answered a dialog reached the view below it"


async def test_the_cursor_goes_to_what_waits_unless_somebody_moved_it(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("Alert the commander")
        start_rollback(deployment)
        await robot.sees("waits for a person")
        await robot.press("space")
        await robot.sees("How did “Alert the commander” end?")


async def test_a_running_step_shows_its_timer_and_its_output_as_it_grows(deployment: Deployment) -> None:
    request = start_rollback(deployment)
    deployment.ask(ask.MarkStep("alert", "passed"), ago=15)
    logs = deployment.run.folder.logs
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / "0004-flags-off.1.log"
    log.write_bytes(b"dns_cache off\nhalf a li")
    log.chmod(0o600)
    deployment.record(ev.StepStarted("flags-off", request, 1, os.getpid(), 1, os.getpid(), 1, log.name), ago=7)
    async with at_the_screen(deployment, SMALL) as robot:
        await robot.press("3")
        await robot.sees("Switch the flags off", "of 00:30", "dns_cache off", "half a li")
        with log.open("ab") as file:
            file.write(b"ne\r\nconnection_pooling \x1b[31moff\x1b[0m\n")

        await robot.sees("half a line", "connection_pooling ␛[31moff")
        await robot.press("y")
        await robot.sees("copied")


async def test_a_late_step_is_wrong_and_a_failed_one_says_what_can_be_done(deployment: Deployment) -> None:
    request = start_rollback(deployment)
    deployment.ask(ask.MarkStep("alert", "passed"), ago=15)
    deployment.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=12)
    deployment.record(ev.StepEnded("flags-off", request, 1, "failed", code=3, seconds=2.0), ago=10)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("3")
        await robot.sees("failed, exit code 3  00:02 of 00:30", "t retry, k skip, m mark")
        await robot.press("k")
        await robot.types("done by hand")
        await robot.press("enter")

        await robot.records(ev.StepSkipped("flags-off", request, "done by hand"))
        await robot.sees("skipped: done by hand   ana")


@pytest.mark.parametrize(("ago", "style"), [(10.0, "current"), (31.0, "wrong")])
async def test_the_timer_of_a_step_turns_red_at_its_target(deployment: Deployment, ago: float, style: str) -> None:
    request = start_rollback(deployment)
    deployment.ask(ask.MarkStep("alert", "passed"), ago=40)
    deployment.record(ev.StepStarted("flags-off", request, 1, os.getpid(), 1, os.getpid(), 1), ago=ago)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("3")
        await robot.sees("of 00:30")
        shot = robot.app.shot
        assert shot is not None
        execution = shot.state.executions[request]
        words, tone = step_words(execution.steps[1], execution, shot)
        assert (words[0].startswith("running  00:"), tone) == (True, style)


async def test_aborting_asks_first(deployment: Deployment) -> None:
    request = start_rollback(deployment)
    async with at_the_screen(deployment) as robot:
        await robot.press("3", "a")
        await robot.sees("Abort?", "What has been done stays done")
        await robot.press("y")

        await robot.records(ev.AbortRequested(request))


async def test_after_a_restart_nothing_goes_on_before_a_person_says_so(deployment: Deployment) -> None:
    request = start_rollback(deployment)
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"))
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("the supervisor was restarted", "waits since the supervisor's restart")
        await robot.press("w")
        await robot.sees("Let it go on?", "Nothing starts by this: “Alert the commander” goes on waiting")
        await robot.press("escape")
        deployment.ask(ask.MarkStep("alert", "passed"))
        await robot.sees("passed   ana")
        await robot.press("w")
        await robot.sees("Let it go on?", "Next: “Switch the flags off”.")
        await robot.press("y")

        await robot.records(ev.ResumeConfirmed(request))


async def test_the_timeline_tells_every_event_in_words_and_filters(deployment: Deployment) -> None:
    deployment.tick("before/freeze-the-code")
    deployment.ask(ask.AddComment("before/tell-the-team", "on the phone"), BO)
    async with at_the_screen(deployment) as robot:
        await robot.press("4")
        await robot.sees(
            "opened the run r1: v2.1.0 over v2.0.9",
            "ticked “Freeze the code”",
            "said of “Tell the team”: “on the phone”",
        )
        await robot.press("slash")
        await robot.types("phone")
        await robot.press("enter")

        await robot.until(lambda: "ticked" not in robot.text())
        assert "on the phone" in robot.text()
        assert "event 3 · " in robot.text()


async def test_the_timeline_follows_what_happens(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("4")
        deployment.tick("before/tell-the-team", actor=BO)

        await robot.sees("ticked “Tell the team”")


async def test_escape_goes_back_to_the_checklists(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await robot.press("4")
        await robot.sees("opened the run")
        await robot.press("escape")

        await robot.sees("Freeze the code")
        assert robot.checklists is robot.app.view
