"""What it costs to look at: bytes on the terminal, CPU and memory, with nobody touching a key."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from tests.bench.figure import Figure
from tests.bench.scene import FOUR_PHASES, REPOSITORY, SHIPPED, environment, new_run, program
from tests.bench.terminal import Terminal

SECONDS = 30.0


def supervisor_of(folder: Path) -> psutil.Process:
    """The supervisor of a run, found by its command line."""
    deadline = time.perf_counter() + 20
    while time.perf_counter() < deadline:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "qudag_tui.supervisor" in words and str(folder) in words:
                return process
        time.sleep(0.1)
    raise TimeoutError(f"no supervisor of {folder}")


def cpu_seconds(process: psutil.Process) -> float:
    """User and system seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def figures(folder: Path) -> list[Figure]:
    """Idle with one-second metrics beside four phases; memory with the shipped file."""
    run = new_run(folder, FOUR_PHASES, "idle")
    with Terminal(program(run), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Phase 4")
        supervisor = supervisor_of(run.folder.path)
        screen = psutil.Process(terminal.process.pid)
        terminal.count_for(10)
        before = cpu_seconds(screen), cpu_seconds(supervisor)
        written = terminal.count_for(SECONDS)
        after = cpu_seconds(screen), cpu_seconds(supervisor)
    shares = [100 * (b - a) / SECONDS for a, b in zip(before, after, strict=True)]
    shipped = new_run(folder, SHIPPED.read_bytes(), "memory")
    with Terminal(program(shipped), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Pre-Deployment")
        supervisor = supervisor_of(shipped.folder.path)
        terminal.count_for(10)
        screen_bytes = psutil.Process(terminal.process.pid).memory_info().rss
        supervisor_bytes = supervisor.memory_info().rss
    return [
        Figure(
            "idle, 1 s metrics beside four phases: bytes a second",
            f"{written} in {SECONDS:.0f} s",
            written / SECONDS,
            2000,
        ),
        Figure("idle: CPU of screen and supervisor, % of a core", f"{shares[0]:.2f} + {shares[1]:.2f}", sum(shares), 3),
        Figure("memory of the supervisor, MB", "resident", supervisor_bytes / 1e6, 60),
        Figure("memory of the screen with the shipped file, MB", "resident", screen_bytes / 1e6, 70),
    ]
