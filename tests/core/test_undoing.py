"""Taking back what an execution did: in reverse order, whatever the outcomes, and never twice."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.execution import Execution
from qudag_tui.core.narration import words
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.step import OnFailure, Step
from tests.core.building import Told, branch, command, manual, persons, plan, script, section, watch


def undoable(name: str) -> Step:
    return replace(command(name), undo=("undo", name), on_failure=OnFailure.CONTINUE, timeout_seconds=60.0)


def run_of(*steps: Step) -> Told:
    return Told(plan(section("a", manual("x"), script("run-it"), traffic="10%"), rollback=steps, other=[command("o")]))


def undo(told: Told, *, stop_first: bool = False) -> Execution:
    told.must(ask.Execute("rollback", "wrong", stop_first, undo=True))
    return told.state.executions[told.state.head_seq]


def test_every_step_that_was_started_and_has_an_undo_is_undone_the_last_one_first() -> None:
    told = run_of(
        persons("alert"),
        undoable("passed"),
        command("no-undo"),
        undoable("failed"),
        watch("recovery"),
        branch("if-not", "recovery", undoable("inside")),
        undoable("unknown"),
        undoable("not-reached"),
    )
    request = told.claim("rollback")
    told.must(ask.MarkStep("alert"))
    told.run_step("passed", request, "passed")
    told.run_step("no-undo", request, "passed")
    told.run_step("failed", request, "failed")
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "failed", "fail", "98 %"))
    told.run_step("inside", request, "timed_out")
    told.run_step("unknown", request, "unknown")
    told.must(ask.Abort())
    told.record(ev.ExecutionFinished(request, "cancelled"))

    execution = undo(told)

    assert [(step.id, step.text, step.run, step.timeout_seconds) for step in execution.steps] == [
        ("unknown:undo", "Undo: unknown", ("undo", "unknown"), 60.0),
        ("inside:undo", "Undo: inside", ("undo", "inside"), 60.0),
        ("failed:undo", "Undo: failed", ("undo", "failed"), 60.0),
        ("passed:undo", "Undo: passed", ("undo", "passed"), 60.0),
    ]
    assert all(s.parent is None and s.depth == 0 and s.on_failure is OnFailure.ASK for s in execution.steps)
    assert execution.label == "undo of rollback"


def test_what_never_started_is_not_undone() -> None:
    told = run_of(undoable("flags"))
    request = told.claim("rollback")
    told.run_step("flags", request, "never_started")
    answer = told.ask(ask.Execute("rollback", undo=True, stop_first=True))
    assert str(answer) == "nothing of “rollback” can be taken back: no step that has an undo was started"


def test_an_undo_is_executed_step_by_step_and_what_it_took_back_is_open_again() -> None:
    told = run_of(undoable("one"), undoable("two"))
    request = told.claim("rollback")
    told.run_step("one", request, "passed")
    told.run_step("two", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.states()["one"] == "done"
    held = told.state.phases["a"].held_seq

    execution = undo(told)
    told.record(ev.RequestClaimed(execution.request))
    told.run_step("two:undo", execution.request, "passed")
    told.run_step("one:undo", execution.request, "failed")

    assert (told.states()["two"], told.states()["one"]) == ("open", "done")
    assert told.state.phases["a"].held_seq == held, "an undo is no rollback"
    assert execution.waits_for == execution.steps[1]
    told.must(ask.Abort())
    told.record(ev.ExecutionFinished(execution.request, "cancelled"))
    assert [step.id for step in undo(told).steps] == ["one:undo"], "what was taken back is not taken back again"


def test_a_step_that_ran_again_can_be_undone_again() -> None:
    told = run_of(undoable("one"), undoable("two"))
    request = told.claim("rollback")
    told.run_step("one", request, "failed")
    told.run_step("two", request, "failed")
    told.record(ev.ExecutionFinished(request, "failed"))
    first = undo(told)
    told.record(ev.RequestClaimed(first.request))
    told.run_step("two:undo", first.request, "passed")
    told.run_step("one:undo", first.request, "passed")
    told.record(ev.ExecutionFinished(first.request, "passed"))
    assert isinstance(told.ask(ask.Execute("rollback", undo=True)), Refusal)

    told.must(ask.Retry("two"))
    told.run_step("two", request, "passed", attempt=2)
    told.record(ev.ExecutionFinished(request, "failed"))

    assert [step.id for step in undo(told).steps] == ["two:undo"]


def test_a_step_that_two_rollbacks_ran_is_taken_back_once() -> None:
    """Once the newer one was taken back, the same undo was offered again, of the older one."""
    told = run_of(undoable("one"), undoable("two"))
    for steps in (("one", "two"), ("one",)):
        request = told.claim("rollback")
        for step in steps:
            told.run_step(step, request, "passed")
        told.must(ask.Abort())
        told.record(ev.ExecutionFinished(request, "cancelled"))
    first = undo(told)
    assert [step.id for step in first.steps] == ["one:undo"]
    told.record(ev.RequestClaimed(first.request))
    told.run_step("one:undo", first.request, "passed")
    told.record(ev.ExecutionFinished(first.request, "passed"))

    assert [step.id for step in undo(told).steps] == ["two:undo"], "only the older one ran this"


def test_a_running_rollback_is_stopped_first_and_undone_once_that_is_confirmed() -> None:
    told = run_of(undoable("one"), undoable("two"))
    request = told.claim("rollback")
    assert not isinstance(told.record(ev.StepStarted("one", request, 1, 10, 1, 9, 1)), Refusal)
    answer = told.ask(ask.Execute("rollback", undo=True))
    assert isinstance(answer, Refusal)
    assert (answer.because, answer.message) == (Because.CONFIRM, "“one” has not ended")

    execution = undo(told, stop_first=True)

    assert told.state.executions[request].aborted_by == "ana"
    assert [step.id for step in execution.steps] == ["one:undo"]
    told.record(ev.RequestClaimed(execution.request))
    assert isinstance(told.record(ev.StepStarted("one:undo", execution.request, 1, 11, 1, 9, 1)), Refusal)
    told.record(ev.StepEnded("one", request, 1, "cancelled"))
    told.record(ev.ExecutionFinished(request, "cancelled"))
    told.run_step("one:undo", execution.request, "passed")
    assert told.due() == [ev.ExecutionFinished(execution.request, "passed")]


def test_a_script_item_that_was_undone_is_open_again() -> None:
    item = script("run-it")
    spec = replace(item.spec, step=undoable("run-it"))  # type: ignore[type-var]  # a script's spec
    told = Told(plan(section("a", replace(item, spec=spec), traffic="10%")))
    request = told.claim("run-it")
    told.run_step("run-it", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.states() == {"run-it": "done"}

    told.must(ask.Execute("run-it", undo=True))
    again = told.state.head_seq
    told.record(ev.RequestClaimed(again))
    told.run_step("run-it:undo", again, "passed")

    assert told.states() == {"run-it": "open"}
    assert told.state.done[""] == 0


def test_a_forged_undo_of_nothing_has_no_steps() -> None:
    told = run_of(undoable("one"))
    seq = told.tell(ev.ExecutionRequested("rollback", undoes=4711))
    assert told.state.executions[seq].steps == ()


def test_a_rollback_wins_over_what_is_asked_for_and_not_yet_taken_on() -> None:
    told = run_of(undoable("one"))
    told.must(ask.Execute("drain"))
    first = told.state.head_seq
    answer = told.ask(ask.Execute("rollback"))
    assert isinstance(answer, Refusal)
    assert (answer.because, answer.message) == (Because.CONFIRM, "“drain” is asked for and has not started")

    told.must(ask.Execute("rollback", stop_first=True))

    request = told.state.head_seq
    assert told.due() == [ev.ExecutionFinished(first, "cancelled"), ev.RequestClaimed(request)]
    assert isinstance(told.record(ev.RequestClaimed(first)), Refusal)
    told.record(ev.ExecutionFinished(first, "cancelled"))
    told.record(ev.RequestClaimed(request))
    assert told.state.active_execution is told.state.executions[request]


def test_the_same_again_is_refused_while_it_is_asked_for_or_runs() -> None:
    told = run_of(persons("alert"))
    told.must(ask.Execute("rollback"))
    assert str(told.ask(ask.Execute("rollback"))) == "“rollback” is already asked for: wait, or abort it"
    told.record(ev.RequestClaimed(told.state.head_seq))
    assert str(told.ask(ask.Execute("rollback"))) == (
        "“rollback” is running: abort it first, or retry one of its steps"
    )


def test_what_is_stopped_first_is_named_by_the_step_that_it_waits_at() -> None:
    told = Told(plan(section("a", manual("x"), traffic="10%"), rollback=[command("r")], other=[persons("p")]))
    told.claim("drain")
    assert str(told.ask(ask.Execute("rollback"))) == "“p” has not ended: confirm that it is stopped first"


def test_a_rollback_that_is_held_is_resumed_or_aborted_and_not_started_again() -> None:
    told = run_of(persons("alert"))
    told.claim("rollback")
    told.start_supervisor()
    assert str(told.ask(ask.Execute("rollback", stop_first=True))) == (
        "“rollback” waits since the supervisor's restart: resume it, or abort it first"
    )


def test_a_request_that_is_held_since_a_restart_is_replaced_by_a_new_one() -> None:
    told = run_of(undoable("one"))
    told.must(ask.Execute("rollback"))
    old = told.state.head_seq
    told.start_supervisor()
    told.must(ask.Execute("rollback", stop_first=True))
    assert told.due() == [ev.ExecutionFinished(old, "cancelled"), ev.RequestClaimed(told.state.head_seq)]


def test_a_rollback_stops_a_persons_step_a_watch_and_what_is_held() -> None:
    for steps, last in (([persons("p")], None), ([watch("w")], ev.WatchStarted)):
        told = Told(plan(section("a", manual("x"), traffic="10%"), rollback=[command("r")], other=steps))
        request = told.claim("drain")
        if last is not None:
            told.record(last("w", request))
        told.start_supervisor()
        told.must(ask.Execute("rollback", stop_first=True))
        for _ in range(4):
            for action in told.due():
                if isinstance(action, ev.Fact):
                    told.record(action)
        assert str(told.state.executions[request].outcome) == "cancelled"
        active = told.state.active_execution
        assert active is not None
        assert (active.target, active.held) == ("rollback", False)


def test_a_run_is_closed_as_rolled_back_without_a_reason_only_after_a_rollback_that_passed() -> None:
    told = run_of(undoable("one"))
    answers = [str(told.ask(ask.CloseRun("rolled-back")))]
    request = told.claim("rollback")
    told.run_step("one", request, "failed")
    told.must(ask.Abort())
    told.record(ev.ExecutionFinished(request, "cancelled"))
    answers.append(str(told.ask(ask.CloseRun("rolled-back"))))
    request = told.claim("rollback")
    told.run_step("one", request, "passed")
    told.record(ev.ExecutionFinished(request, "passed"))
    execution = undo(told)
    told.record(ev.RequestClaimed(execution.request))
    told.run_step("one:undo", execution.request, "passed")
    told.record(ev.ExecutionFinished(execution.request, "passed"))
    answers.append(str(told.ask(ask.CloseRun("rolled-back"))))
    end = ": say how you know that the release is back"
    assert answers == [
        "no rollback was executed in this run" + end,
        "the last rollback is cancelled" + end,
        "steps of the last rollback were undone" + end,
    ]
    told.must(ask.CloseRun("rolled-back", "by hand, the version page says v1"))


def test_words_say_what_was_undone_confirmed_refused_and_taken_over() -> None:
    told = run_of(undoable("one"))
    request = told.claim("rollback")
    told.run_step("one", request, "failed")
    undo(told, stop_first=True)
    said = told.state.head_seq
    for fact in (
        ev.StepStarted("one:undo", said, 1, 5, 1, 4, 1),
        ev.StepConfirmed("one", request),
        ev.StepRefused("one", request, "x.sh has changed"),
        ev.SupervisorStarted(7, 1, 1, "0", took_over=6),
    ):
        told.tell(fact)
    targets: dict[int, str] = {}
    lines = [words(event, told.state.plan, targets) for event in told.journal]
    assert lines[-5:] == [
        "asked for the undo of the rollback and stopped what ran: “wrong”",
        "started “Undo: one”, pid 5",
        "confirmed that “one” may start",
        "did not start “one”: x.sh has changed",
        "the supervisor started, pid 7, in place of pid 6, which did not leave in order",
    ]
