"""What it costs to sample: two hundred metrics a second from one endpoint, each under a gate of a running soak."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from qudag_tui.core.intent import Tick
from qudag_tui.run.samples import SampleReader
from tests.bench.endpoint import endpoint
from tests.bench.figure import Figure
from tests.bench.idle import cpu_seconds
from tests.bench.scene import ACTOR, new_run, supervised, trusted

METRICS = 200
SECONDS = 30.0
NANOSECONDS = 1_000_000_000


def plan(address: str) -> str:
    """Gauges and rates; a dozen of them under gates of one soak."""
    metrics = [f'[metrics.g{n}]\ngauge = "node:gauge_{n}"' for n in range(METRICS // 2)]
    metrics += [f'[metrics.c{n}]\nrate = "node:count_{n}_total"' for n in range(METRICS - METRICS // 2)]
    gates = ", ".join(f'{{ text = "Gate {n}", gate = "g{n} < 1000" }}' for n in range(12))
    return "\n".join(
        [
            'title = "Two hundred metrics"',
            f'[sources.node]\nscrape = "{address}"\nevery = "1s"',
            *metrics,
            '[[checklists]]\ntitle = "Day"',
            '[[checklists.sections]]\nid = "canary"\ntitle = "Canary"\ntraffic = "10%"',
            f'items = [{{ id = "soak", text = "Soak", soak = "1h", items = [{gates}] }}]',
        ]
    )


def newest(reader: SampleReader, name: str) -> int:
    """When its newest sample was due; 0 without one."""
    found = reader.latest(name)
    return found[0][0] if found else 0


def figures(folder: Path) -> list[Figure]:
    """CPU, memory, and the slots that were missed, by a supervisor of its own."""
    with endpoint(METRICS) as address:
        run = trusted(new_run(folder, plan(address), "scraping"), folder)
        with supervised(run) as process:
            reader = SampleReader(run.folder)
            names = [f"g{n}" for n in range(METRICS // 2)] + [f"c{n}" for n in range(METRICS // 2)]
            deadline = time.perf_counter() + 30
            while not all(newest(reader, name) for name in names):
                if time.perf_counter() > deadline:
                    raise TimeoutError("no samples came")
                time.sleep(0.2)
            run.submit(Tick("soak"), ACTOR)
            time.sleep(5)
            measured = psutil.Process(process.pid)
            first, before = newest(reader, names[-1]), cpu_seconds(measured)
            began = time.perf_counter()
            time.sleep(SECONDS)
            share = 100 * (cpu_seconds(measured) - before) / (time.perf_counter() - began)
            memory = measured.memory_info().rss / 1e6
            last = newest(reader, names[-1])
            expected = (last - first) // NANOSECONDS
            missed = sum(expected - len(reader.window(name, first + 1, last)) for name in names)
            reader.close()
    what = f"{METRICS} metrics at 1 s from one endpoint"
    return [
        Figure(f"{what}: CPU of the supervisor, % of a core", f"over {SECONDS:.0f} s", share, 20),
        Figure(f"{what}: its memory, MB", "resident", memory, 80),
        Figure(f"{what}: slots missed", f"of {expected * METRICS:,}", missed, 0),
    ]
