"""What it costs to sample: two hundred metrics a second from one endpoint, each under a gate of a running soak."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from qudag_tui.core.intent import Tick
from qudag_tui.run.run import Run
from qudag_tui.run.samples import SampleReader
from tests.bench.endpoint import endpoint
from tests.bench.figure import Figure
from tests.bench.idle import cpu_seconds
from tests.bench.scene import ACTOR, new_run, supervised, trusted

METRICS = 200
SOURCES = 60
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


def sources_plan(address: str) -> str:
    """One metric each of many sources."""
    return "\n".join(
        [
            'title = "Sixty sources"',
            *(f'[sources.s{n}]\nscrape = "{address}?{n}"\nevery = "1s"' for n in range(SOURCES)),
            *(f'[metrics.m{n}]\ngauge = "s{n}:gauge_{n}"' for n in range(SOURCES)),
            '[[checklists]]\ntitle = "Day"\nitems = ["Watch"]',
        ]
    )


def newest(reader: SampleReader, name: str) -> int:
    """When its newest sample was due; 0 without one."""
    found = reader.latest(name)
    return found[0][0] if found else 0


def sampled(run: Run, names: list[str]) -> tuple[float, float, int, int]:
    """Of a supervisor of ``run``: CPU in % of a core, memory in MB, slots that were missed, and how many there were."""
    reader = SampleReader(run.folder)
    with supervised(run) as process:
        deadline = time.perf_counter() + 30
        while not all(newest(reader, name) for name in names):
            if time.perf_counter() > deadline:
                raise TimeoutError("no samples came")
            time.sleep(0.2)
        if "soak" in run.plan.items:
            run.submit(Tick("soak"), ACTOR)
        time.sleep(5)
        measured = psutil.Process(process.pid)
        first, before, began = newest(reader, names[-1]), cpu_seconds(measured), time.perf_counter()
        time.sleep(SECONDS)
        share = 100 * (cpu_seconds(measured) - before) / (time.perf_counter() - began)
        memory = measured.memory_info().rss / 1e6
        last = newest(reader, names[-1])
    expected = (last - first) // NANOSECONDS
    seen = sum(len(reader.window(name, first + 1, last)) for name in names)
    reader.close()
    return share, memory, expected * len(names) - seen, expected * len(names)


def figures(folder: Path) -> list[Figure]:
    """Many metrics of one source; then one metric each of many sources."""
    with endpoint(METRICS) as address:
        run = trusted(new_run(folder, plan(address), "scraping"), folder)
        names = [f"g{n}" for n in range(METRICS // 2)] + [f"c{n}" for n in range(METRICS - METRICS // 2)]
        share, memory, missed, slots = sampled(run, names)
        run = trusted(new_run(folder, sources_plan(address), "sources"), folder)
        many = sampled(run, [f"m{n}" for n in range(SOURCES)])
    what, over = f"{METRICS} metrics at 1 s from one endpoint", f"over {SECONDS:.0f} s"
    return [
        Figure(f"{what}: CPU, % of a core", over, share, 20),
        Figure(f"{what}: memory, MB", "of the supervisor", memory, 80),
        Figure(f"{what}: slots missed", f"of {slots:,}", missed, 0),
        Figure(f"{SOURCES} sources at 1 s: CPU, % of a core", f"{over}, {many[2]} slots missed", many[0]),
    ]
