"""The screen's side of an approval: the choice at the start, what waits, the text to sign, and the signature."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.approval_token import payload_in
from qudag_tui.tui.screens.approved_start import ApprovedStart
from qudag_tui.tui.screens.signature import SignatureField
from tests.run.people import People
from tests.tui.deployment import BO, SMALL, Deployment
from tests.tui.robot import WIDE, Robot, at_the_screen

TWO = SMALL.replace(
    "[[procedures.rollback.steps]]", "[procedures.rollback]\napprovals = 2\n\n[[procedures.rollback.steps]]", 1
)


@pytest.fixture
def people(tmp_path: Path, alone: None) -> People:
    """ana's configuration, who has one colleague."""
    del alone
    made = People(tmp_path / "config")
    made.me("ana")
    made.allow("ana", "bo")
    return made


@pytest.fixture
def deployment(tmp_path: Path, people: People) -> Deployment:
    """A run whose rollback needs two people."""
    del people
    return Deployment(tmp_path, TWO)


async def start(robot: Robot) -> ApprovedStart:
    await robot.press("R")
    await robot.sees("to start:")
    screen = robot.app.screen
    assert isinstance(screen, ApprovedStart)
    return screen


async def asked(robot: Robot, people: People) -> int:
    """Ask for the rollback, and wait for the signature."""
    await start(robot)
    await robot.types(robot.code.lower())
    wanted = ev.ExecutionRequested("rollback", own_keys=(people.fingerprint("ana"),))
    await robot.records(wanted)
    await robot.sees("waits for a second signature")
    return next(e.seq for e in robot.deployment.run.events if e.fact == wanted)


async def text_to_sign(robot: Robot) -> str:
    """What the copy key puts on the clipboard."""
    await robot.press("y")
    await robot.sees("copied the text to sign")
    payload, _ = payload_in(robot.app.clipboard)
    return payload


async def paste(robot: Robot, text: str) -> None:
    """Into whatever has the focus, as a terminal does it."""
    focused = robot.app.focused
    assert isinstance(focused, Input)
    focused.post_message(Paste(text))
    await robot.until(lambda: text.strip().splitlines()[0] in focused.value, "the pasted text")


def line_of(signature: str) -> str:
    return "".join(signature.split("\n")[1:-2])


async def test_the_dialog_says_who_is_missing_and_what_can_be_chosen(deployment: Deployment) -> None:
    async with at_the_screen(deployment) as robot:
        await start(robot)
        await robot.sees(
            "Roll back v2.1.0 to v2.0.9",
            "Recorded as ana. Two people are needed: bo has not signed.",
            "▌ w  wait for bo's signature (asked by this tool)",
            "  o  override: I am alone",
        )
        await robot.press("o")
        await robot.sees("  w  wait for bo's signature", "▌ o  override: I am alone", "why you go on alone")
        assert max(map(len, robot.lines())) <= 80


async def test_waits_for_the_signature_and_starts_nothing_before_it_was_verified(
    deployment: Deployment, people: People
) -> None:
    async with at_the_screen(deployment) as robot:
        request = await asked(robot, people)
        await robot.sees(
            "Rollback to v2.0.9",
            "y copies the text to sign · P takes the signature · a withdraws it",
            "Rollback waits for a second signature, 09:5",
        )
        payload = await text_to_sign(robot)

        await robot.press("P")
        await robot.sees("A second person's signature")
        await paste(robot, "nonsense")
        await robot.press("enter")
        await robot.sees("this is no SSH signature")
        await paste(robot, line_of(people.sign("ana", payload)))
        await robot.press("enter")
        await robot.sees("it is by the key of ana, who asked")
        assert robot.facts(ev.ApprovalGiven) == []

        signature = line_of(people.sign("bo", payload))
        await paste(robot, signature)
        await robot.press("enter")
        bo = people.fingerprint("bo")
        await robot.records(ev.ApprovalGiven(request, "bo@example.org", bo, payload, signature))
        await robot.sees("approved by bo@example.org", "handed in the approval of the rollback by bo@example.org")
        assert "waits for a second signature" not in robot.text()


async def test_whoever_is_alone_says_why_and_it_is_shown_for_ever(deployment: Deployment) -> None:
    async with at_the_screen(deployment, WIDE) as robot:
        screen = await start(robot)
        await robot.press("o")
        await robot.types(screen.code)
        await robot.sees("say why you go on alone (tab), then type the code again")
        assert robot.facts(ev.ExecutionRequested) == []
        await robot.types("two of us, one asleep: bo")
        await robot.press("enter")
        await robot.types(screen.code.lower())

        await robot.records(ev.ExecutionRequested("rollback", alone="two of us, one asleep: bo"))
        await robot.sees("ana alone, without a second signature: “two of us, one asleep: bo”")
        await robot.press("4")
        await robot.sees("asked for the rollback, alone: “two of us, one asleep: bo”")


async def test_the_trigger_that_was_breached_is_offered_as_the_reason_for_going_on_alone(
    deployment: Deployment,
) -> None:
    deployment.ask(ask.Tick("hot"), BO)
    async with at_the_screen(deployment) as robot:
        screen = await start(robot)
        await robot.press("o")
        field = screen.query_one("#reason", Input)
        await robot.until(lambda: field.value.startswith("CPU is hot"), "the trigger's words")
        await robot.press("w")
        await robot.until(lambda: field.value == "", "an empty field")
        await robot.press("o")
        await robot.types(screen.code)
        await robot.until(lambda: robot.facts(ev.ExecutionRequested), "the request")
        (fact,) = robot.facts(ev.ExecutionRequested)
        assert isinstance(fact, ev.ExecutionRequested)
        assert (fact.alone.startswith("CPU is hot"), fact.reason) == (True, "")


