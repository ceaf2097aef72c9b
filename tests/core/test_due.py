"""What the supervisor has to do at a moment; and what it must never do by itself."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.due import CancelStep, JudgeWatch, StartStep, due
from qudag_tui.core.instant import Instant
from qudag_tui.core.refusal import Refusal
from tests.core.building import Told, branch, command, gate, manual, persons, plan, section, watch

FLAGS, CODE, RECOVERY = command("flags"), command("code"), watch("recovery", 300.0)
BRANCH = branch("if-not", "recovery", CODE)


def ready(*steps: object) -> Told:
    told = Told(plan(section("a", manual("x"), gate("g")), rollback=steps or (FLAGS, CODE)))  # type: ignore[arg-type]  # steps only
    told.start_supervisor()
    return told


def test_nothing_is_due_where_nothing_was_asked() -> None:
    assert ready().due() == []


def test_a_fresh_request_is_claimed_and_its_first_step_started() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    assert told.due() == [ev.RequestClaimed(request)]
    told.record(ev.RequestClaimed(request))
    execution = told.state.executions[request]
    assert told.due() == [StartStep(execution, FLAGS, 1)]


def test_a_request_that_nobody_claimed_in_time_expires_and_is_never_claimed() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    told.wait(30)
    assert told.due() == [ev.RequestExpired(request)]
    assert isinstance(told.record(ev.RequestClaimed(request)), Refusal)
    told.record(ev.RequestExpired(request))
    assert told.due() == []


def test_a_look_that_nobody_took_in_time_expires() -> None:
    told = ready()
    told.must(ask.Tick("g"))
    request = told.state.head_seq
    assert told.due() == []
    told.wait(30)
    assert told.due() == [ev.RequestExpired(request)]
    told.record(ev.RequestExpired(request))
    assert (told.due(), told.state.has_pending) == ([], False)


def test_steps_go_one_after_the_other() -> None:
    told = ready()
    request = told.claim("rollback")
    execution = told.state.executions[request]
    told.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1))
    assert told.due() == []
    told.record(ev.StepEnded("flags", request, 1, "passed"))
    assert told.due() == [StartStep(execution, CODE, 1)]
    told.run_step("code", request, "passed")
    assert told.due() == [ev.ExecutionFinished(request, "passed")]
    told.record(ev.ExecutionFinished(request, "passed"))
    assert told.due() == []


def test_a_persons_step_is_waited_for() -> None:
    told = ready(persons("alert"), FLAGS)
    request = told.claim("rollback")
    assert told.due() == []
    told.must(ask.MarkStep("alert"))
    assert told.due() == [StartStep(told.state.executions[request], FLAGS, 1)]


def test_a_retry_is_the_next_attempt() -> None:
    told = ready()
    request = told.claim("rollback")
    told.run_step("flags", request, "failed")
    assert told.due() == []
    told.must(ask.Retry("flags"))
    assert told.due() == [StartStep(told.state.executions[request], FLAGS, 2)]


def test_after_an_abort_what_runs_is_cancelled_and_nothing_else_starts() -> None:
    told = ready()
    request = told.claim("rollback")
    told.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1))
    told.must(ask.Abort())
    assert told.due() == [CancelStep(told.state.executions[request], FLAGS)]
    told.record(ev.StepEnded("flags", request, 1, "cancelled"))
    assert told.due() == [ev.ExecutionFinished(request, "cancelled")]


def test_an_aborted_request_is_finished_without_having_started() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    told.must(ask.Abort())
    assert told.due() == [ev.ExecutionFinished(request, "cancelled")]


def test_a_watch_starts_is_judged_until_its_deadline_and_leads_to_its_branch() -> None:
    told = ready(RECOVERY, BRANCH)
    request = told.claim("rollback")
    execution = told.state.executions[request]
    assert told.due() == [ev.WatchStarted("recovery", request)]
    told.record(ev.WatchStarted("recovery", request))
    told.wait(99)
    assert told.due() == [JudgeWatch(execution, RECOVERY, 200.0)]
    told.wait(1000)
    assert told.due() == [JudgeWatch(execution, RECOVERY, 0.0)]
    told.record(ev.WatchEnded("recovery", request, "failed", "unknown", "blind"))
    assert told.due() == [StartStep(execution, BRANCH.steps[0], 1)]


def test_a_wall_clock_that_is_behind_after_a_reboot_makes_no_watch_longer() -> None:
    told = ready(RECOVERY, BRANCH)
    request = told.claim("rollback")
    told.record(ev.WatchStarted("recovery", request))
    told.wait(99)
    told.must(ask.AddComment("x", "still here"))
    told.boot, told.seconds = "boot-2", told.seconds - 3600
    told.start_supervisor()
    told.must(ask.Resume())
    told.wait(198)
    assert told.due() == [JudgeWatch(told.state.executions[request], RECOVERY, 0.0)]


def test_an_aborted_watch_ends() -> None:
    told = ready(RECOVERY, BRANCH)
    request = told.claim("rollback")
    told.record(ev.WatchStarted("recovery", request))
    told.must(ask.Abort())
    ended = ev.WatchEnded("recovery", request, "cancelled", "unknown", "aborted by ana")
    assert told.due() == [ended]
    told.record(ended)
    assert told.due() == [ev.ExecutionFinished(request, "cancelled")]


def test_after_a_restart_nothing_starts_until_a_person_says_so() -> None:
    told = ready()
    request = told.claim("rollback")
    told.run_step("flags", request, "passed")
    told.start_supervisor()
    assert told.due() == []
    assert isinstance(told.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1)), Refusal)
    told.must(ask.Resume())
    assert told.due() == [StartStep(told.state.executions[request], CODE, 1)]


def test_a_step_that_outlived_its_supervisor_ends_with_its_outcome_and_the_next_one_waits() -> None:
    told = ready()
    request = told.claim("rollback")
    told.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1))
    told.start_supervisor()
    told.record(ev.StepEnded("flags", request, 1, "passed"))
    assert told.due() == []


def test_a_deadline_that_passed_during_a_restart_starts_no_branch_by_itself() -> None:
    told = ready(RECOVERY, BRANCH)
    request = told.claim("rollback")
    told.record(ev.WatchStarted("recovery", request))
    told.wait(1000)
    told.start_supervisor()
    assert told.due() == []
    told.must(ask.Resume())
    assert told.due() == [JudgeWatch(told.state.executions[request], RECOVERY, 0.0)]


def test_a_request_from_before_a_restart_waits_and_can_be_resumed_in_time() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    told.start_supervisor()
    assert told.due() == []
    told.wait(60)
    assert told.due() == [ev.RequestExpired(request)]
    told.must(ask.Resume())
    assert told.due() == [ev.RequestClaimed(request)]


def test_a_jump_of_the_wall_clock_expires_nothing() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    now = told.now
    jumped = Instant(now.wall + timedelta(hours=1), now.boot_ns, now.boot_id)
    assert due(told.state, jumped) == [ev.RequestClaimed(told.state.head_seq)]


def test_across_a_reboot_the_wall_clock_counts() -> None:
    told = ready()
    told.must(ask.Execute("rollback"))
    request = told.state.head_seq
    told.wait(3600)
    told.boot = "boot-2"
    assert told.due() == [ev.RequestExpired(request)]


def test_the_newer_request_starts_once_what_it_stops_has_ended() -> None:
    told = Told(plan(section("a", manual("x")), rollback=[FLAGS], other=[command("drain-it")]))
    told.start_supervisor()
    drain = told.claim("drain")
    told.record(ev.StepStarted("drain-it", drain, 1, 10, 1, 9, 1))
    rollback = told.claim("rollback", stop_first=True)
    executions = told.state.executions
    assert told.due() == [CancelStep(executions[drain], command("drain-it"))]
    told.record(ev.StepEnded("drain-it", drain, 1, "cancelled"))
    assert told.due() == [ev.ExecutionFinished(drain, "cancelled"), StartStep(executions[rollback], FLAGS, 1)]


@given(st.data())
def test_whatever_people_do_no_step_runs_twice_at_once_and_each_attempt_is_started_once(data: st.DataObject) -> None:
    told = Told(
        plan(
            section("a", manual("x")), rollback=[persons("alert"), FLAGS, RECOVERY, BRANCH], other=[command("drain-it")]
        )
    )
    told.start_supervisor()
    steps = st.sampled_from(["alert", "flags", "recovery", "code", "drain-it"])
    for _ in range(data.draw(st.integers(1, 25))):
        choice = data.draw(st.sampled_from(["ask", "people", "due", "end", "restart", "wait"]))
        if choice == "ask":
            target = data.draw(st.sampled_from(["rollback", "drain"]))
            told.ask(ask.Execute(target, stop_first=data.draw(st.booleans())))
        elif choice == "people":
            step = data.draw(steps)
            intents: list[ask.Intent] = [ask.Abort(), ask.Resume(), ask.Retry(step), ask.Skip(step, "r")]
            told.ask(data.draw(st.sampled_from([*intents, ask.MarkStep(step, "passed", "r")])))
        elif choice == "due":
            for action in told.due():
                if isinstance(action, StartStep):
                    request = action.execution.request
                    told.record(ev.StepStarted(action.step.id, request, action.attempt, 10, 1, 9, 1))
                elif isinstance(action, ev.Fact):
                    told.record(action)
        elif choice == "end":
            running = [(e, e.running_step) for e in told.state.executions.values() if e.running_step is not None]
            for execution, step_running in running:
                assert step_running is not None
                number = len(execution.of(step_running.id).attempts)
                outcome = data.draw(st.sampled_from(["passed", "failed", "timed_out", "unknown"]))
                told.record(ev.StepEnded(step_running.id, execution.request, number, outcome))
                told.record(ev.WatchEnded(step_running.id, execution.request, "failed", "unknown", ""))
        elif choice == "restart":
            told.start_supervisor()
        else:
            told.wait(data.draw(st.sampled_from([1, 31, 400])))
        busy = [e for e in told.state.executions.values() if e.running_step is not None]
        assert len(busy) <= 1
    started = [
        (e.fact.request, e.fact.step, e.fact.attempt) for e in told.journal if isinstance(e.fact, ev.StepStarted)
    ]
    assert len(started) == len(set(started))


def test_what_waits_since_a_restart_is_neither_claimed_nor_started_whoever_says_so() -> None:
    asked, running = ready(), ready()
    asked.must(ask.Execute("rollback"))
    request = asked.state.head_seq
    claimed = running.claim("rollback")
    for told in (asked, running):
        told.start_supervisor()

    assert isinstance(asked.record(ev.RequestClaimed(request)), Refusal)
    assert isinstance(running.record(ev.StepStarted("flags", claimed, 1, 10, 1, 9, 1)), Refusal)
    for told in (asked, running):
        told.must(ask.Resume())
    assert asked.record(ev.RequestClaimed(request)) == ev.RequestClaimed(request)
    assert not isinstance(running.record(ev.StepStarted("flags", claimed, 1, 10, 1, 9, 1)), Refusal)
