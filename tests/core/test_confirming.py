"""A step that the plan wants confirmed starts after a person's word, and that word is never an old one."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.due import StartStep
from qudag_tui.core.execution import Execution
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.step import Step
from tests.core.building import Told, branch, command, manual, persons, plan, script, section, watch


def confirmed(step: Step) -> Step:
    return replace(step, confirm=True)


def rollback(*steps: Step) -> tuple[Told, int, Execution]:
    told = Told(plan(section("a", manual("x"), script("run-it"), traffic="10%"), rollback=steps))
    request = told.claim("rollback")
    return told, request, told.state.executions[request]


def waits(execution: Execution) -> tuple[str | None, bool]:
    return execution.waits_for.id if execution.waits_for else None, execution.waits_for_confirmation


def test_nothing_starts_it_before_somebody_has_confirmed_it() -> None:
    told, request, execution = rollback(confirmed(command("code")), command("after"))
    assert waits(execution) == ("code", True)
    assert told.due() == []
    assert isinstance(told.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1)), Refusal)

    assert told.ask(ask.ConfirmStep(), "bo") == ev.StepConfirmed("code", request)

    assert execution.of("code").confirmed == "bo"
    assert told.due() == [StartStep(execution, execution.steps[0], 1)]
    told.run_step("code", request, "passed")
    assert waits(execution) == (None, False)


def test_only_what_waits_is_confirmed_and_only_once() -> None:
    told, _, _ = rollback(persons("alert"), confirmed(command("code")), confirmed(command("more")))
    assert str(told.ask(ask.ConfirmStep("code"))) == "no step waits to be confirmed: status shows what waits"
    told.must(ask.MarkStep("alert"))
    assert isinstance(told.ask(ask.ConfirmStep("more")), Refusal)
    told.must(ask.ConfirmStep("code"))
    assert isinstance(told.ask(ask.ConfirmStep("code")), Refusal)


def test_a_restart_withdraws_the_confirmation_and_resuming_is_none() -> None:
    told, _, execution = rollback(confirmed(command("code")))
    told.must(ask.ConfirmStep())
    told.start_supervisor()
    assert told.due() == []
    told.must(ask.Resume())
    assert waits(execution) == ("code", True)
    assert told.due() == []
    told.must(ask.ConfirmStep())
    assert len(told.due()) == 1


def test_what_is_held_is_resumed_before_it_is_confirmed() -> None:
    told, _, _ = rollback(confirmed(command("code")))
    told.start_supervisor()
    assert str(told.ask(ask.ConfirmStep())) == "“code” waits since the supervisor's restart: resume comes first"


def test_a_retry_is_confirmed_anew_and_the_tools_own_second_try_is_not() -> None:
    told, request, execution = rollback(replace(confirmed(command("code")), attempts=2, idempotent=True))
    told.must(ask.ConfirmStep())
    told.run_step("code", request, "failed")
    assert len(told.due()) == 1, "the plan lets it be tried twice"
    told.run_step("code", request, "failed", attempt=2)
    assert waits(execution) == ("code", False)
    told.must(ask.Retry("code"))
    assert waits(execution) == ("code", True)


def test_a_watch_and_a_branch_are_confirmed_like_a_command() -> None:
    steps = (confirmed(watch("recovery")), confirmed(branch("if-not", "recovery", command("code"), command("state"))))
    told, request, execution = rollback(*steps)
    assert isinstance(told.record(ev.WatchStarted("recovery", request)), Refusal)
    told.must(ask.ConfirmStep("recovery"))
    assert told.due() == [ev.WatchStarted("recovery", request)]
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "failed", "fail", "98 %"))

    assert waits(execution) == ("if-not", True)
    assert told.due() == []
    answer = told.ask(ask.MarkStep("if-not", "passed", "by hand"))
    assert str(answer) == "“if-not” holds other steps: confirm it, skip it, or abort"
    told.must(ask.ConfirmStep("if-not"))
    told.run_step("code", request, "passed")
    assert waits(execution) == (None, False)
    told.start_supervisor()
    told.must(ask.Resume())
    told.run_step("state", request, "passed")


def test_a_branch_that_is_not_confirmed_can_be_skipped_with_all_that_it_holds() -> None:
    told, request, execution = rollback(
        watch("recovery"), confirmed(branch("if-not", "recovery", command("code"))), persons("document")
    )
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "failed", "fail", "98 %"))
    told.must(ask.Skip("if-not", "the load is gone"))
    assert waits(execution) == ("document", False)
    told.must(ask.MarkStep("document"))
    assert (execution.next_step(), str(execution.result())) == (None, "passed")
    assert told.states()["code"] == "not applicable"


def test_a_step_that_waits_to_be_confirmed_can_be_skipped_or_marked_with_a_reason() -> None:
    told, _, execution = rollback(confirmed(command("code")), replace(confirmed(command("more")), required=True))
    answer = told.ask(ask.MarkStep("code"))
    assert isinstance(answer, Refusal)
    assert (answer.because, answer.message) == (Because.REASON, "“code” is run by the tool")
    told.must(ask.Skip("code", "not needed"))
    assert str(told.ask(ask.Skip("more", "r"))) == "“more” is required: confirm it, mark how it ended, or abort"
    told.must(ask.MarkStep("more", "passed", "done by hand"))
    assert execution.next_step() is None


def test_a_persons_step_needs_no_confirmation_besides_the_persons_word() -> None:
    told, _, execution = rollback(confirmed(persons("alert")))
    assert waits(execution) == ("alert", False)
    told.must(ask.MarkStep("alert"))


def test_starting_a_script_item_confirms_its_one_step_until_a_restart() -> None:
    item = script("run-it")
    spec = replace(item.spec, step=confirmed(command("run-it")))  # type: ignore[type-var]  # a script's spec
    told = Told(plan(section("a", replace(item, spec=spec), traffic="10%")))
    told.claim("run-it")
    assert len(told.due()) == 1
    told.start_supervisor()
    told.must(ask.Resume())
    assert told.due() == []
    told.must(ask.ConfirmStep())
    assert len(told.due()) == 1


def test_a_step_that_could_not_start_waits_and_is_retried_skipped_or_aborted() -> None:
    told, request, execution = rollback(command("first"), command("flags"), command("after"))
    assert isinstance(told.record(ev.StepRefused("flags", request, "changed")), Refusal), "it is not its turn"
    told.run_step("first", request, "passed")
    told.record(ev.StepRefused("flags", request, "flags.sh has changed"))
    progress = execution.of("flags")
    assert (str(progress.state), str(progress.outcome), progress.reason) == (
        "ended",
        "never_started",
        "flags.sh has changed",
    )
    assert waits(execution) == ("flags", False)
    assert told.due() == []
    assert isinstance(told.record(ev.StepRefused("flags", request, "again")), Refusal)
    told.must(ask.Retry("flags"))
    told.run_step("flags", request, "passed")
    assert execution.next_step() == command("after")
