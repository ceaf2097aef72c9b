from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort, Execute, MarkStep, Resume, Retry, Skip
from qudag_tui.core.step import Outcome
from qudag_tui.run.supervision import supervisor_holder
from tests.supervisor.shimmed import is_running
from tests.supervisor.supervised import Supervised, canary, step
from tests.waiting import until

Build = Callable[..., Supervised]


def aim(run: Supervised) -> str:
    """For what the supervisor's lock is held, by its own word."""
    holder = supervisor_holder(run.run.folder)
    return holder.aim if holder is not None else ""


def test_a_procedure_runs_step_by_step_to_its_end(supervised: Build) -> None:
    run = supervised(
        step("alert"),
        step(
            "flags", 'echo "$QUDAG_TUI_RUN $QUDAG_TUI_STEP $QUDAG_TUI_RELEASE $QUDAG_TUI_PREVIOUS"; echo flags >> done'
        ),
        step("recovery", until='"fine < 5"', within='"20s"'),
        step("not-recovered", unless='"recovery"', steps='[{ id = "code", text = "Code", run = ["touch", "code"] }]'),
        step("again", "echo again >> done; pwd"),
    )
    run.start()
    request = run.rollback().request
    run.until(lambda state: state.executions[request].waits_for)
    run.until(lambda _: aim(run) == "supervise, now to execute rollback, which waits for a person: “alert”")
    assert run.lines("done") == []
    run.ask(MarkStep("alert"))

    execution = run.until_over()

    assert execution.outcome is Outcome.PASSED
    assert run.outcomes() == {"alert": "passed", "flags": "passed", "recovery": "passed", "again": "passed"}
    assert run.lines("done") == ["flags", "again"]
    assert run.output("flags").decode() == f"{run.run.folder.id} flags v2 v1\n"
    assert run.output("again").decode() == f"{run.folder}\n"
    assert not (run.folder / "code").exists()
    assert run.kinds() == [
        "run created",
        "supervisor started",
        "execution requested",
        "request claimed",
        "step marked",
        "step started",
        "step ended",
        "watch started",
        "watch ended",
        "step started",
        "step ended",
        "execution finished",
    ]
    watch = run.facts(ev.WatchEnded)
    assert watch == [ev.WatchEnded("recovery", request, "passed", "pass", "1, limit 5 · held in the last 3 slots")]
    assert execution.of("flags").attempts[0].log == f"logs/{request:04d}-flags.1.log"


@pytest.mark.parametrize(
    ("metric", "verdict"),
    [("bad", "fail"), ("blind", "unknown")],
)
def test_what_has_not_recovered_at_the_deadline_takes_the_branch(supervised: Build, metric: str, verdict: str) -> None:
    run = supervised(
        step("recovery", until=f'"{metric} < 5"', within='"500ms"'),
        step("not-recovered", unless='"recovery"', steps='[{ id = "code", text = "Code", run = ["touch", "code"] }]'),
    )
    run.start()
    run.rollback()

    execution = run.until_over()

    assert execution.outcome is Outcome.PASSED
    assert run.outcomes() == {"recovery": "failed", "code": "passed"}
    assert [fact.verdict for fact in run.facts(ev.WatchEnded) if isinstance(fact, ev.WatchEnded)] == [verdict]
    assert (run.folder / "code").exists()


def test_a_failed_step_waits_and_can_be_retried_skipped_or_marked(supervised: Build) -> None:
    run = supervised(
        step("first", "echo try >> first; test $(wc -l < first) -ge 2"),
        step("second", "exit 3"),
        step("third", "exit 4"),
        step("fourth", "exit 5", on_failure='"continue"'),
        step("fifth", "echo fifth >> fifth"),
    )
    run.start()
    request = run.rollback().request

    def waiting_for(name: str) -> None:
        def waits() -> bool:
            found = run.state.executions[request].waits_for
            return found is not None and found.id == name

        run.until(lambda _: waits())

    waiting_for("first")
    run.ask(Retry("first"))
    waiting_for("second")
    run.ask(Skip("second", "not today"))
    waiting_for("third")
    run.ask(MarkStep("third", "passed", "I looked"))

    execution = run.until_over()

    assert execution.outcome is Outcome.FAILED
    assert run.outcomes() == {
        "first": "passed",
        "second": "failed",
        "third": "passed",
        "fourth": "failed",
        "fifth": "passed",
    }
    assert run.lines("first") == ["try", "try"]
    assert run.lines("fifth") == ["fifth"]
    ended = [fact for fact in run.facts(ev.StepEnded) if isinstance(fact, ev.StepEnded)]
    assert [(fact.step, fact.attempt, fact.code) for fact in ended] == [
        ("first", 1, 1),
        ("first", 2, 0),
        ("second", 1, 3),
        ("third", 1, 4),
        ("fourth", 1, 5),
        ("fifth", 1, 0),
    ]


