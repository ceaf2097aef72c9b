"""Runs to measure with: plans of any size, journals of any length, in a scratch folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from qudag_tui.core.event import Actor, Event
from qudag_tui.core.instant import Instant
from qudag_tui.core.intent import Tick, Untick
from qudag_tui.plan import trust
from qudag_tui.run.clock import now
from qudag_tui.run.run import Run

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "checklists.toml"
ACTOR = Actor("bench", "bench", "bench", "")

FOUR_PHASES = "\n".join(
    [
        'title = "Four phases"',
        *(
            f'[metrics.{name}]\ntitle = "{name}"\nshort = "{name}"\ngauge = "host:{series}"\nevery = "1s"'
            for name, series in {"cpu": "cpu_percent", "mem": "memory_percent", "load": "load1"}.items()
        ),
        '[[checklists]]\ntitle = "Phases"',
        *(
            f'[[checklists.sections]]\nid = "phase-{n}"\ntitle = "Phase {n}"\ntraffic = "{n}%"\n'
            f'metrics = ["cpu", "mem", "load"]\nitems = ["Do a thing in {n}", {{ text = "Decide {n}", decision = true }}]'
            for n in range(1, 5)
        ),
    ]
)


def items_plan(count: int) -> str:
    """A plan of ``count`` plain items."""
    lines = "\n".join(f'  "Item number {number} is to be done by somebody",' for number in range(count))
    return f'title = "Many items"\n[[checklists]]\ntitle = "List"\n[[checklists.sections]]\ntitle = "Section"\nitems = [\n{lines}\n]\n'


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, with the state of the program inside it."""
    with TemporaryDirectory(prefix="qudag-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ["QUDAG_TUI_STATE"] = str(folder / "state")
        os.environ["QUDAG_TUI_RUNS"] = str(folder / "runs")
        yield folder


def environment() -> Mapping[str, str]:
    """What every measured program gets: a common terminal, no true colour, this package."""
    kept = {
        name: os.environ[name]
        for name in ("HOME", "PATH", "LANG", "QUDAG_TUI_STATE", "QUDAG_TUI_RUNS")
        if name in os.environ
    }
    return {"LANG": "C.UTF-8", **kept, "TERM": "xterm-256color", "PYTHONPATH": str(REPOSITORY)}


def new_run(folder: Path, text: str | bytes, name: str, began: Instant | None = None) -> Run:
    """A run of a plan, fresh if nothing else is said."""
    path = folder / f"{name}.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    run = Run.create(
        folder / "runs",
        path,
        release=name,
        previous="v0",
        starts=None,
        run_id=name,
        overrides={},
        actor=ACTOR,
        now=began or now(),
    )
    # As it is in a deployment: what is not trusted has a line of its own on the screen.
    trust.give(trust.review(run.plan, path), ACTOR.by, now().wall)
    return run


def grow(run: Run, events: int) -> None:
    """Tick and untick the first boxes until the journal has that many events."""
    items = list(run.plan.items)[:20]
    while run.state.head_seq < events:
        item = items[run.state.head_seq // 2 % len(items)]
        intent = Tick(item) if run.state.mark(item) is None or run.state.mark(item).state != "done" else Untick(item)  # type: ignore[union-attr]  # None was asked for first
        result = run.submit(intent, ACTOR)
        assert isinstance(result, Event), result


def program(run: Run) -> list[str]:
    """The command that opens a run."""
    return [sys.executable, "-m", "qudag_tui", "--run", str(run.folder.path)]


@contextmanager
def supervised(run: Run) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor of ``run`` in a process of its own, until the end of the block."""
    words = [sys.executable, "-P", "-m", "qudag_tui.supervisor", str(run.folder.path), "--foreground"]
    with (run.folder.path / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(words, env=dict(environment()), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def trusted(run: Run, folder: Path) -> Run:
    """``run``, whose file in ``folder`` is trusted from now on."""
    file = folder / f"{run.folder.path.name}.toml"
    trust.give(trust.review(run.plan, file), "bench", datetime.now(UTC))
    return run
