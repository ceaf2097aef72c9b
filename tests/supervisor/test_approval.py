"""A rollback that needs two people, through a real supervisor: request, not started, signature, started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.core.event import ApprovalGiven, ExecutionRequested, RequestRefused
from qudag_tui.core.execution import Execution, ExecutionState
from qudag_tui.core.intent import Abort, Approve, Execute, Resume
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.approving import approval_of, hash_at, text_to_sign
from qudag_tui.run.error import RunBroken
from qudag_tui.run.signers import SigningError, load_signing
from tests.run.people import People
from tests.supervisor.supervised import ANA, Supervised, step

TWO = "[procedures.rollback]\napprovals = 2\n"
STEP = step("flags", "echo off >> flags")


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    """ana's configuration; bo and cem are her colleagues."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = People(tmp_path / "config")
    made.me("ana")
    made.allow("ana", "bo", "cem")
    return made


def asked(run: Supervised) -> Execution:
    """The rollback, asked for by ana."""
    event = run.ask(Execute("rollback", "errors", own_keys=load_signing().own_keys("ana")))
    return run.state.executions[event.seq]


def text_of(run: Supervised, execution: Execution) -> str:
    return text_to_sign(run.state, run.run.folder, execution)


def hand_in(run: Supervised, signature: str) -> ApprovalGiven:
    intent = approval_of(run.state, run.run.folder, signature, clock.now())
    fact = run.ask(intent).fact
    assert isinstance(fact, ApprovalGiven)
    return fact


def why_not(run: Supervised, signature: str) -> str:
    with pytest.raises(SigningError) as caught:
        approval_of(run.state, run.run.folder, signature, clock.now())
    return str(caught.value)


