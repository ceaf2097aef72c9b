"""A step's output: how soon it stands on the screen, and what a gigabyte of it costs."""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path

import psutil

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort, Execute
from qudag_tui.run.run import Run
from tests.bench.figure import Figure
from tests.bench.idle import cpu_seconds, supervisor_of
from tests.bench.watched import Watched, ask, trusted_run, watched

MARKS = 10
FLOOD_BYTES = 1 << 30


def _started(seen: Watched, run: Run) -> ev.StepStarted:
    while True:
        run.catch_up()
        for event in run.events:
            if isinstance(event.fact, ev.StepStarted):
                return event.fact
        seen.terminal.read(0.01)


def _to_the_screen(folder: Path) -> list[float]:
    """Milliseconds from each line's being written until it stands on the screen."""
    script = "while :; do date +mark%s%N; sleep 0.37; done"
    run = trusted_run(folder, "marks", f'id = "marks"\ntext = "Marks"\nrun = ["sh", "-c", "{script}"]\ngrace = "100ms"')
    took: list[float] = []
    with watched(run) as seen:
        seen.press("3")
        ask(run, Execute("rollback"))
        known: set[str] = set()
        while len(took) < MARKS + 1:
            seen.terminal.read(0.02)
            now = time.time_ns()
            for mark in set(re.findall(r"mark(\d{19})", seen.screen())) - known:
                known.add(mark)
                took.append((now - int(mark)) / 1e6)
        ask(run, Abort())
        seen.until_over()
    return took[1:]  # the first waits for the view


def _memory_mb(pid: int) -> float:
    """The most that a process ever had, resident."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) / 1e3 if found else 0.0


def _flood(folder: Path) -> list[Figure]:
    # Lines that all differ, so that the pane changes as a whole whenever it is drawn.
    lines = "seq -f '%.0f of a line that is as long as the lines of a deployment usually are' 1000000000"
    script = f"{lines} | head -c {FLOOD_BYTES}; touch all; while [ ! -e finish ]; do sleep 0.05; done"
    run = trusted_run(folder, "flood", f'id = "flood"\ntext = "Flood"\nrun = ["sh", "-c", "{script}"]')
    with watched(run) as seen:
        seen.press("3")
        supervisor = supervisor_of(run.folder.path)
        before, began, drawn = cpu_seconds(supervisor), time.perf_counter(), 0
        ask(run, Execute("rollback"))
        shim = psutil.Process(_started(seen, run).shim_pid)
        while not (folder / "all").exists():
            drawn += seen.terminal.read(0.05)
        seconds = time.perf_counter() - began
        spent = cpu_seconds(supervisor) - before, cpu_seconds(shim)
        memory = _memory_mb(supervisor.pid), _memory_mb(shim.pid)
        (folder / "finish").touch()
        seen.until_over()
    return [
        Figure("1 GB of output: CPU of supervisor and shim, s", f"{spent[0]:.2f} + {spent[1]:.2f}", sum(spent)),
        Figure("1 GB of output: memory of the supervisor, MB", "resident, at most", memory[0], 60),
        Figure("1 GB of output: memory of the shim, MB", "resident, at most", memory[1], 40),
        Figure(
            "1 GB of output: bytes a second to the terminal", f"{drawn} in {seconds:.1f} s", drawn / seconds, 20_000
        ),
    ]


def figures(folder: Path) -> list[Figure]:
    """The lines as they come, then the flood."""
    took = _to_the_screen(folder)
    middle, worst = statistics.median(took), max(took)
    return [
        Figure("from a step's output to the screen, ms", f"median of {MARKS}; at most {worst:.0f}", middle, 250),
        *_flood(folder),
    ]
