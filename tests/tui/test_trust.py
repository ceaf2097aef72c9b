"""Trust on the screen: the same review, what has changed, putting back, revoking, and run folders that are not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Execute, MarkStep, Resume
from qudag_tui.plan import trust
from tests.tui.deployment import SMALL as PLAN
from tests.tui.deployment import Deployment
from tests.tui.robot import SMALL, WIDE, Robot, at_the_screen

SCRIPTED = PLAN.replace('run = ["true"]', 'run = ["sh", "flags.sh"]')
TRUSTED, EVIL = "#!/bin/sh\necho flags off\n", "#!/bin/sh\n    echo evil\x1b[2J\n"
ALARM = " nothing can run · : trust reviews it · flags.sh has changed since ana"


@pytest.fixture
def scripted(tmp_path: Path) -> Deployment:
    """A run whose rollback runs a script beside its file, which has changed since it was trusted."""
    (tmp_path / "flags.sh").write_text(TRUSTED)
    made = Deployment(tmp_path, SCRIPTED)
    (tmp_path / "flags.sh").write_text(EVIL)
    return made


def script_of(deployment: Deployment) -> Path:
    return deployment.folder.parents[1] / "flags.sh"


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def whole_review(robot: Robot, *, end: str) -> str:
    """Everything that is seen on the way down to ``end``: how many pages that are depends on the machine's PATH."""
    pages = [robot.text()]
    while end not in pages[-1]:
        await robot.press("pagedown")
        await robot.until(lambda: robot.text() != pages[-1], "another page")
        pages.append(robot.text())
    return "".join(pages)


async def choose(robot: Robot, command: str) -> None:
    """Take a command of the palette by its words."""
    await robot.press("colon")
    await robot.until(lambda: len(robot.app.screen_stack) == 2, "the palette")
    await robot.types(command)
    await robot.sees(command)
    await robot.press("down", "enter")


@pytest.mark.parametrize("size", [(80, 23), WIDE])
async def test_a_start_that_is_refused_shows_what_has_changed(scripted: Deployment, size: tuple[int, int]) -> None:
    async with at_the_screen(scripted, size) as robot:
        await robot.press("R")
        await robot.sees("Trust this file?", "flags.sh has changed since ana trusted it: nothing")
        await robot.sees("flags.sh, then and now, the trusted copy is kept", "- echo flags off")
        await robot.sees("to trust exactly this:", "ctrl+r put the trusted copy back", "more below")
        await robot.press("down", "down")
        await robot.sees("+     echo evil␛[2J")
        await robot.press("pagedown", "pagedown", "pagedown", "pagedown", "pagedown", "pagedown")
        await robot.sees("What programs read in turn is not covered")
        assert robot.line("lines ") != ""
        assert "more below" not in robot.text()
        await robot.press("escape")

        assert robot.facts(ev.ExecutionRequested) == []
        assert trust.check(scripted.run.plan, script_of(scripted).with_name("plan.toml")) != ""


async def test_the_trusted_copy_is_put_back_from_there_and_the_start_goes_on(scripted: Deployment) -> None:
    async with at_the_screen(scripted) as robot:
        await robot.press("R")
        await robot.sees("ctrl+r put the trusted copy back")
        await robot.press("ctrl+r")
        await robot.sees("Put the trusted copies back?", "flags.sh")
        assert script_of(scripted).read_text() == EVIL
        await robot.press("y")

        await robot.sees("Roll back v2.1.0", "The file is trusted as it is now.")
        assert script_of(scripted).read_text() == TRUSTED


async def test_what_goes_on_after_a_restart_or_is_confirmed_is_reviewed_first(tmp_path: Path) -> None:
    (tmp_path / "flags.sh").write_text(TRUSTED)
    made = Deployment(tmp_path, SCRIPTED.replace('target = "30s"', "confirm = true"))
    (tmp_path / "flags.sh").write_text(EVIL)
    request = made.ask(Execute("rollback")).seq
    made.record(ev.RequestClaimed(request))
    made.ask(MarkStep("alert", "passed"))
    made.record(ev.SupervisorStarted(4242, 1, 0, "0"))
    async with at_the_screen(made) as robot:
        await robot.press("3", "w")
        await robot.sees("Trust this file?", "- echo flags off")
        await robot.press("escape")
        made.ask(Resume())
        await robot.sees("is to be confirmed")
        await robot.press("w")
        await robot.sees("Trust this file?", "- echo flags off")


