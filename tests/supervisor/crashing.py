"""A rollback of five instant steps whose front end, supervisor and shims are killed, and the person who ends it."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from qudag_tui.cli.main import main as qudag_tui
from qudag_tui.core import event as ev
from qudag_tui.core.event import Actor, Event, Fact
from qudag_tui.core.execution import Execution, ExecutionState
from qudag_tui.core.instant import Instant
from qudag_tui.core.intent import Execute, MarkStep, Resume, Retry
from qudag_tui.core.step import Outcome
from qudag_tui.run.journal import Appended, Conflict, Journal, Position
from qudag_tui.run.process import is_alive
from qudag_tui.run.verify import verify
from qudag_tui.supervisor.__main__ import main as supervise
from tests.supervisor.supervised import ANA, Supervised, step
from tests.waiting import until

STEPS = tuple(f"step-{number}" for number in range(1, 6))
FRONT_END, SUPERVISOR, SHIM = "front end", "supervisor", "shim"
# What an undisturbed rollback writes, and so at which event which process can be killed.
KINDS = (
    *("run created", "supervisor started", "execution requested", "request claimed"),
    *("step started", "step ended") * len(STEPS),
    "execution finished",
)
PLAN = 'title = "A rollback"\n[[checklists]]\ntitle = "Day"\nitems = ["Look"]\n'


@dataclass(frozen=True, slots=True)
class Strike:
    """``victim`` is killed by whoever writes event ``seq``: right after it is on disk, or right before."""

    seq: int
    victim: str
    before: bool = False


class Rollback(Supervised):
    """Processes are forked from the test's own, so that a round takes a fraction of a second."""

    def __init__(self, folder: Path) -> None:
        """A trusted run in which each step adds a line to a file of its own whenever it runs."""
        steps = [step(name, f"echo ran >> count-{name}; echo out") for name in STEPS]
        super().__init__(folder, *steps, head=PLAN, checklists="")
        self.pids: dict[str, int] = {}
        self.looked = dict.fromkeys(STEPS, 0)

    # Processes

    def fork(self, role: str, work: Callable[[], int], strike: Strike | None = None) -> None:
        """A process that does ``work`` and is struck where ``strike`` says."""
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 99
            try:
                os.close(go)
                self._settle_down()
                if strike is not None:
                    self._arm(role, strike)
                os.read(ready, 1)
                status = work()
            except BaseException:  # noqa: BLE001  # whatever it is, the test's own process must not go on in a copy
                traceback.print_exc()
            finally:
                os._exit(status)
        self.pids[role] = pid
        (self.folder / f"{role}.pid").write_text(str(pid))
        os.close(ready)
        os.close(go)  # the end of the file is the word to begin

    def _settle_down(self) -> None:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(self.run.folder.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor, number in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(descriptor, number)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, closefd=False)  # noqa: SIM115  # they last as long as this process
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        warnings.simplefilter("ignore")

    def _arm(self, role: str, strike: Strike) -> None:
        real, shim, rollback = Journal.append, (0, 0), self

        def append(self: Journal, position: Position, at: Instant, actor: Actor, fact: Fact) -> Appended | Conflict:
            nonlocal shim
            if isinstance(fact, ev.StepStarted):
                shim = (fact.shim_pid, fact.shim_ticks)
            if strike.before and position.seq + 1 == strike.seq:
                rollback._strike(role, strike.victim, shim)
            done = real(self, position, at, actor, fact)
            if isinstance(done, Appended) and done.event.seq == strike.seq and not strike.before:
                rollback._strike(role, strike.victim, shim)
            return done

        Journal.append = append  # type: ignore[method-assign]  # in this process alone, to die at its very word

    def _strike(self, role: str, victim: str, shim: tuple[int, int]) -> None:
        if victim == role:
            os.kill(os.getpid(), signal.SIGKILL)
        elif victim != SHIM:
            os.kill(int((self.folder / f"{victim}.pid").read_text()), signal.SIGKILL)
        elif is_alive(*shim):
            os.kill(shim[0], signal.SIGKILL)

    def supervise(self, strike: Strike | None = None) -> None:
        """A supervisor in the foreground, once it has said that it started (or has died of it)."""
        before = self.kinds().count("supervisor started")
        self.fork(SUPERVISOR, lambda: supervise([str(self.run.folder.path), "--foreground"]), strike)
        self.until(lambda _: self.kinds().count("supervisor started") > before or self.has_ended(SUPERVISOR))

    def ask_for_it(self, strike: Strike | None = None) -> None:
        """``qudag-tui rollback --yes``, which asks and follows."""
        self.fork(FRONT_END, lambda: qudag_tui(["rollback", "--yes", "--run", str(self.run.folder.path)]), strike)

    def has_ended(self, role: str) -> bool:
        """Whether that process is not there (any more)."""
        pid = self.pids.get(role, 0)
        if pid and os.waitpid(pid, os.WNOHANG)[0]:
            self.pids.pop(role)
        return role not in self.pids

    def strike(self, victim: str) -> None:
        """Kill it now, from outside; a shim is whatever the supervisor has below it."""
        if self.has_ended(SUPERVISOR if victim == SHIM else victim):
            return
        if victim != SHIM:
            os.kill(self.pids[victim], signal.SIGKILL)
            return
        with suppress(psutil.Error):
            for child in psutil.Process(self.pids[SUPERVISOR]).children():
                child.kill()

    def close(self) -> None:
        """End what is left, also the supervisor that a front end has started."""
        for role in list(self.pids):
            if not self.has_ended(role):
                os.kill(self.pids[role], signal.SIGKILL)
                os.waitpid(self.pids.pop(role), 0)
        self.run.catch_up()
        for event in self.run.events:
            if isinstance(event.fact, ev.SupervisorStarted) and is_alive(event.fact.pid, event.fact.ticks):
                os.kill(event.fact.pid, signal.SIGKILL)
        super().close()

    # The person

    @property
    def execution(self) -> Execution | None:
        """The rollback as it was last asked for, if it ever was."""
        return next(iter(reversed(self.state.executions.values())), None)

    def finish(self) -> Execution:
        """What a person does from here, until it is over: starts a supervisor, confirms, looks, marks or retries."""
        self.until(lambda _: self._is_finished())
        execution = self.execution
        assert execution is not None
        return execution

    def _is_finished(self) -> bool:
        if self.execution is None or self.execution.state is ExecutionState.REFUSED:
            # Refused: its shim was killed before there was a step. The person begins again.
            self.run.submit(Execute("rollback"), ANA)
        if self._needs_a_supervisor():
            self.supervise()
        execution = self.execution
        if execution is None or execution.state.is_over:
            return execution is not None and execution.state is ExecutionState.FINISHED
        if execution.held:
            self.run.submit(Resume(), ANA)
        self._look(execution)
        return False

    def _needs_a_supervisor(self) -> bool:
        if not self.has_ended(SUPERVISOR):
            return False
        known = self.state.supervisor
        return known is None or not is_alive(known.started.pid, known.started.ticks)

    def _look(self, execution: Execution) -> None:
        waits = execution.waits_for
        if waits is None:
            return
        progress = execution.of(waits.id)
        if any(is_alive(tried.pid, tried.ticks) for tried in progress.attempts):
            return  # nobody follows it any more, and it is not over yet
        count = len(self.lines(f"count-{waits.id}"))
        has_run, self.looked[waits.id] = count > self.looked[waits.id], count
        assert progress.outcome in {None, Outcome.UNKNOWN, Outcome.NEVER_STARTED}, progress
        if has_run:
            assert progress.outcome is Outcome.UNKNOWN, progress
            self.ask(MarkStep(waits.id, "passed", f"its file says so: {count}"))
        else:
            self.ask(Retry(waits.id))

    # What must hold

    def must_hold(self) -> None:
        """The journal verifies, each step ran once a request, what is said of it is true, and nothing is left."""
        assert verify(self.run.folder).findings == ()
        ended = [fact for fact in self.facts(ev.StepEnded) if isinstance(fact, ev.StepEnded)]
        assert {fact.outcome for fact in ended} <= {"passed", "unknown", "never_started"}
        asked = len(self.facts(ev.ExecutionRequested))
        for name in STEPS:
            count, said = len(self.lines(f"count-{name}")), Counter(f.outcome for f in ended if f.step == name)
            told = f"{name} ran {count} times; {[str(event.fact) for event in self.run.events]}"
            assert 1 <= count <= asked, told
            assert said["passed"] <= count <= said["passed"] + said["unknown"], told
        execution = self.execution
        assert execution is not None
        assert execution.outcome is Outcome.PASSED
        assert [event for event in self.run.events if self._started_late(event)] == []
        for started in self.facts(ev.StepStarted):
            assert isinstance(started, ev.StepStarted)
            until(lambda one=started: not is_alive(one.shim_pid, one.shim_ticks))  # type: ignore[misc]  # bound at once

    def _started_late(self, event: Event) -> bool:
        """Whether a step was started after a supervisor's start without a person's word in between."""
        if not isinstance(event.fact, ev.StepStarted):
            return False
        before = self.run.events[: event.seq - 1]
        latest = max((e.seq for e in before if isinstance(e.fact, ev.SupervisorStarted)), default=0)
        words = (ev.ExecutionRequested, ev.ResumeConfirmed, ev.RetryRequested)
        return not any(e.seq > latest and isinstance(e.fact, words) for e in before)
