"""From a request to its outcome: what runs, what waits for a person, what the whole came to."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.execution import Execution, StepState
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.step import OnFailure, Step
from tests.core.building import Told, branch, command, manual, persons, plan, script, section, watch

SEED = (
    persons("alert"),
    command("flags"),
    watch("recovery"),
    branch("if-not", "recovery", command("code"), command("restore")),
    persons("document"),
)


def rollback(*steps: Step) -> tuple[Told, int, Execution]:
    """A run whose rollback was claimed."""
    told = Told(plan(section("a", manual("x"), script("run-it"), traffic="10%"), rollback=steps))
    request = told.claim("rollback")
    return told, request, told.state.executions[request]


def waits(execution: Execution) -> str | None:
    return execution.waits_for.id if execution.waits_for else None


def test_a_rollback_that_recovers_skips_its_branch() -> None:
    told, request, execution = rollback(*SEED)
    assert waits(execution) == "alert"
    told.must(ask.MarkStep("alert"))
    told.run_step("flags", request, "passed")
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "passed", "pass", "0.02 %"))
    assert waits(execution) == "document"
    told.must(ask.MarkStep("document"))
    assert execution.next_step() is None
    assert execution.result() == "passed"


def test_a_rollback_that_does_not_recover_takes_its_branch_and_can_still_pass() -> None:
    told, request, execution = rollback(*SEED)
    told.must(ask.MarkStep("alert"))
    told.run_step("flags", request, "passed")
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "failed", "unknown", "connection refused"))
    assert execution.next_step() == SEED[3].steps[0]
    told.run_step("code", request, "passed")
    told.run_step("restore", request, "passed")
    told.must(ask.MarkStep("document"))
    assert execution.next_step() is None
    assert execution.result() == "passed"
    assert told.states()["if-not"] == "done"


def test_a_branch_stands_where_the_steps_that_it_holds_do() -> None:
    told, request, execution = rollback(*SEED)
    told.must(ask.MarkStep("alert"))
    told.run_step("flags", request, "passed")
    told.record(ev.WatchStarted("recovery", request))
    assert execution.standing(SEED[3]) is StepState.PENDING
    told.record(ev.WatchEnded("recovery", request, "failed", "unknown", "connection refused"))
    told.run_step("code", request, "passed")
    assert execution.standing(SEED[3]) is StepState.RUNNING
    told.run_step("restore", request, "passed")
    assert execution.standing(SEED[3]) is StepState.ENDED
    assert execution.standing(SEED[3].steps[1]) is StepState.ENDED


def test_a_branch_that_is_not_taken_is_not_needed_nor_is_what_it_holds() -> None:
    told, request, execution = rollback(*SEED)
    told.must(ask.MarkStep("alert"))
    told.run_step("flags", request, "passed")
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "passed", "pass", "0.02 %"))
    assert {execution.standing(step) for step in SEED[3].walk()} == {StepState.NOT_NEEDED}


@pytest.mark.parametrize("outcome", ["failed", "timed_out", "unknown", "never_started", "cancelled"])
def test_a_step_that_did_not_pass_waits_for_a_person(outcome: str) -> None:
    told, request, execution = rollback(command("flags"), command("code"))
    told.run_step("flags", request, outcome)
    assert waits(execution) == "flags"
    assert isinstance(told.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1)), Refusal)
    assert isinstance(told.record(ev.ExecutionFinished(request, "passed")), Refusal)
    told.must(ask.Retry("flags"))
    told.run_step("flags", request, "passed", attempt=2)
    assert execution.next_step() == command("code")


def test_a_step_that_may_fail_lets_the_next_one_start_and_the_whole_has_failed() -> None:
    told, request, execution = rollback(replace(command("flags"), on_failure=OnFailure.CONTINUE), command("code"))
    told.run_step("flags", request, "failed")
    told.run_step("code", request, "passed")
    assert execution.next_step() is None
    assert execution.result() == "failed"


def test_only_an_idempotent_step_is_tried_again_by_the_tool() -> None:
    told, request, execution = rollback(replace(command("flags"), attempts=2, idempotent=True), command("code"))
    told.run_step("flags", request, "failed")
    assert waits(execution) is None
    told.run_step("flags", request, "timed_out", attempt=2)
    assert waits(execution) == "flags"

    told, request, execution = rollback(replace(command("flags"), attempts=2))
    told.run_step("flags", request, "failed")
    assert waits(execution) == "flags"


def test_an_unknown_end_is_never_tried_again_by_the_tool() -> None:
    told, request, execution = rollback(replace(command("flags"), attempts=5, idempotent=True))
    told.run_step("flags", request, "unknown")
    assert waits(execution) == "flags"
    assert execution.result() == "unknown"


@pytest.mark.parametrize(
    ("unseen", "ended"), [(600.0, 110.0), (0.0, 710.0), (1e300, 710.0), (math.nan, 710.0), (-5.0, 710.0)]
)
def test_a_step_ended_when_it_did_and_not_when_that_was_recorded(unseen: float, ended: float) -> None:
    told, request, execution = rollback(command("flags"))
    started = told.seconds
    told.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1))
    told.wait(started + 709 - told.seconds)
    told.record(ev.StepEnded("flags", request, 1, "passed", 0, seconds=109.0, unseen_seconds=unseen))

    progress = execution.of("flags")
    assert progress.ended == progress.attempts[-1].ended
    assert progress.ended is not None
    assert progress.since is not None
    assert progress.ended.seconds_since(progress.since) == ended - 1


def test_a_person_can_say_how_a_step_ended_that_nobody_saw_and_says_how_they_know() -> None:
    told, request, execution = rollback(command("flags"))
    told.run_step("flags", request, "unknown")
    answer = told.ask(ask.MarkStep("flags"))
    assert isinstance(answer, Refusal)
    assert answer.because is Because.REASON
    told.must(ask.MarkStep("flags", "passed", "the flags file says so"))
    assert (execution.next_step(), str(execution.result())) == (None, "passed")
    assert execution.of("flags").by == "ana"


def test_a_persons_step_that_failed_still_waits() -> None:
    told, _, execution = rollback(persons("alert"), command("flags"))
    told.must(ask.MarkStep("alert", "failed"))
    assert waits(execution) == "alert"
    told.must(ask.MarkStep("alert"))
    assert execution.next_step() == command("flags")


def test_a_required_step_is_not_skipped() -> None:
    told, request, _ = rollback(replace(command("flags"), required=True))
    told.run_step("flags", request, "failed")
    answer = told.ask(ask.Skip("flags", "no time"))
    assert isinstance(answer, Refusal)
    assert str(answer) == "“flags” is required: retry it, mark how it ended, or abort"


def test_a_skipped_step_says_who_and_why_and_the_whole_goes_on() -> None:
    told, request, execution = rollback(command("flags"), command("code"))
    told.run_step("flags", request, "failed")
    told.must(ask.Skip("flags", "done by hand"))
    progress = execution.of("flags")
    assert (str(progress.state), progress.by, progress.reason) == ("skipped", "ana", "done by hand")
    told.run_step("code", request, "passed")
    assert execution.result() == "passed"
    assert told.states()["flags"] == "not applicable"


def test_a_step_that_is_not_next_cannot_be_marked_or_skipped() -> None:
    told, _, _ = rollback(*SEED)
    answers = [told.ask(ask.MarkStep("document")), told.ask(ask.Skip("flags", "r"))]
    assert [str(answer) for answer in answers] == [
        "“document” does not wait for anybody: “alert” comes first: steps go one by one",
        "“flags” does not wait for anybody: “alert” comes first: steps go one by one",
    ]


def test_steps_of_what_was_never_started_are_refused() -> None:
    told = Told(plan(section("a", manual("x")), rollback=SEED))
    answer = told.ask(ask.MarkStep("alert"))
    assert str(answer) == "“alert” belongs to nothing that was started: start it first"


def test_a_retry_after_an_abort_goes_on_from_there() -> None:
    told, request, execution = rollback(command("flags"), command("code"))
    told.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1))
    told.must(ask.Abort())
    told.record(ev.StepEnded("flags", request, 1, "cancelled"))
    told.record(ev.ExecutionFinished(request, "cancelled"))
    assert (str(execution.state), str(execution.result())) == ("finished", "cancelled")
    told.must(ask.Retry("flags"))
    told.run_step("flags", request, "passed", attempt=2)
    assert execution.next_step() == command("code")
    assert execution.aborted_by == ""


def test_what_passed_is_not_retried() -> None:
    told, request, _ = rollback(command("flags"), command("code"))
    told.run_step("flags", request, "passed")
    assert isinstance(told.ask(ask.Retry("flags")), Refusal)
    assert isinstance(told.ask(ask.Retry("code")), Refusal)


def test_a_second_abort_says_who_was_first() -> None:
    told, _, _ = rollback(command("flags"))
    told.must(ask.Abort(), by="bo")
    assert str(told.ask(ask.Abort())) == "bo has already asked to abort it: it ends after its grace"
    told.record(ev.ExecutionFinished(told.state.head_seq - 2, "cancelled"))


def test_there_is_nothing_to_abort_before_anything_was_asked_for() -> None:
    told = Told(plan(section("a", manual("x"))))
    assert str(told.ask(ask.Abort())) == "nothing is running: there is nothing to abort"


def test_a_claimed_rollback_holds_the_phase_that_is_under_way() -> None:
    told, _, _ = rollback(command("flags"))
    assert told.phases() == {"a": "held"}
    assert told.state.phases["a"].held == "rollback started by ana"


def test_a_script_item_is_done_when_its_step_has_passed_and_not_before() -> None:
    told = Told(plan(section("a", script("run-it"))))
    request = told.claim("run-it")
    told.run_step("run-it", request, "failed")
    assert told.states() == {"run-it": "open"}
    told.must(ask.Retry("run-it"))
    told.run_step("run-it", request, "passed", attempt=2)
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.states() == {"run-it": "done"}
    mark = told.state.mark("run-it")
    assert mark is not None
    assert mark.by == "ana"


def test_a_started_step_is_recorded_once() -> None:
    told, request, _ = rollback(command("flags"))
    started = ev.StepStarted("flags", request, 1, 10, 1, 9, 1)
    assert told.record(started) == started
    assert isinstance(told.record(started), Refusal)
    assert isinstance(told.record(ev.StepEnded("flags", request, 2, "passed")), Refusal)


def test_the_newest_execution_is_what_the_boxes_show() -> None:
    told, request, _ = rollback(command("flags"))
    told.run_step("flags", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.states()["flags"] == "done"
    told.claim("rollback")
    assert told.states()["flags"] == "open"


def test_a_request_that_expired_leaves_the_boxes_as_they_were() -> None:
    told, request, _ = rollback(command("flags"))
    told.run_step("flags", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    told.must(ask.Execute("rollback"))
    told.record(ev.RequestExpired(told.state.head_seq))
    assert told.states()["flags"] == "done"