async def test_a_step_that_starts_shows_at_once_that_its_script_was_put_back(
    scripted: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qudag_tui.tui.session.READINESS_SECONDS", 3600.0)
    async with at_the_screen(scripted) as robot:
        await robot.sees(ALARM)

        script_of(scripted).write_text(TRUSTED)
        request = scripted.ask(Execute("rollback", "errors")).seq
        scripted.record(ev.RequestClaimed(request))
        scripted.ask(MarkStep("alert", "passed"))
        scripted.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1, ""))

        await robot.until(lambda: "nothing can run" not in robot.text(), "an end of the alarm")


async def test_what_cannot_run_is_said_in_red_from_two_hours_before_t_and_until_it_can(scripted: Deployment) -> None:
    async with at_the_screen(scripted) as robot:
        await robot.sees(ALARM)
        line = robot.app.view.banner.draw(80, 1)[0] if robot.app.view else []
        assert [style for _, style in line] == [robot.app.colours.alarm]

        await choose(robot, "trust: review what would run")
        await robot.sees("Trust this file?")
        await robot.types(robot.code)

        await robot.sees("plan.toml is trusted")
        await robot.until(lambda: "nothing can run" not in robot.text(), "an end of the alarm")


async def test_before_that_it_is_said_calmly(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=-3 * 3600, trusted=False)
    async with at_the_screen(deployment) as robot:
        await robot.sees("nothing can run · : trust reviews it · plan.toml is not trusted")
        line = robot.app.view.banner.draw(80, 1)[0] if robot.app.view else []
        assert robot.app.colours.alarm not in [style for _, style in line]


async def test_after_a_restart_it_is_an_alarm_however_early(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=-3 * 3600, trusted=False)
    for _ in range(2):
        deployment.record(ev.SupervisorStarted(4242, 1, 0, "0", missing=("TOKEN",)))
    async with at_the_screen(deployment) as robot:
        await robot.sees(
            "nothing can run · : trust reviews it · plan.toml is not trusted", "missing: TOKEN in the environment"
        )
        lines = robot.app.view.banner.draw(80, 2) if robot.app.view else []
        assert [style for line in lines for _, style in line] == [robot.app.colours.alarm] * 2


