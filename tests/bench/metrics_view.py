"""A day of samples: how much room it takes, how soon the Metrics view shows it, and what live metrics cost a terminal."""

from __future__ import annotations

import math
import statistics
import time
from datetime import timedelta
from pathlib import Path

from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.run import clock
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample, SampleWriter
from tests.bench.endpoint import endpoint
from tests.bench.figure import Figure
from tests.bench.scene import REPOSITORY, environment, new_run, program, supervised, trusted
from tests.bench.terminal import Terminal

METRICS, EVERY_SECONDS, DAY_SECONDS = 50, 5, 86_400
LIVE, LIVE_SECONDS = 12, 600
ROUNDS, SECONDS = 5, 30.0
_AT_ONCE = 100
_QUIET_SECONDS = 0.15


def day_plan() -> str:
    """Fifty metrics that somebody else samples."""
    metrics = (f'[metrics.m{n}]\ntitle = "Metric {n}"\ngauge = "far:m{n}"' for n in range(METRICS))
    source = f'[sources.far]\nscrape = "http://127.0.0.1:9/metrics"\nevery = "{EVERY_SECONDS}s"'
    gates = ", ".join(f'{{ text = "Gate {n}", gate = "m{n} < 1000", window = "2h" }}' for n in range(METRICS))
    lists = f'[[checklists]]\ntitle = "A day"\n[[checklists.sections]]\ntitle = "Gates"\nitems = [{gates}]'
    return "\n".join(['title = "A day"', source, *metrics, lists])


def ago(seconds: float) -> Instant:
    """A moment before now, of an earlier boot: this one may be younger."""
    return Instant(clock.now().wall - timedelta(seconds=seconds), 1, "another boot")


def fill(run: Run, began: Instant, every_seconds: int, seconds: int) -> None:
    """A sample of every metric at every slot, in the order of time, as a supervisor writes them."""
    count = len(run.plan.metrics)
    writer = SampleWriter(run.folder)
    rows: list[Sample] = []
    for slot in range(1, seconds // every_seconds):
        at, wall = slot * every_seconds, began.wall + timedelta(seconds=slot * every_seconds)
        rows += [
            Sample(f"m{n}", at * NANOSECONDS, wall, 50 + 40 * math.sin(at / 3000 + n) + (at * 7919 + n) % 11)
            for n in range(count)
        ]
        if slot % _AT_ONCE == 0:
            writer.add(rows)
            rows = []
    writer.add(rows)
    writer.close()


def opened(run: Run) -> float:
    """Seconds from the key to the last byte of the first draw of view 2, in a program that was just started."""
    with Terminal(program(run), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Gate 0")
        terminal.settle(0.3, 3)
        before = len(terminal.output)
        began = time.perf_counter()
        terminal.write(b"2")
        while b"Metric 0" not in terminal.output[before:]:
            if time.perf_counter() - began > 20:
                raise TimeoutError("the view never came")
            terminal.read(0.01)
        last = time.perf_counter()
        while terminal.read(_QUIET_SECONDS):
            last = time.perf_counter()
        return last - began


def live_plan(address: str) -> str:
    """Twelve metrics beside one phase."""
    metrics = (f'[metrics.m{n}]\ntitle = "Metric {n}"\nshort = "m{n}"\ngauge = "node:gauge_{n}"' for n in range(LIVE))
    phase = (
        '[[checklists.sections]]\nid = "canary"\ntitle = "Canary"\ntraffic = "10%"\n'
        f"metrics = {[f'm{n}' for n in range(LIVE)]}\n"
        'items = ["Do it", { text = "Decide", decision = true }]'
    )
    source = f'[sources.node]\nscrape = "{address}"\nevery = "1s"'
    return "\n".join(['title = "Live"', source, *metrics, '[[checklists]]\ntitle = "Phases"', phase])


def live_bytes(run: Run, key: bytes, marker: bytes) -> float:
    """Bytes a second that the view behind ``key`` writes."""
    with Terminal(program(run), environment(), str(REPOSITORY)) as terminal:
        terminal.wait_for(b"Decide")
        terminal.settle(0.3, 3)
        terminal.write(key)
        terminal.wait_for(marker)
        terminal.count_for(5)
        return terminal.count_for(SECONDS) / SECONDS


def figures(folder: Path) -> list[Figure]:
    """Room, time and bytes."""
    began = ago(DAY_SECONDS)
    run = new_run(folder, day_plan(), "day", began)
    fill(run, began, EVERY_SECONDS, DAY_SECONDS)
    room = sum(path.stat().st_size for path in run.folder.path.glob("samples.db*")) / 1e6
    times = [1e3 * opened(run) for _ in range(ROUNDS)]
    with endpoint(2 * LIVE) as address:
        # Plots that are full: those move.
        earlier = ago(LIVE_SECONDS)
        live = trusted(new_run(folder, live_plan(address), "live", earlier), folder)
        fill(live, earlier, 1, LIVE_SECONDS)
        with supervised(live):
            beside = live_bytes(live, b"1", b"m4")
            plots = live_bytes(live, b"2", b"Metric 3")
    what = f"a day of {METRICS} metrics at {EVERY_SECONDS} s"
    spread = f"{min(times):.0f} to {max(times):.0f} ms"
    return [
        Figure(f"{what}: samples.db, MB", f"{METRICS * DAY_SECONDS // EVERY_SECONDS:,} samples", room, 40),
        Figure(f"{what}: opening the Metrics view, ms", spread, statistics.median(times), 300),
        Figure(f"{LIVE} metrics live at 1 Hz beside a phase: bytes a second", f"over {SECONDS:.0f} s", beside, 3000),
        Figure(f"{LIVE} metrics live at 1 Hz as plots: bytes a second", f"over {SECONDS:.0f} s", plots, 3000),
    ]