def test_starts_once_a_second_person_has_signed_and_not_before(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run = supervised(TWO, STEP)
    run.start()
    execution = asked(run)
    fact = hand_in(run, people.sign("bo", text_of(run, execution)))

    assert (fact.principal, fact.key) == ("bo@example.org", people.fingerprint("bo"))
    ended = run.until_over()
    assert (ended.outcome, run.lines("flags")) == ("passed", ["off"])
    kinds = run.kinds()
    assert kinds.index("execution requested") < kinds.index("approval given") < kinds.index("request claimed")


@pytest.mark.usefixtures("people")
def test_does_not_start_without_a_signature_and_is_withdrawn_by_an_abort(supervised: Callable[..., Supervised]) -> None:
    run = supervised(TWO, STEP)
    run.start()
    asked(run)
    run.ask(Abort())
    ended = run.until_over()

    assert (ended.outcome, run.lines("flags")) == ("cancelled", [])
    assert "request claimed" not in run.kinds()


@pytest.mark.usefixtures("people")
def test_whoever_is_alone_starts_it_with_a_reason(supervised: Callable[..., Supervised]) -> None:
    run = supervised(TWO, STEP)
    run.start()
    run.ask(Execute("rollback", alone="bo is asleep"))
    ended = run.until_over()

    assert (ended.outcome, ended.approvals.alone, run.lines("flags")) == ("passed", "bo is asleep", ["off"])
    assert run.facts(ExecutionRequested) == [ExecutionRequested("rollback", alone="bo is asleep")]


def test_refuses_a_signature_of_the_wrong_person_text_or_kind(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run, other = supervised(TWO, STEP), supervised(TWO, STEP)
    of_other = text_of(other, asked(other))
    text = text_of(run, asked(run))
    people.allow("old", options='valid-before="20200101"')

    assert "who asked for it" in why_not(run, people.sign("ana", text))
    assert "is not among the allowed signers" in why_not(run, people.sign("mallory", text))
    assert "signed for signoff@qudag-tui" in why_not(run, people.sign("bo", text, "signoff@qudag-tui"))
    assert "the signature is not good" in why_not(run, people.sign("bo", text.replace("errors", "nothing")))
    assert "the signature is not good" in why_not(run, people.sign("bo", of_other))
    assert "expired" in why_not(run, people.sign("old", text))
    people.revoke("bo")
    assert "revoked" in why_not(run, people.sign("bo", text))
    hand_in(run, people.sign("cem", text))
    assert "nothing waits for an approval" in why_not(run, people.sign("cem", text))


def test_refuses_the_signature_of_a_request_that_was_withdrawn(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run = supervised(TWO, STEP)
    run.start()
    signature = people.sign("bo", text_of(run, asked(run)))
    run.ask(Abort())
    run.until_over()
    asked(run)

    assert "the signature is not good" in why_not(run, signature)


def test_counts_one_person_once_where_three_are_needed(supervised: Callable[..., Supervised], people: People) -> None:
    run = supervised("[procedures.rollback]\napprovals = 3\n", STEP)
    run.start()
    text = text_of(run, asked(run))
    hand_in(run, people.sign("bo", text))
    people.allow("bo", principal="bo-again@example.org")

    assert "has approved already" in why_not(run, people.sign("bo", text))
    hand_in(run, people.sign("cem", text))
    assert run.until_over().outcome == "passed"


def test_lets_only_those_of_the_role_approve(supervised: Callable[..., Supervised], people: People) -> None:
    people.me("ana", '[signing.roles]\nrollback = ["cem@example.org"]\n')
    run = supervised(TWO, STEP)
    text = text_of(run, asked(run))

    assert "bo@example.org is not in the role rollback" in why_not(run, people.sign("bo", text))
    assert hand_in(run, people.sign("cem", text)).principal == "cem@example.org"


@pytest.mark.parametrize("by", ["ana", "mallory", "bo"])
def test_the_supervisor_believes_no_approval_that_stands_in_the_journal(
    supervised: Callable[..., Supervised], people: People, by: str
) -> None:
    run = supervised(TWO, STEP)
    run.start()
    execution = asked(run)
    text = text_of(run, execution)
    # Somebody who writes the journal without this program: of another text, or by a key that does not count.
    signature = people.sign(by, text if by != "bo" else text + " ")
    body = "".join(signature.split("\n")[1:-2])
    forged = Approve(execution.request, "bo@example.org", people.fingerprint("bo"), text, body)
    assert not isinstance(run.run.submit(forged, ANA), Refusal)
    ended = run.until_over()

    assert (ended.state, run.lines("flags")) == (ExecutionState.REFUSED, [])
    (refused,) = run.facts(RequestRefused)
    assert isinstance(refused, RequestRefused)
    assert "the approval by bo@example.org does not count" in refused.reason


def test_an_approval_starts_it_although_the_supervisor_died_while_it_waited(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run = supervised(TWO, STEP)
    run.start()
    execution = asked(run)
    run.kill()
    run.start()
    hand_in(run, people.sign("bo", text_of(run, execution)))

    assert (run.until_over().outcome, run.lines("flags")) == ("passed", ["off"])


def test_a_supervisor_that_starts_after_the_approval_waits_for_a_person(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run = supervised(TWO, STEP)
    execution = asked(run)
    hand_in(run, people.sign("bo", text_of(run, execution)))
    run.start()
    run.until(lambda state: state.held_executions)
    assert "request claimed" not in run.kinds()
    run.ask(Resume())

    assert (run.until_over().outcome, run.lines("flags")) == ("passed", ["off"])


def test_the_supervisor_judges_by_the_configuration_as_it_is_at_the_claim(
    supervised: Callable[..., Supervised], people: People
) -> None:
    run = supervised(TWO, STEP)
    hand = text_of(run, asked(run))
    intent = approval_of(run.state, run.run.folder, people.sign("bo", hand), clock.now())
    people.revoke("bo")
    run.start()
    run.ask(intent)

    assert "revoked" in run.until_over().why


def test_the_supervisor_refuses_where_it_cannot_verify(supervised: Callable[..., Supervised], people: People) -> None:
    run = supervised(TWO, STEP)
    hand = text_of(run, asked(run))
    intent = approval_of(run.state, run.run.folder, people.sign("bo", hand), clock.now())
    people.allowed.chmod(0o666)
    run.start()
    run.ask(intent)

    assert "cannot be verified" in run.until_over().why


@pytest.mark.usefixtures("people")
def test_an_event_that_was_altered_is_never_signed(supervised: Callable[..., Supervised]) -> None:
    run = supervised(TWO, STEP)
    execution = asked(run)
    journal = run.run.folder.journal
    journal.write_text(journal.read_text().replace('"errors"', '"nothing"'))

    with pytest.raises(RunBroken, match=f"event {execution.request} is not as it was written"):
        hash_at(run.run.folder, execution.request)
    assert hash_at(run.run.folder, 1) in journal.read_text()
    with pytest.raises(RunBroken):
        hash_at(run.run.folder, 99)


def test_a_run_is_not_begun_where_too_few_people_could_approve(
    supervised: Callable[..., Supervised], people: People
) -> None:
    people.allowed.unlink()
    people.allow("ana")

    with pytest.raises(SigningError, match="no other person's key is configured"):
        supervised(TWO, STEP)
