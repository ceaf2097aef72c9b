"""Requests that other people have to approve: what waits, what counts, what expires, what is signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qudag_tui.cli.approve import asked_lines
from qudag_tui.core import event as ev
from qudag_tui.core.approval import alone_words
from qudag_tui.core.approval_payload import payload_of, read_payload
from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.intent import Abort, Arm, Execute
from qudag_tui.core.narration import words
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Refusal
from tests.core.approving import HASH, OWN, approval, refusal, requested, told
from tests.core.building import Told, command, plan, section

# Waiting


def test_a_request_that_needs_two_people_is_not_claimed_before_the_second_has_approved() -> None:
    run = told()
    execution = requested(run)

    assert run.due() == []
    assert isinstance(run.record(ev.RequestClaimed(execution.request)), Refusal)
    run.wait(500)
    assert run.due() == []
    run.must(approval(run))
    assert run.due() == [ev.RequestClaimed(execution.request)]
    assert run.record(ev.RequestClaimed(execution.request)) == ev.RequestClaimed(execution.request)
    assert execution.state is ExecutionState.RUNNING


def test_three_people_are_three_people() -> None:
    run = told(3)
    execution = requested(run)
    run.must(approval(run))

    assert (run.due(), execution.approvals.missing) == ([], 1)
    run.must(approval(run, "cem@example.org", "SHA256:cem"))
    assert run.due() == [ev.RequestClaimed(execution.request)]


def test_a_request_that_nobody_approves_expires_after_ten_minutes_and_says_why() -> None:
    run = told()
    execution = requested(run)
    run.wait(598)
    assert run.due() == []
    run.wait(1)
    expired = ev.RequestExpired(execution.request, "nobody approved it within 10 minutes")
    assert run.due() == [expired]
    assert run.record(expired) == expired
    assert (execution.state, execution.why) == (ExecutionState.EXPIRED, "nobody approved it within 10 minutes")
    assert words(run.journal[-1], run.state.plan, {execution.request: ROLLBACK}) == (
        "the rollback expired: nobody approved it within 10 minutes"
    )


def test_the_thirty_seconds_of_a_request_count_from_its_last_approval() -> None:
    run = told()
    execution = requested(run)
    run.wait(300)
    run.must(approval(run))
    run.wait(28)
    assert run.due() == [ev.RequestClaimed(execution.request)]
    run.wait(3)
    assert run.due() == [ev.RequestExpired(execution.request)]
    assert isinstance(run.record(ev.RequestClaimed(execution.request)), Refusal)


def test_an_approval_that_comes_late_is_refused_although_nobody_has_expired_the_request_yet() -> None:
    run = told()
    requested(run)
    run.wait(601)

    assert "too late" in refusal(run, approval(run))


def test_an_abort_withdraws_a_request_that_waits_for_approval() -> None:
    run = told()
    execution = requested(run)
    run.must(Abort())

    assert run.due() == [ev.ExecutionFinished(execution.request, "cancelled")]
    assert "waits for no approval" in refusal(run, approval(run))


def test_an_approval_is_the_word_that_lets_a_request_start_although_the_supervisor_was_restarted_before_it() -> None:
    run = told()
    execution = requested(run)
    run.start_supervisor()
    assert not execution.held
    run.must(approval(run))
    assert run.due() == [ev.RequestClaimed(execution.request)]


def test_a_restart_after_the_last_approval_holds_the_request_until_a_person_confirms() -> None:
    run = told()
    execution = requested(run)
    run.must(approval(run))
    run.start_supervisor()

    assert (execution.held, run.due()) == (True, [])


def test_nothing_else_is_started_while_a_request_waits_for_approval() -> None:
    run = told()
    requested(run)

    assert "is asked for and has not started" in refusal(run, Execute("drain"))
    assert "already asked for" in refusal(run, Execute(ROLLBACK, own_keys=OWN))


# Who counts


@pytest.mark.parametrize(
    ("principal", "key", "why"),
    [
        ("bo@example.org", "SHA256:ana", "who asked for it"),
        ("ana", "SHA256:other", "who asked for it"),
        ("ANA@example.org", "SHA256:other", "who asked for it"),
    ],
)
def test_whoever_asked_cannot_approve(principal: str, key: str, why: str) -> None:
    run = told()
    requested(run)

    assert why in refusal(run, approval(run, principal, key))


@pytest.mark.parametrize(
    ("principal", "key"), [("cem@example.org", "SHA256:bo"), ("BO@example.org", "SHA256:second-key-of-bo")]
)
def test_one_person_counts_once_whatever_the_key_or_the_name(principal: str, key: str) -> None:
    run = told(3)
    requested(run)
    run.must(approval(run))

    assert "approved already" in refusal(run, approval(run, principal, key))


def test_an_approval_of_another_request_run_plan_or_reason_is_refused() -> None:
    run = told()
    first = requested(run)
    of_first = payload_of(run.state, first, HASH)
    run.must(Abort())
    run.record(ev.ExecutionFinished(first.request, "cancelled"))
    second = requested(run, reason="errors")
    right = payload_of(run.state, second, HASH)

    for altered in (
        of_first,
        right.replace('"reason":"errors"', '"reason":"other"'),
        right.replace('"nonce":"00', '"nonce":"11'),
        right.replace('"plan":"00', '"plan":"11'),
        right.replace('"procedure":"rollback"', '"procedure":"drain"'),
        right.replace('"people":2', '"people":3'),
        right.replace("expires", "expired"),
        "",
        "{}",
    ):
        assert altered != right
        assert "what was signed is not what waits here" in refusal(run, approval(run, payload=altered))
    run.must(approval(run))


def test_a_request_of_a_procedure_that_asks_for_one_person_waits_for_nobody() -> None:
    run = told(1)
    execution = requested(run)

    assert run.due() == [ev.RequestClaimed(execution.request)]
    assert "waits for no approval" in refusal(run, approval(run))


def test_without_a_key_of_ones_own_nobody_can_ask_for_a_second_person() -> None:
    assert "nobody can tell your key from a colleague's" in refusal(told(), Execute(ROLLBACK))


# Alone


def test_whoever_is_alone_starts_at_once_with_a_reason_that_is_shown_for_ever() -> None:
    run = told()
    execution = requested(run, alone="CPU is hot: 97 %")

    assert run.due() == [ev.RequestClaimed(execution.request)]
    assert words(run.journal[-1], run.state.plan, {}) == "asked for the rollback, alone: “CPU is hot: 97 %”"
    assert alone_words(execution) == "ana alone, without a second signature: “CPU is hot: 97 %”"


def test_a_blank_reason_is_none() -> None:
    run = told()
    assert "needs a reason" in refusal(run, Execute(ROLLBACK, alone="  "))
    run.tell(ev.ExecutionRequested(ROLLBACK, alone="  "), "ana")
    assert run.due() == []


def test_alone_has_no_meaning_where_one_person_is_enough() -> None:
    assert "asks for no approval" in refusal(told(1), Execute(ROLLBACK, alone="why not"))


def test_whoever_waits_in_vain_can_go_on_alone_in_one_step() -> None:
    run = told()
    waiting = requested(run)
    run.must(Execute(ROLLBACK, alone="bo does not answer"))
    alone = run.state.executions[run.state.head_seq]

    assert words(run.journal[-1], run.state.plan, {waiting.request: ROLLBACK}) == (
        "asked for the rollback in the place of the request before, alone: “bo does not answer”"
    )
    assert run.due() == [ev.ExecutionFinished(waiting.request, "cancelled"), ev.RequestClaimed(alone.request)]
    for fact in run.due():
        assert isinstance(fact, ev.Fact)
        run.record(fact)
    assert (waiting.state, alone.state) == (ExecutionState.FINISHED, ExecutionState.RUNNING)


def test_a_rollback_of_several_people_never_starts_by_itself() -> None:
    assert "needs 2 people, and what starts by itself has none" in refusal(told(), Arm())
    assert "needs 2 people" not in refusal(told(1), Arm())


# Undoing


def test_what_several_people_start_several_people_take_back_and_the_text_says_that_it_is_taken_back() -> None:
    steps = [replace(command("flags"), undo=("/bin/true",))]
    made = plan(section("day", traffic="10%"), rollback=steps)
    run = Told(replace(made, procedures={ROLLBACK: replace(made.procedures[ROLLBACK], approvals=2)}))
    run.start_supervisor()
    first = requested(run, alone="bo is asleep")
    assert run.record(ev.RequestClaimed(first.request)) == ev.RequestClaimed(first.request)
    run.run_step("flags", first.request, "failed")
    run.must(Abort())
    run.record(ev.ExecutionFinished(first.request, "cancelled"))
    run.must(Execute(ROLLBACK, undo=True, own_keys=OWN))
    back = list(run.state.executions.values())[-1]

    assert (run.due(), back.undoes) == ([], first.request)
    asked = read_payload(payload_of(run.state, back, HASH))
    assert asked.undoes == first.request
    assert (
        asked_lines(asked, asked.at)[1]
        == f"  take back what “Rollback” did at v2 (request {first.request})  (A deployment)"
    )
    run.must(approval(run))
    assert run.due() == [ev.RequestClaimed(back.request)]


# A forged journal


def test_a_forged_claim_retry_or_approval_starts_nothing() -> None:
    run = told()
    execution = requested(run)
    run.tell(ev.RequestClaimed(execution.request))
    run.tell(ev.StepEnded("flags", execution.request, 1, "failed"))
    run.tell(ev.RetryRequested("flags", execution.request))
    run.tell(ev.ApprovalGiven(execution.request, "ana", "SHA256:x", "", ""))
    run.tell(ev.ApprovalGiven(execution.request, "bo", "SHA256:ana", "", ""))
    run.tell(ev.ApprovalGiven(99, "bo", "SHA256:bo", "", ""))

    assert (execution.state, execution.approvals.missing, run.due()) == (ExecutionState.REQUESTED, 1, [])
    run.wait(700)
    run.tell(ev.ApprovalGiven(execution.request, "bo", "SHA256:bo", "", ""))
    assert execution.approvals.missing == 1


def test_a_withdrawn_request_is_not_revived_by_a_forged_claim_and_retry() -> None:
    run = told()
    execution = requested(run)
    run.must(Abort())
    run.tell(ev.RequestClaimed(execution.request))
    run.tell(ev.RetryRequested("flags", execution.request))

    assert run.due() == [ev.ExecutionFinished(execution.request, "cancelled")]
