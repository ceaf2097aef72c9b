"""What a step costs that writes without end: bytes on the terminal, and the memory of everybody who handles its output."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from qudag_tui.core.event import StepStarted
from qudag_tui.core.intent import Execute
from qudag_tui.plan import trust
from qudag_tui.run.clock import now
from qudag_tui.run.run import Run
from tests.bench.figure import Figure
from tests.bench.idle import supervisor_of
from tests.bench.scene import ACTOR, REPOSITORY, environment, new_run, program
from tests.bench.terminal import Terminal

SECONDS = 10.0
# Lines that all differ, so that the pane changes as a whole whenever it is drawn.
PLAN = """
title = "Flood"
[[checklists]]
title = "Day"
items = ["a"]
[[procedures.rollback.steps]]
id = "flood"
text = "Flood"
run = ["sh", "-c", "seq -f '%.0f of a line that is as long as the lines of a deployment usually are' 1 1000000000"]
"""


def figures(folder: Path) -> list[Figure]:
    """The rollback view of a run whose step writes as fast as it can."""
    run = new_run(folder, PLAN, "flood")
    folder.chmod(0o700)
    trust.give(trust.review(run.plan, folder / "flood.toml"), "bench", now().wall)
    with Terminal(program(run), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Flood")
        supervisor = supervisor_of(run.folder.path)
        while run.state.supervisor is None:  # what is asked for before waits for a person
            run.catch_up()
        run.submit(Execute("rollback"), ACTOR)
        shim, step = _processes(run)
        os.write(terminal.leader, b"3")
        terminal.count_for(3)
        written = terminal.count_for(SECONDS)
        memory = [process.memory_info().rss / 1e6 for process in (supervisor, shim)]
        with suppress(psutil.NoSuchProcess):
            shim.send_signal(signal.SIGTERM)
            step.wait(30)
    return [
        Figure(
            "a step that writes without end: bytes a second on the terminal",
            f"{written} in {SECONDS:.0f} s",
            written / SECONDS,
            20_000,
        ),
        Figure("the same: memory of supervisor and shim, MB", " + ".join(f"{m:.1f}" for m in memory), sum(memory), 90),
    ]


def _processes(run: Run) -> tuple[psutil.Process, psutil.Process]:
    """The shim and its step, once it was started."""
    deadline = time.perf_counter() + 30
    while time.perf_counter() < deadline:
        run.catch_up()
        for event in run.events:
            if isinstance(event.fact, StepStarted):
                return psutil.Process(event.fact.shim_pid), psutil.Process(event.fact.pid)
        time.sleep(0.05)
    raise TimeoutError("the step never started")