async def test_what_is_trusted_can_be_looked_at_at_any_time(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await choose(robot, "trust: review what would run")
        await robot.sees("This file is trusted as it is now", "flags-off", "esc not now")
        assert "to trust exactly this" not in robot.text()
        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")


async def test_trust_is_listed_and_taken_away_after_a_question(deployment: Deployment) -> None:
    path = deployment.folder.parents[1] / "plan.toml"
    async with at_the_screen(deployment, WIDE) as robot:
        await choose(robot, "trust: list what you trust")
        await robot.sees("What you trust", "UTC: as it is now")
        await robot.press("enter")
        await choose(robot, "trust: revoke it")
        await robot.sees("Take the trust away?")
        await robot.press("escape")
        assert trust.check(deployment.run.plan, path) == ""
        await choose(robot, "trust: revoke it")
        await robot.sees("Take the trust away?")
        await robot.press("y")

        await robot.sees(
            "plan.toml is not trusted any more", "nothing can run · : trust reviews it · plan.toml is not trusted"
        )
        assert trust.check(deployment.run.plan, path) == "plan.toml is not trusted"


async def test_a_file_that_others_can_write_is_reviewed_and_cannot_be_trusted(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, trusted=False)
    (tmp_path / "plan.toml").chmod(0o666)
    async with at_the_screen(deployment) as robot:
        await choose(robot, "trust: review what would run")
        await robot.sees("in the way", "anybody can write")
        assert "to trust exactly this" not in robot.text()


async def test_a_run_folder_from_elsewhere_is_looked_at_and_written_to_only_once_it_is_accepted(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.ask(Execute("rollback"))
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another"))
    before = everything_in(deployment.folder)
    async with at_the_screen(deployment, WIDE, supervised=False) as robot:
        await robot.sees("read-only · : trust shows whose it is · this login did not create it")
        await robot.press("j", "space")
        await robot.sees("not saved")
        assert "supervisor" not in robot.text(), "whether its login has one cannot be told from here"
        await choose(robot, "trust: review what would run")
        await robot.sees("Accept this run folder as your own?", "created ", "by ana (login deploy on gate-1)")
        await robot.sees("pending in it: rollback, asked for by ana", "to accept it:")
        await robot.press("escape")
        assert everything_in(deployment.folder) == before
        assert not everything_in(tmp_path / "another")

        await choose(robot, "trust: review what would run")
        await robot.sees("Accept this run folder as your own?")
        await robot.types(robot.code)
        await robot.sees("this run can be written from here now")
        await robot.until(lambda: "read-only" not in robot.text(), "an end of the alarm")
        await robot.go_to("before/freeze-the-code")
        await robot.press("space")
        await robot.records(ev.ItemTicked("before/freeze-the-code"))


async def test_a_huge_review_can_be_read_at_the_smallest_size(tmp_path: Path) -> None:
    many = ", ".join(f'"word {n} ]["' for n in range(3000))
    deployment = Deployment(tmp_path, PLAN.replace('run = ["true"]', f'run = ["true", {many}]'), trusted=False)
    async with at_the_screen(deployment, SMALL) as robot:
        await choose(robot, "trust: review what would run")
        await robot.sees("Trust this file?", "more below", "to trust exactly this:")
        read = await whole_review(robot, end="What programs read in turn is not covered")
        assert "more characters" in read


def refused_in_the_middle(deployment: Deployment) -> int:
    """A rollback whose first step is done and whose second could not start; the number of its request."""
    request = deployment.ask(Execute("rollback"), ago=20).seq
    deployment.record(ev.RequestClaimed(request), ago=19)
    deployment.ask(MarkStep("alert"), ago=10)
    deployment.record(ev.StepRefused("flags-off", request, "flags.sh has changed since ana trusted it"), ago=5)
    return request


@pytest.mark.parametrize("size", [(80, 23), WIDE])
async def test_a_step_that_is_refused_in_mid_procedure_is_put_back_and_tried_again_by_one_key(
    scripted: Deployment, size: tuple[int, int]
) -> None:
    request = refused_in_the_middle(scripted)
    async with at_the_screen(scripted, size) as robot:
        await robot.press("3")
        await robot.sees("never started", "   t review, k skip, m mark")
        why = " flags.sh has changed since ana trusted it."
        await robot.sees("── never started · Switch the flags off ──", why, "t shows what has changed")
        await robot.press("t")
        await robot.sees("Trust this file?", "- echo flags off", "ctrl+r put the trusted copy back")
        await robot.press("ctrl+r")
        await robot.sees("Put the trusted copies back?")
        await robot.press("y")

        await robot.sees("Retry?", "It runs: sh flags.sh")
        assert script_of(scripted).read_text() == TRUSTED
        assert "safely run twice" not in robot.text(), "it has not run once"
        await robot.press("escape")
        await robot.sees("never started", "   t retry, k skip, m mark")
        await robot.press("t")
        await robot.sees("Retry?")
        await robot.press("y")
        await robot.records(ev.RetryRequested("flags-off", request))


async def test_what_somebody_trusts_in_mid_procedure_is_tried_again_and_silence_tries_nothing(
    scripted: Deployment,
) -> None:
    request = refused_in_the_middle(scripted)
    async with at_the_screen(scripted) as robot:
        await robot.press("3", "t")
        await robot.sees("Trust this file?")
        await robot.press("escape")
        await robot.until(lambda: len(robot.app.screen_stack) == 1, "the view")
        await robot.press("t")
        await robot.sees("Trust this file?")
        await robot.types(robot.code)
        await robot.sees("Retry?")
        assert robot.facts(ev.RetryRequested) == []
        await robot.press("y")
        await robot.records(ev.RetryRequested("flags-off", request))


async def test_what_waits_since_a_restart_is_reviewed_before_it_goes_on(scripted: Deployment) -> None:
    request = scripted.ask(Execute("rollback"), ago=20).seq
    scripted.record(ev.RequestClaimed(request), ago=19)
    for pid in (4242, 4243):
        scripted.record(ev.SupervisorStarted(pid, 1, 0, "0"), ago=10)
    async with at_the_screen(scripted) as robot:
        await robot.press("3", "w")
        await robot.sees("Trust this file?", "flags.sh has changed since ana trusted it")
        await robot.types(robot.code)
        await robot.sees("Let it go on?")
        await robot.press("y")
        await robot.records(ev.ResumeConfirmed(request))


async def test_a_look_at_the_disk_that_fails_as_nobody_foresaw_is_said_and_starts_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("the disk is odd")

    monkeypatch.setattr(trust, "check", broken)
    async with at_the_screen(deployment, WIDE) as robot:
        await robot.press("R")
        await robot.sees("nothing was asked or started: the disk is odd", "/crash-")
        assert robot.facts(ev.ExecutionRequested) == []
