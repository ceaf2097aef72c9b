"""One cursor key within the screen, against the stock Tree."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.scene import REPOSITORY, SHIPPED, environment, new_run, program
from tests.bench.terminal import Terminal

KEYS = 24


def press(terminal: Terminal) -> tuple[float, float]:
    """Mean latency (seconds) and bytes of keys that go down and up again, over leaves and branches alike."""
    answers = [terminal.key(b"\x1b[B" if number < KEYS // 2 else b"\x1b[A") for number in range(KEYS)]
    return statistics.fmean(a for a, _ in answers), statistics.fmean(b for _, b in answers)


def figures(folder: Path) -> list[Figure]:
    """Latency as a ratio, bytes as they are."""
    run = new_run(folder, SHIPPED.read_bytes(), "keys")
    with Terminal([sys.executable, "-m", "tests.bench.nested"], environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"stock reference")
        terminal.settle(0.5)
        stock, stock_bytes = press(terminal)
    with Terminal(program(run), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Pre-Deployment")
        terminal.settle(0.5, 3)
        terminal.key(b"\r")
        terminal.settle(0.3, 2)
        ours, our_bytes = press(terminal)
    return [
        Figure(
            "a cursor key at 120×36: latency / stock Tree's",
            f"{ours * 1e3:.1f} ms / {stock * 1e3:.1f} ms",
            ours / stock,
            0.5,
        ),
        Figure("a cursor key at 120×36: bytes", f"stock Tree: {stock_bytes:.0f}", our_bytes, 600),
    ]
