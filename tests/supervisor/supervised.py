"""A run with a real supervisor in a process of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from qudag_tui.core.event import Actor, Event, Fact
from qudag_tui.core.execution import Attempt, Execution
from qudag_tui.core.instant import Instant
from qudag_tui.core.intent import Execute, Intent
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.state import State
from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.run.error import RunGone
from qudag_tui.run.folder import JOURNAL_LOCK
from qudag_tui.run.lock import Lock
from qudag_tui.run.process import is_alive, start_ticks
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample, SampleReader
from tests.waiting import until

REPOSITORY = Path(__file__).parents[2]
ANA = Actor("ana", "ana", "host", "pts/1")

HEAD = """
title = "A deployment"

[sources.fine]
every = "200ms"
scripted = { value = [1] }

[sources.bad]
every = "200ms"
scripted = { value = [99] }

[sources.blind]
every = "200ms"
scripted = { value = [nan] }

[metrics.fine]
gauge = "fine:value"
[metrics.bad]
gauge = "bad:value"
[metrics.blind]
gauge = "blind:value"
"""
CANARY = """
[[checklists]]
title = "Day"
[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
"""


def canary(*items: str) -> str:
    """The only phase; items are written as TOML."""
    return f"{CANARY}items = [{', '.join(items)}]\n"


LIST = canary('{ id = "deploy", text = "Deploy", run = ["sh", "-c", "echo deployed >> deploys"] }')


def step(name: str, script: str = "", **keys: str) -> str:
    """One step of the rollback; values are written as TOML."""
    given = {"id": f'"{name}"', "text": f'"{name}"'} | keys
    if script:
        given["run"] = f"['sh', '-c', '''{script}''']"
    return "[[procedures.rollback.steps]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items())


def end_attempt(attempt: Attempt) -> None:
    """Kill what is left of an attempt, and nobody else: what a journal says may be forged, in a test above all.

    A pid of 1 taken for a group would be everybody, so each process is looked at by itself.
    """
    if attempt.started.boot_id != clock.boot_id() or attempt.pid <= 1 or attempt.ticks <= 0:
        return
    if is_alive(attempt.shim_pid, attempt.shim_ticks):
        os.kill(attempt.shim_pid, signal.SIGKILL)
    for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        with suppress(OSError):
            if pid > 1 and os.getpgid(pid) == attempt.pid and start_ticks(pid) >= attempt.ticks:
                os.kill(pid, signal.SIGKILL)


class Supervised:
    """A checklist file, trusted, a run of it, and its supervisors; ``folder`` is where steps run."""

    def __init__(
        self, folder: Path, *steps: str, head: str = HEAD, checklists: str = LIST, trusted: bool = True
    ) -> None:
        self.folder = folder
        self.path = folder / "checklists.toml"
        self.path.write_text(head + checklists + "".join(steps))
        self.run = Run.create(folder / "runs", self.path, release="v2", previous="v1", actor=ANA, now=clock.now())
        if trusted:
            self.trust()
        self.supervisor: subprocess.Popen[bytes] | None = None
        # What clock the people have: the same as the supervisor's, where a test sets that one.
        self.now: Callable[[], Instant] = clock.now
        self.started = 0

    def trust(self) -> None:
        trust.give(trust.review(self.run.plan, self.path), "ana", datetime.now(UTC))

    # The supervisor

    def start(self, **environment: str) -> None:
        """Start one in the foreground, and wait until it has said so."""
        with (self.run.folder.path / "supervisor.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-P", "-m", "qudag_tui.supervisor", self.run.folder.path, "--foreground"],
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.started += 1
        self.until(lambda _: self.kinds().count("supervisor started") == self.started)

    @contextmanager
    def paused(self) -> Iterator[subprocess.Popen[bytes]]:
        """It is stopped meanwhile, as by a debugger, but not with the journal's lock in its hands."""
        supervisor = self.supervisor
        assert supervisor is not None
        lock = Lock(self.run.folder, JOURNAL_LOCK)
        lock.acquire(30)
        try:
            supervisor.send_signal(signal.SIGSTOP)
            until(lambda: psutil.Process(supervisor.pid).status() == psutil.STATUS_STOPPED)
        finally:
            lock.release()
        try:
            yield supervisor
        finally:
            supervisor.send_signal(signal.SIGCONT)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """End it; its exit code."""
        assert self.supervisor is not None
        supervisor, self.supervisor = self.supervisor, None
        supervisor.send_signal(number)
        return supervisor.wait(30)

    def close(self) -> None:
        """End everything that is left."""
        if self.supervisor is not None:
            self.kill()
        with suppress(RunGone):
            self.run.catch_up()
        for execution in self.run.state.executions.values():
            for progress in execution.progress.values():
                for attempt in progress.attempts:
                    end_attempt(attempt)

    def log(self) -> str:
        return (self.run.folder.path / "supervisor.log").read_text()

    # The run

    @property
    def state(self) -> State:
        self.run.catch_up()
        return self.run.state

    def ask(self, intent: Intent) -> Event:
        """Ask for something that must be granted."""
        answer = self.run.submit(intent, ANA, self.now)
        assert not isinstance(answer, Refusal), answer
        return answer

    def rollback(self) -> Execution:
        """Ask for the rollback."""
        return self.state.executions[self.ask(Execute("rollback")).seq]

    def until(self, condition: Callable[[State], object]) -> None:
        """Wait for the run; what it says, and what the supervisor says, if it never comes."""
        until(lambda: condition(self.state), lambda: f"{[str(e.fact) for e in self.run.events]}\n{self.log()}")

    def until_over(self) -> Execution:
        """Wait for the end of everything that was asked for; the last execution."""
        self.until(lambda state: state.executions and all(e.state.is_over for e in state.executions.values()))
        return list(self.run.state.executions.values())[-1]

    def until_kind(self, kind: str, times: int = 1) -> None:
        """Wait for an event of that kind."""
        self.until(lambda _: self.kinds().count(kind) >= times)

    def kinds(self) -> list[str]:
        """What happened, in order."""
        self.run.catch_up()
        return [event.kind for event in self.run.events]

    def facts(self, kind: type[Fact]) -> list[Fact]:
        """What happened of one kind."""
        self.run.catch_up()
        return [event.fact for event in self.run.events if isinstance(event.fact, kind)]

    def outcomes(self) -> dict[str, str]:
        """The outcome of every step of every execution that has one."""
        return {
            name: str(progress.outcome)
            for execution in self.state.executions.values()
            for name, progress in execution.progress.items()
            if progress.outcome is not None
        }

    def output(self, step_id: str) -> bytes:
        """What the last attempt of a step wrote."""
        execution = self.state.execution_of_step(step_id)
        assert execution is not None
        return self.run.folder.read(execution.of(step_id).attempts[-1].log)

    def lines(self, name: str) -> list[str]:
        """The lines of a file that steps write."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def samples(self, metric: str) -> list[Sample]:
        """What is kept of a metric, or of a part of one, in order."""
        if not self.run.folder.samples.exists():
            return []
        with closing(sqlite3.connect(f"{self.run.folder.samples.as_uri()}?mode=ro", uri=True)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sample'").fetchall():
                return []
            rows = db.execute(
                "SELECT at, wall, value, backfilled FROM sample JOIN metric ON metric.id = sample.metric "
                "WHERE name = ? ORDER BY at",
                (metric,),
            ).fetchall()
        return [
            Sample(metric, at, datetime.fromtimestamp(wall / 1e6, UTC), value, bool(own))
            for at, wall, value, own in rows
        ]

    def standings(self, kind: str) -> dict[str, dict[str, object]]:
        """What the supervisor says so far."""
        reader = SampleReader(self.run.folder)
        try:
            return reader.standings(kind)  # type: ignore[arg-type]  # tests name kinds as they are
        finally:
            reader.close()