async def test_where_nobody_can_sign_only_going_on_alone_is_left(deployment: Deployment, people: People) -> None:
    people.allowed.unlink()
    async with at_the_screen(deployment) as robot:
        screen = await start(robot)
        await robot.sees(
            "w  nobody can sign: “rollback” asks for 2 people", "Two people are needed: nobody has signed."
        )
        await robot.press("w")
        await robot.types(screen.code)
        await robot.sees("o goes on alone")
        assert robot.facts(ev.ExecutionRequested) == []
        await robot.press("o", "tab")
        await robot.types("no keys here")
        await robot.press("enter")
        await robot.types(screen.code)
        await robot.records(ev.ExecutionRequested("rollback", alone="no keys here"))


async def test_whoever_waits_in_vain_goes_on_alone_with_the_same_key(deployment: Deployment, people: People) -> None:
    async with at_the_screen(deployment) as robot:
        request = await asked(robot, people)
        screen = await start(robot)
        await robot.sees("w  it already waits for a second signature, 09:")
        await robot.press("o", "tab")
        await robot.types("bo is away")
        await robot.press("enter")
        await robot.types(screen.code)
        await robot.records(ev.ExecutionRequested("rollback", stops=request, alone="bo is away"))


async def test_an_abort_withdraws_the_request(deployment: Deployment, people: People) -> None:
    async with at_the_screen(deployment) as robot:
        request = await asked(robot, people)
        await robot.press("a")
        await robot.sees("It waits for an approval: the request is withdrawn.")
        await robot.press("y")
        await robot.records(ev.AbortRequested(request))
        await robot.press("P")
        await robot.sees("nothing waits for an approval")


async def test_a_signature_that_a_terminal_has_wrapped_is_pasted_whole(deployment: Deployment, people: People) -> None:
    """Only its first line was taken, and *the signature is not good* was said of a good one."""
    async with at_the_screen(deployment) as robot:
        deployment.ask(ask.Execute("rollback", own_keys=(people.fingerprint("ana"),)))
        request = deployment.run.state.head_seq
        await robot.press("3")
        await robot.sees("y copies the text to sign")
        payload = await text_to_sign(robot)
        await robot.press("P")
        await robot.sees("A second person's signature")
        signature = line_of(people.sign("bo", payload))
        await paste(robot, "\n".join(textwrap.wrap(signature, 68)) + "\n")
        await robot.press("enter")

        bo = people.fingerprint("bo")
        await robot.records(ev.ApprovalGiven(request, "bo@example.org", bo, payload, signature))


async def test_a_paste_into_the_signature_field_reaches_nothing_else(deployment: Deployment, people: People) -> None:
    async with at_the_screen(deployment, quiet_seconds=5.0) as robot:
        owner = (people.fingerprint("ana"),)
        deployment.ask(ask.Execute("rollback", own_keys=owner))
        await robot.sees("waits for a second signature")
        before = deployment.run.state.head_seq
        robot.app.act("rollback")
        robot.app.act("approve")
        await robot.sees("A second person's signature")
        # Without brackets a paste is keys: a line break in it hands nothing in, and what follows stays in the field.
        await robot.types("abc")
        await robot.press("enter", "a", "y", "space", "R")
        await robot.sees("pasted; press enter to hand it in")
        screen = robot.app.screen
        assert isinstance(screen, SignatureField)
        assert screen.query_one(Input).value == "abcay R"
        deployment.run.catch_up()
        assert deployment.run.state.head_seq == before


async def test_quitting_and_coming_back_say_what_waits(deployment: Deployment, people: People) -> None:
    deployment.ask(ask.Execute("rollback", own_keys=(people.fingerprint("ana"),)), ago=100)
    async with at_the_screen(deployment) as robot:
        await robot.sees("Rollback waits for a second signature, 08:1")
        await robot.press("q")
        await robot.sees("“rollback” waits for a second signature, 08:1")
        await robot.press("q")
    async with at_the_screen(deployment, recap=True, actor=replace(BO, by="ana")) as robot:
        await robot.sees("Welcome back, ana.", "waits      “rollback” waits for a second signature, 08:")


async def test_a_request_that_nobody_approved_says_so(deployment: Deployment, people: People) -> None:
    event = deployment.ask(ask.Execute("rollback", own_keys=(people.fingerprint("ana"),)), ago=601)
    deployment.record(ev.RequestExpired(event.seq, "nobody approved it within 10 minutes"))
    async with at_the_screen(deployment) as robot:
        await robot.press("3")
        await robot.sees("expired: nobody approved it within 10 minutes")
        assert "waits for a second" not in robot.text()


async def test_without_unicode_the_dialog_is_the_same(deployment: Deployment) -> None:
    async with at_the_screen(deployment, ascii=True) as robot:
        await start(robot)
        await robot.sees("> w  wait for bo's signature")
        assert robot.text().isascii()


async def test_several_colleagues_are_named(deployment: Deployment, people: People) -> None:
    people.allow("cem")
    async with at_the_screen(deployment) as robot:
        await start(robot)
        await robot.sees("w  wait for the signature of bo or cem (asked by this tool)", "needed: nobody has signed.")
