"""A desk to work at: a folder with a checklist file, and the program, called in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.cli.main import main
from qudag_tui.core.event import Actor, Fact
from qudag_tui.core.intent import Intent, Record
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import supervision
from qudag_tui.run.lock import Holder
from qudag_tui.run.process import own_ticks
from qudag_tui.run.run import Run

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "checklists.toml"

# The verbs that look at a run of the plan below, or at its file.
READING = (
    ("check",),
    ("status",),
    ("status", "--json"),
    ("status", "--tmux"),
    ("log",),
    ("verify",),
    ("runs",),
    ("info",),
    ("metrics",),
    ("gate", "cpu-ok"),
    ("gate", "load-ok"),
    ("rollback", "--dry-run"),
    ("trust", "--show"),
)

PLAN = """
title = "A deployment"

[metrics.cpu]
gauge = "host:cpu_percent"
every = "200ms"

[[checklists]]
id = "day"
title = "Day"

[[checklists.sections]]
id = "before"
title = "Before"
ordered = true
items = [
  { id = "freeze", text = "Code freeze", done = true },
  { id = "talk", text = "Team talked to" },
  { id = "backup", text = "Backup done" },
]

[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
metrics = ["cpu"]
items = [
  { id = "deploy", text = "Deploy", run = ["true"] },
  { id = "watch", text = "Watch it", soak = "1s", items = [{ id = "cpu-ok", text = "CPU is fine", gate = "cpu < 101%" }] },
  { id = "canary-go", text = "Go or no go", decision = true },
]

[[checklists.sections]]
id = "all"
title = "Everywhere"
traffic = "100%"
items = [{ id = "expand", text = "Expand" }, { id = "all-go", text = "Go on", decision = true }]

[[checklists]]
id = "after"
title = "After"
items = [
  { id = "load-ok", text = "Load is fine", gate = "cpu < 101%", window = "40s" },
  { id = "qa", text = "QA signs", signoff = "QA Lead" },
]

[[triggers]]
id = "smoke"
text = "Smoke"

[[procedures.rollback.steps]]
id = "alert"
text = "Alert somebody"

[[procedures.rollback.steps]]
id = "flags"
text = "Flags off"
run = ["sh", "-c", "echo flags off; echo of $QUDAG_TUI_RELEASE"]
target = "30s"
timeout = "1m"

[[procedures.rollback.steps]]
id = "recovery"
text = "Recovered"
until = "cpu < 101%"
within = "1m"

[[procedures.rollback.steps]]
id = "if-not"
text = "If not"
unless = "recovery"
steps = [{ id = "code", text = "Old code", run = "rm -f current\\n", shell = true, env = { MODE = "hard way" } }]
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """Calls the program in ``folder``."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def write(self, text: str, name: str = "checklists.toml") -> Path:
        """Write a checklist file."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def __call__(self, *words: str) -> Answer:
        """Run the program with ``words``, here and without a terminal."""
        self._capture.readouterr()
        code = main(words)
        captured = self._capture.readouterr()
        return Answer(code, captured.out, captured.err)

    def new(self, *words: str) -> Path:
        """Start a run called ``r1``; its folder."""
        answer = self("new", "--release", "v2", "--previous", "v1", "--id", "r1", *words)
        assert answer.code == 0, answer.err
        return Path(answer.out.strip())

    def new_trusted(self, *words: str) -> Path:
        """The same, of a plan that is trusted."""
        folder = self.new(*words)
        answer = self("trust", "--yes")
        assert answer.code == 0, answer.err
        return folder

    @property
    def run(self) -> Run:
        """The run ``r1``, opened afresh."""
        return Run.open(self.folder / "runs" / "r1")

    def record(self, *facts: Fact) -> int:
        """What a supervisor would have recorded; the last seq."""
        run = self.run
        seq = run.state.head_seq
        for fact in facts:
            seq = self.submit(run, Record(fact))
        return seq

    def ask(self, intent: Intent, by: str = "ana") -> int:
        """What a person asks for; the event's seq."""
        return self.submit(self.run, intent, by)

    @staticmethod
    def submit(run: Run, intent: Intent, by: str = "supervisor") -> int:
        """The seq of the event that ``intent`` became."""
        event = run.submit(intent, Actor(by))
        assert not isinstance(event, Refusal), event
        return event.seq

    def status(self) -> Any:
        """``status --json``."""
        return self("status", "--json").json

    def environment(self, **changed: str) -> dict[str, str]:
        """The environment of a process of the program."""
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **changed}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return environment

    def process(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """The program as a process of its own."""
        options.setdefault("env", self.environment())
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "qudag_tui", *words],
            cwd=self.folder,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )


def supervise_as_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program find a supervisor: this very process."""
    holder = Holder(os.getpid(), own_ticks(), "ana", "2026-11-22T20:00:00Z", supervision.PURPOSE)
    monkeypatch.setattr(supervision, "supervisor_holder", lambda _folder: holder)
