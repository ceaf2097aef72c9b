"""A durable tick, against one raw append and fsync of as many bytes."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from qudag_tui.core.event import Event
from qudag_tui.core.intent import Tick, Untick
from tests.bench.figure import Figure
from tests.bench.scene import ACTOR, grow, items_plan, new_run

ROUNDS = 200


def figures(folder: Path) -> list[Figure]:
    """Both measured in turns on the same filesystem."""
    run = new_run(folder, items_plan(100), "tick")
    grow(run, 10_000)
    journal = run.folder.path / "progress.toml"
    size = journal.stat().st_size
    item = list(run.plan.items)[50]
    ours, raw = [], []
    other = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(other, journal.read_bytes())
    os.fsync(other)
    for number in range(ROUNDS):
        began = time.perf_counter()
        result = run.submit(Tick(item) if number % 2 == 0 else Untick(item), ACTOR)
        ours.append(time.perf_counter() - began)
        assert isinstance(result, Event), result
        grown = journal.stat().st_size
        block = b"#" * (grown - size)
        size = grown
        began = time.perf_counter()
        os.write(other, block)
        os.fsync(other)
        raw.append(time.perf_counter() - began)
    os.close(other)
    a, b = statistics.median(ours), statistics.median(raw)
    return [
        Figure(
            "a durable tick, 10,000 events on file / raw append + fsync",
            f"{a * 1e3:.2f} ms / {b * 1e3:.2f} ms",
            a / b,
            3,
        )
    ]
