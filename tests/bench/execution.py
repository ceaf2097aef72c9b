"""From a confirmed code to the first step, from an abort to the last process, and what a step costs beside a bare one."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort, Execute
from tests.bench.figure import Figure
from tests.bench.watched import Watched, ask, trusted_run, watched

ROUNDS = 5
MANY = 30
CHILDREN = 100
GRACE_SECONDS = 1.0
# Named by the step itself once they all ignore TERM.
STUBBORN = (
    f'trap "" TERM; i=0; while [ $i -lt {CHILDREN} ]; do sleep 1000 & echo $! >> pids; i=$((i+1)); done; '
    "echo $$ >> pids; mv pids all; wait"
)


def _to_the_first_step(folder: Path) -> float:
    """Milliseconds; the step tells on the wall clock when it ran."""
    run = trusted_run(folder, "first", 'id = "now"\ntext = "Now"\nrun = ["date", "+%s%N"]')
    took = []
    with watched(run) as seen:
        for number in range(ROUNDS):
            typed = seen.start_rollback()
            log = seen.until_over(number + 1).of("now").attempts[-1].log
            took.append((int(run.folder.read(log)) - typed) / 1e6)
    return statistics.median(took)


def _until_all_are_gone(seen: Watched, folder: Path) -> float:
    """Seconds from an abort to the last process gone."""
    ask(seen.run, Execute("rollback"))
    while not (folder / "all").exists():
        seen.terminal.read(0.01)
    pids = [Path(f"/proc/{pid}") for pid in (folder / "all").read_text().split()]
    (folder / "all").unlink()
    began = time.perf_counter()
    ask(seen.run, Abort())
    while any(pid.exists() for pid in pids):
        seen.terminal.read(0.002)
    took = time.perf_counter() - began
    seen.until_over()
    return took


def _beyond_the_grace(folder: Path) -> float:
    """Milliseconds beyond the grace until the last process is gone."""
    step = f'id = "stubborn"\ntext = "Stubborn"\nrun = ["sh", "-c", \'{STUBBORN}\']\ngrace = "{GRACE_SECONDS:g}s"'
    run = trusted_run(folder, "abort", step)
    with watched(run) as seen:
        took = [_until_all_are_gone(seen, folder) for _ in range(3)]
    return 1e3 * (statistics.median(took) - GRACE_SECONDS)


def _steps(folder: Path) -> tuple[float, float]:
    """Seconds a step of a long rollback, and seconds a bare run of the same command."""
    steps = [f'id = "s{number}"\ntext = "Step {number}"\nrun = ["true"]' for number in range(MANY)]
    run = trusted_run(folder, "many", *steps)
    with watched(run) as seen:
        ask(run, Execute("rollback"))
        seen.until_over()
        at = {event.kind: event.at for event in run.events}
        ours = at["execution finished"].seconds_since(at["request claimed"]) / MANY
        bare = []
        for _ in range(MANY):
            began = time.perf_counter()
            subprocess.run(["true"], check=True)
            bare.append(time.perf_counter() - began)
    passed = sum(isinstance(event.fact, ev.StepEnded) and event.fact.outcome == "passed" for event in run.events)
    if passed != MANY:
        raise RuntimeError(f"{passed} of {MANY} steps passed")
    return ours, statistics.median(bare)


def figures(folder: Path) -> list[Figure]:
    """The medians of several rounds."""
    first = _to_the_first_step(folder)
    beyond = _beyond_the_grace(folder)
    ours, bare = _steps(folder)
    return [
        Figure("from the confirmed code to the first step's exec, ms", f"median of {ROUNDS}", first, 150),
        Figure(f"from abort to the last of {CHILDREN} gone, ms beyond the grace", "all ignore TERM", beyond, 300),
        Figure("a step / a bare subprocess run", f"{ours * 1e3:.1f} ms / {bare * 1e3:.1f} ms", ours / bare),
    ]