STUBBORN = (
    'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > grandchild; while :; do sleep 0.05; done" &) ; '
    "echo $$ > child; while :; do sleep 0.05; done"
)


def test_an_abort_ends_the_tree_and_nothing_after_it_starts(supervised: Build) -> None:
    run = supervised(step("stubborn", STUBBORN, grace='"200ms"'), step("after", "touch after"))
    run.start()
    run.rollback()
    until(lambda: run.lines("child") and run.lines("grandchild"))
    run.ask(Abort())

    execution = run.until_over()

    assert execution.outcome is Outcome.CANCELLED
    assert run.outcomes() == {"stubborn": "cancelled"}
    assert not is_running(int(run.lines("child")[0]))
    assert not is_running(int(run.lines("grandchild")[0]))
    assert not (run.folder / "after").exists()


def test_the_lock_says_which_step_it_is_held_for_and_ends_to_when_that_has_ended(supervised: Build) -> None:
    run = supervised(step("long", "while [ ! -e go ]; do sleep 0.05; done"))
    run.start()
    assert aim(run) == "supervise"
    run.rollback()
    run.until(lambda _: aim(run) == "supervise, now to execute rollback: “long”")
    (run.folder / "go").touch()
    run.until_over()
    run.until(lambda _: aim(run) == "supervise")


def test_a_timeout_is_the_steps_own(supervised: Build) -> None:
    run = supervised(step("slow", "sleep 100", timeout='"300ms"', grace='"100ms"', on_failure='"continue"'))
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.FAILED
    assert run.outcomes() == {"slow": "timed_out"}


def test_an_abort_while_it_watches_ends_the_watch(supervised: Build) -> None:
    run = supervised(step("recovery", until='"bad < 5"', within='"10m"'), step("after", "touch after"))
    run.start()
    run.rollback()
    run.until_kind("watch started")
    run.ask(Abort())

    assert run.until_over().outcome is Outcome.CANCELLED
    assert not (run.folder / "after").exists()


def test_a_script_item_is_executed_and_its_box_is_done(supervised: Build) -> None:
    run = supervised(step("alert"))
    run.start()
    run.ask(Execute("deploy"))

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("deploys") == ["deployed"]
    assert str(run.state.item_state(run.run.plan.items["deploy"])) == "done"


def test_a_rollback_stops_first_what_runs(supervised: Build) -> None:
    slow = '{ id = "deploy", text = "Deploy", run = ["sleep", "100"] }'
    run = supervised(step("flags", "echo flags >> done"), checklists=canary(slow))
    run.start()
    run.ask(Execute("deploy"))
    run.until_kind("step started")
    run.ask(Execute("rollback", stop_first=True))

    run.until_over()

    assert run.outcomes() == {"deploy": "cancelled", "flags": "passed"}
    assert run.lines("done") == ["flags"]
    assert run.state.phases["canary"].held == "rollback started by ana"


def test_nothing_of_an_untrusted_file_runs_and_a_persons_procedure_needs_no_trust(supervised: Build) -> None:
    run = supervised(step("flags", "touch ran"), trusted=False)
    run.start()
    execution = run.rollback()

    run.until(lambda state: state.executions[execution.request].state.is_over)

    assert run.facts(ev.RequestRefused) == [ev.RequestRefused(execution.request, "checklists.toml is not trusted")]
    assert not (run.folder / "ran").exists()

    people = supervised(step("alert"), trusted=False)
    people.start()
    people.rollback()
    people.until(lambda state: any(e.waits_for for e in state.executions.values()))


