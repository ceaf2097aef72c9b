"""The program with its real supervisor, watched and used as a person would: what stands on the screen, and when."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from qudag_tui.core import event as ev
from qudag_tui.core.execution import Execution
from qudag_tui.core.intent import Intent
from qudag_tui.plan import trust
from qudag_tui.run.run import Run
from tests.bench.display import Display
from tests.bench.idle import supervisor_of
from tests.bench.scene import ACTOR, REPOSITORY, environment, new_run, program
from tests.bench.terminal import Terminal

COLUMNS, ROWS = 120, 36
LIMIT_SECONDS = 60.0
BETWEEN_KEYS_SECONDS = 0.06


def rollback_plan(*steps: str) -> str:
    """A plan with one box and a rollback of those steps, each in TOML."""
    head = 'title = "A rollback"\n[[checklists]]\ntitle = "Day"\nitems = ["Look"]\n'
    return head + "".join(f"[[procedures.rollback.steps]]\n{step}\n" for step in steps)


def trusted_run(folder: Path, name: str, *steps: str) -> Run:
    """A run of such a plan, trusted."""
    run = new_run(folder, rollback_plan(*steps), name)
    trust.give(trust.review(run.plan, folder / f"{name}.toml"), "bench", datetime.now(UTC))
    return run


def ask(run: Run, intent: Intent) -> int:
    """The seq of the event that an intent became."""
    answer = run.submit(intent, ACTOR)
    if not isinstance(answer, ev.Event):
        raise TypeError(str(answer))
    return answer.seq


class Watched:
    """One operator's screen on a run, and the run itself."""

    def __init__(self, run: Run, terminal: Terminal) -> None:
        """Use :func:`watched`."""
        self.run = run
        self.terminal = terminal
        self.display = Display(COLUMNS, ROWS)

    def screen(self) -> str:
        """What stands there now."""
        return self.display.text(self.terminal.output)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match on the screen, once it is there."""
        deadline = time.perf_counter() + LIMIT_SECONDS
        while not (found := re.search(pattern, self.screen())):
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{pattern!r} never came:\n{self.screen()}")
            self.terminal.read(0.005)
        return found

    def press(self, keys: str) -> int:
        """Press keys as a person does; the wall clock in nanoseconds when the last was pressed."""
        pressed = 0
        for key in keys:
            self.terminal.count_for(BETWEEN_KEYS_SECONDS)
            pressed = time.time_ns()
            self.terminal.write(key.encode())
        return pressed

    def start_rollback(self) -> int:
        """Press R and type the code; when its last letter was typed, on the wall clock in nanoseconds."""
        while True:
            self.press("R")
            found = self.wait_for(r"Type\s+(\S{4})\s+to start|Not possible now")
            if found[1]:
                return self.press(found[1])
            # What has just ended in the journal goes on for a moment on the screen.
            self.press("\r")
            self.wait_for(r"\A(?![\s\S]*Not possible now)")

    def until_over(self, number: int = 1) -> Execution:
        """Wait for the end of the last execution, which is the ``number``-th at least."""
        deadline = time.perf_counter() + LIMIT_SECONDS
        while True:
            self.run.catch_up()
            known = list(self.run.state.executions.values())
            if len(known) >= number and known[-1].state.is_over:
                return known[-1]
            if time.perf_counter() > deadline:
                raise TimeoutError("the rollback never ended")
            self.terminal.read(0.01)


@contextmanager
def watched(run: Run) -> Iterator[Watched]:
    """The screen, once its supervisor has started; both are gone afterwards."""
    with Terminal(program(run), environment(), str(REPOSITORY), columns=COLUMNS, rows=ROWS) as terminal:
        seen = Watched(run, terminal)
        seen.wait_for(r"supervised")
        while not any(event.kind == "supervisor started" for event in run.events):
            run.catch_up()
            terminal.read(0.02)
        supervisor = supervisor_of(run.folder.path)
        yield seen
    supervisor.terminate()
    psutil.wait_procs([supervisor], LIMIT_SECONDS)
