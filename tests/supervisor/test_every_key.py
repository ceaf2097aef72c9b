"""Every key of a step, in the rollback, in another procedure and in a script item, with a real supervisor."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from contextlib import suppress

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import ConfirmStep, Execute, Resume, Retry
from qudag_tui.core.step import Outcome
from qudag_tui.supervisor.attempt import Launch, ShimError, Shims
from tests.supervisor.supervised import CANARY, HEAD, LIST, Supervised, step

Build = Callable[..., Supervised]

WHERE = ["rollback", "drain", "deploy"]
ITEM = f"{CANARY}[[checklists.sections.items]]\n"


def run_of(supervised: Build, where: str, keys: str) -> tuple[Supervised, str]:
    """A run of a file whose one step stands in ``where``, and what executes it."""
    body = f'id = "s"\ntext = "s"\n{keys}'
    if where == "deploy":
        return supervised(head=HEAD, checklists=ITEM + body), "s"
    return supervised(head=HEAD, checklists=f"{LIST}[[procedures.{where}.steps]]\n{body}"), where


@pytest.mark.parametrize("where", WHERE)
def test_shell_environment_folder_and_secrets_reach_the_command(supervised: Build, where: str) -> None:
    run, target = run_of(
        supervised,
        where,
        "shell = true\nrun = '''pwd > out; echo \"$MODE $TOKEN ${HIDDEN:-none}\" >> out; echo \"$TOKEN\"'''\n"
        'cwd = "below"\nenv = { MODE = "hard way" }\nsecrets = ["TOKEN"]\ntarget = "30s"\n',
    )
    (run.folder / "below").mkdir()
    run.start(TOKEN="hunter2hunter2", HIDDEN="no")
    run.ask(Execute(target))

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("below/out") == [f"{run.folder}/below", "hard way hunter2hunter2 none"]
    assert run.output("s") == b"*****\n"


@pytest.mark.parametrize("where", WHERE)
def test_a_timeout_ends_it_after_its_grace_and_it_is_tried_as_often_as_the_plan_says(
    supervised: Build, where: str
) -> None:
    run, target = run_of(
        supervised,
        where,
        "run = ['sh', '-c', 'trap \"echo term >> terms\" TERM; echo try >> tries; while :; do sleep 0.05; done']\n"
        'timeout = "300ms"\ngrace = "200ms"\nattempts = 2\nidempotent = true\non_failure = "continue"\n',
    )
    run.start()
    run.ask(Execute(target))

    assert run.until_over().outcome is Outcome.FAILED
    assert run.outcomes() == {"s": "timed_out"}
    assert (run.lines("tries"), run.lines("terms")) == (["try", "try"], ["term", "term"])


@pytest.mark.parametrize("where", ["rollback", "drain"])
def test_what_is_to_be_confirmed_starts_after_the_confirmation_and_never_by_resuming(
    supervised: Build, where: str
) -> None:
    run, target = run_of(supervised, where, 'run = ["touch", "ran"]\nconfirm = true\nrequired = true\n')
    run.start()
    request = run.ask(Execute(target)).seq
    run.until(lambda state: state.executions[request].waits_for_confirmation)
    run.ask(ConfirmStep())
    run.until_over()
    assert (run.folder / "ran").exists()

    (run.folder / "ran").unlink()
    request = run.ask(Execute(target)).seq
    run.until(lambda state: state.executions[request].waits_for_confirmation)
    run.kill()
    run.start()
    run.ask(Resume())
    measured_again(run)
    assert run.state.executions[request].waits_for_confirmation
    assert not (run.folder / "ran").exists()
    run.ask(ConfirmStep("s"))
    assert run.until_over().outcome is Outcome.PASSED
    assert (run.folder / "ran").exists()


def measured_again(run: Supervised) -> None:
    """Wait for two newer samples: the supervisor has turned meanwhile, and what was due was done."""
    for _ in range(2):
        run.until(lambda _: "fine" in run.standings("metric"))
        seen = run.standings("metric")["fine"]["at"]
        run.until(lambda _, seen=seen: run.standings("metric")["fine"]["at"] != seen)  # type: ignore[misc]  # bound at once


def test_a_script_item_that_is_to_be_confirmed_is_confirmed_by_its_start(supervised: Build) -> None:
    run, target = run_of(supervised, "deploy", 'run = ["touch", "ran"]\nconfirm = true\n')
    run.start()
    run.ask(Execute(target))
    assert run.until_over().outcome is Outcome.PASSED


@pytest.mark.parametrize("where", WHERE)
def test_what_was_done_is_undone_in_the_environment_of_its_step(supervised: Build, where: str) -> None:
    run, target = run_of(
        supervised,
        where,
        "shell = true\nrun = 'echo \"did $MODE\" >> did; exit 3'\n"
        "undo = 'echo \"undid $MODE $QUDAG_TUI_STEP\" >> did; pwd'\n"
        'cwd = "below"\nenv = { MODE = "hard" }\nattempts = 2\nidempotent = true\non_failure = "continue"\n',
    )
    (run.folder / "below").mkdir()
    run.start()
    run.ask(Execute(target))
    run.until_over()
    run.ask(Execute(target, undo=True))

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("below/did") == ["did hard", "did hard", "undid hard s:undo"]
    assert run.output("s:undo").decode() == f"{run.folder}/below\n"


def test_a_rollback_that_still_runs_is_stopped_and_undone_in_reverse_order_by_one_word(supervised: Build) -> None:
    def undoable(name: str, script: str, **keys: str) -> str:
        return step(name, script, undo=f'["sh", "-c", "echo {name} >> undone"]', **keys)

    run = supervised(
        undoable("one", "true"),
        undoable("two", "exit 3", on_failure='"continue"'),
        undoable("three", "touch began; sleep 100", grace='"100ms"'),
        undoable("four", "true"),
    )
    run.start()
    run.rollback()
    run.until(lambda _: (run.folder / "began").exists())
    run.ask(Execute("rollback", undo=True, stop_first=True))

    assert run.until_over().outcome is Outcome.PASSED
    assert run.lines("undone") == ["three", "two", "one"]
    assert run.outcomes()["three"] == "cancelled"


def test_an_undo_whose_script_changed_does_not_run_until_it_is_as_it_was(supervised: Build) -> None:
    run = supervised(step("one", "true", undo='["sh", "undo.sh"]'), step("two", "false"), trusted=False)
    (run.folder / "undo.sh").write_text("touch undone\n")
    run.trust()
    run.start()
    request = run.rollback().request
    run.until(lambda state: state.executions[request].waits_for)
    (run.folder / "undo.sh").write_text("touch other\n")
    again = run.ask(Execute("rollback", undo=True, stop_first=True)).seq
    run.until(lambda state: state.executions[again].state.is_over or state.executions[again].waits_for)
    assert run.facts(ev.RequestRefused) == [ev.RequestRefused(again, "undo.sh has changed since ana trusted it")]
    (run.folder / "undo.sh").write_text("touch undone\n")
    run.ask(Execute("rollback", undo=True))
    assert run.until_over().outcome is Outcome.PASSED
    assert (run.folder / "undone").exists()
    assert not (run.folder / "other").exists()


def test_a_step_that_cannot_start_leaves_what_was_done_as_it_is(supervised: Build) -> None:
    run = supervised(step("one", "true"), step("two", run='["sh", "two.sh"]'), trusted=False)
    (run.folder / "two.sh").write_text("touch two\n")
    run.trust()
    run.start()
    (run.folder / "two.sh").chmod(0o666)
    request = run.rollback().request
    run.until(lambda state: state.executions[request].state.is_over or state.executions[request].waits_for)
    assert run.facts(ev.RequestRefused), "before anything was started the whole is refused"
    (run.folder / "two.sh").chmod(0o600)
    request = run.rollback().request
    assert run.until_over().outcome is Outcome.PASSED
    with pytest.raises(AssertionError, match="has no failed attempt"):
        run.ask(Retry("two"))


def test_a_supervisor_that_takes_over_from_one_that_was_killed_says_so(supervised: Build) -> None:
    run = supervised(step("alert"))
    run.start()
    first = run.facts(ev.SupervisorStarted)[0]
    run.kill()
    run.start()
    run.kill(15)
    run.start()
    started = [fact for fact in run.facts(ev.SupervisorStarted) if isinstance(fact, ev.SupervisorStarted)]
    assert isinstance(first, ev.SupervisorStarted)
    assert [fact.took_over for fact in started] == [0, first.pid, 0]


@pytest.mark.parametrize("spare", range(5))
def test_a_shim_that_cannot_be_started_says_so_however_little_is_left(spare: int) -> None:
    """With so few file descriptors left the socket or the fork fails; never the supervisor itself."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    shims, loop = Shims(), asyncio.new_event_loop()
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken) + 20, before[1]))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(spare):
            os.close(taken.pop())
        with pytest.raises(ShimError, match=r"could not be started: .*Too many open files"):
            loop.run_until_complete(shims.start(Launch(("true",), {}, "/"), -1, -1, lambda: b""))
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        loop.close()