def test_a_script_that_changed_in_mid_procedure_waits_and_goes_on_once_it_is_as_it_was(supervised: Build) -> None:
    run = supervised(
        step("alert"), step("flags", run='["sh", "flags.sh"]'), step("after", "touch after"), trusted=False
    )
    (run.folder / "flags.sh").write_text("touch ran\n")
    run.trust()
    run.start()
    execution = run.rollback()
    run.until(lambda state: state.executions[execution.request].waits_for)
    (run.folder / "flags.sh").write_text("touch ran; echo more\n")
    run.ask(MarkStep("alert"))

    run.until_kind("step refused")

    assert run.facts(ev.StepRefused) == [
        ev.StepRefused("flags", execution.request, "flags.sh has changed since ana trusted it")
    ]
    assert run.outcomes()["flags"] == "never_started"
    assert not (run.folder / "ran").exists()

    (run.folder / "flags.sh").write_text("touch ran\n")
    run.ask(Retry("flags"))

    assert run.until_over().outcome is Outcome.PASSED
    assert (run.folder / "ran").exists()
    assert (run.folder / "after").exists()


@pytest.mark.parametrize("what", ["other text", "gone", "a folder", "a link to itself"])
def test_the_checklist_file_may_change_once_it_is_trusted(supervised: Build, what: str) -> None:
    run = supervised(step("flags", "echo flags >> done"))
    run.start()
    run.path.unlink()
    if what == "other text":
        run.path.write_text("no longer a checklist file")
    elif what == "a folder":
        run.path.mkdir()
    elif what == "a link to itself":
        run.path.symlink_to(run.path)
    run.rollback()

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("done") == ["flags"]


def test_secrets_reach_the_step_and_not_its_log_and_missing_ones_are_journaled(supervised: Build) -> None:
    run = supervised(
        step("flags", 'echo "token=$TOKEN other=${OTHER:-none} hidden=${HIDDEN:-none}"', secrets='["TOKEN", "OTHER"]')
    )
    run.start(TOKEN="hunter2hunter2", HIDDEN="not declared")
    run.rollback()
    run.until_over()

    started = run.facts(ev.SupervisorStarted)[0]
    assert isinstance(started, ev.SupervisorStarted)
    assert started.missing == ("OTHER",)
    assert run.output("flags") == b"token=***** other=none hidden=none\n"
    assert "hunter2" not in run.run.folder.journal.read_text()


def test_what_cannot_be_executed_fails_with_its_reason(supervised: Build) -> None:
    run = supervised(
        step("none", run='["./none"]', on_failure='"continue"'),
        step("folder", run='["./runs"]', on_failure='"continue"'),
        step("text", run='["./checklists.toml"]', on_failure='"continue"'),
        step("where", "true", cwd='"nowhere"', on_failure='"continue"'),
    )
    run.start()
    run.rollback()
    run.until_over()

    ended = [fact for fact in run.facts(ev.StepEnded) if isinstance(fact, ev.StepEnded)]
    assert [(fact.step, fact.outcome, fact.error) for fact in ended] == [
        ("none", "failed", "./none cannot be executed: No such file or directory"),
        ("folder", "failed", "./runs cannot be executed: it is a folder"),
        ("text", "failed", "./checklists.toml cannot be executed: Permission denied"),
        (
            "where",
            "failed",
            f"the step's folder {run.folder}/nowhere cannot be entered: No such file or directory",
        ),
    ]


def test_a_daemon_that_a_step_left_is_named_in_the_journal(supervised: Build) -> None:
    run = supervised(
        step(
            "flags",
            "setsid sleep 100 >/dev/null 2>&1 </dev/null & echo $! > daemon; "
            "until grep -q sleep /proc/$!/comm; do sleep 0.01; done",
        )
    )
    run.start()
    run.rollback()
    run.until_over()

    pid = int(run.lines("daemon")[0])
    ended = run.facts(ev.StepEnded)[0]
    assert isinstance(ended, ev.StepEnded)
    assert ended.left == (f"{pid} sleep",)
    os.kill(pid, signal.SIGKILL)


def test_the_state_folder_of_the_test_is_used_by_the_supervisor_too(supervised: Build) -> None:
    run = supervised(step("flags", "true"))
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.PASSED
    with pytest.raises(AssertionError, match="nothing waits for a confirmation"):
        run.ask(Resume())
