"""From the start of the process to the first paint, and to the first answered key."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from qudag_tui.run.run import Run
from tests.bench.figure import Figure
from tests.bench.scene import REPOSITORY, SHIPPED, environment, grow, items_plan, new_run, program
from tests.bench.terminal import Terminal

ROUNDS = 5


def first_paint(argv: Sequence[str], marker: bytes) -> float:
    """Seconds to the first paint, once."""
    with Terminal(argv, environment(), str(REPOSITORY)) as terminal:
        return terminal.wait_for(marker)


def usable(argv: Sequence[str], marker: bytes) -> float:
    """Seconds until the list is there and has answered a key, once."""
    with Terminal(argv, environment(), str(REPOSITORY)) as terminal:
        before = terminal.wait_for(marker)
        return before + terminal.key(b"j")[0]


def alternate(one: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """Medians of both, measured in turns, so that a busy moment of the machine meets both."""
    pairs = [(one(), other()) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def versus(what: str, one: Callable[[], float], other: Callable[[], float], limit: float | None) -> Figure:
    """The ratio of two times as a figure."""
    a, b = alternate(one, other)
    return Figure(what, f"{a * 1e3:.0f} ms / {b * 1e3:.0f} ms", a / b, limit)


def bare() -> float:
    """The reference's first paint."""
    return first_paint([sys.executable, "-m", "tests.bench.bare"], b"leaf 0")


def paint(run: Run, marker: bytes) -> Callable[[], float]:
    """The first paint of a run."""
    return lambda: first_paint(program(run), marker)


def answer(run: Run, marker: bytes) -> Callable[[], float]:
    """The first answered key of a run."""
    return lambda: usable(program(run), marker)


def figures(folder: Path) -> list[Figure]:
    """All starts."""
    shipped = new_run(folder, SHIPPED.read_bytes(), "shipped")
    sizes = {count: new_run(folder, items_plan(count), f"items-{count}") for count in (100, 10_000, 100_000)}
    journals = {}
    for events in (100, 10_000, 100_000):
        journals[events] = new_run(folder, items_plan(100), f"events-{events}")
        grow(journals[events], events)
    mark, rows = b"Many items", b"Item number 0"
    return [
        versus(
            "first paint, shipped file / bare Textual, stock Tree of 100", paint(shipped, b"Pre-Deployment"), bare, 1.5
        ),
        versus("first paint, 10,000 items / 100", paint(sizes[10_000], mark), paint(sizes[100], mark), 1.2),
        versus("usable, 10,000 items / 100", answer(sizes[10_000], rows), answer(sizes[100], rows), 1.5),
        versus("first paint, 100,000 items / 100", paint(sizes[100_000], mark), paint(sizes[100], mark), None),
        versus("usable, 100,000 items / 100", answer(sizes[100_000], rows), answer(sizes[100], rows), None),
        versus(
            "first paint, run of 10,000 events / 100", paint(journals[10_000], mark), paint(journals[100], mark), 1.5
        ),
        versus(
            "first paint, run of 100,000 events / 100", paint(journals[100_000], mark), paint(journals[100], mark), None
        ),
        versus("usable, run of 10,000 events / 100", answer(journals[10_000], rows), answer(journals[100], rows), None),
    ]
