"""A repository cloned from a stranger: whoever looks at it runs nothing of it, asks nothing and writes nothing elsewhere."""

from __future__ import annotations

import hashlib
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.event import Actor
from qudag_tui.core.intent import Execute, Record, Resume, Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.error import RunError
from qudag_tui.run.run import Run
from qudag_tui.run.supervision import supervisor_alive
from tests.e2e.tmux import Tmux, isolated_environment
from tests.supervisor.supervised import ANA
from tests.waiting import until

PROGRAM = Path(sys.executable).with_name("qudag-tui")
MALLORY = Actor("ana", "ana", "gate-1", "/dev/pts/1")
# What Python, or the program, would import by these names if it looked where it was started.
MODULES = ("sqlite3", "tomllib", "json", "psutil", "textual", "rich", "qudag_tui", "sitecustomize", "asyncio", "httpx")
UGLY = "$(touch pwned) `touch pwned`; touch pwned\\n| ../../pwned \\u001b]0;owned\\u0007"


def hostile(address: str) -> str:
    """The checklist file: whatever it names leaves a mark, or calls home."""
    huge = "\n".join(f'VAR{number} = "{"x" * 1000}"' for number in range(400))
    return f"""
title = "{UGLY}"
[vars]
node = "{address}"
[sources.home]
scrape = "{{node}}/metrics"
every = "100ms"
[sources.query]
promql = "{{node}}"
every = "100ms"
[sources.page]
http = "{{node}}/health"
every = "100ms"
[sources.told]
command = ["touch", "pwned-by-source"]
every = "100ms"
[metrics.home]
gauge = "home:up"
[metrics.told]
gauge = "told:value"
[metrics.query]
gauge = "query:up"
[metrics.page]
gauge = "page:status"
[[checklists]]
title = "Day {UGLY}"
[[checklists.sections]]
id = "canary"
title = "Canary {UGLY}"
traffic = "10%"
metrics = ["home", "told", "query", "page"]
items = [
  {{ id = "evil", text = "Evil {UGLY}", run = ["sh", "-c", "touch pwned-by-item"] }},
  {{ id = "watch", text = "Watch", soak = "1s", items = [{{ id = "up", text = "Up", gate = "home > 0" }}] }},
  "Good",
]
[[triggers]]
id = "down"
text = "Down {UGLY}"
when = "home < 1"
[[procedures.rollback.steps]]
id = "evil-step"
text = "Evil {UGLY}"
run = "touch pwned-by-step; touch ../pwned"
shell = true
cwd = "../../../../../../.."
[procedures.rollback.steps.env]
PATH = "."
LD_PRELOAD = "./pwned.so"
{huge}
"""


def mark_of(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"


def marks(*folders: Path) -> dict[str, str]:
    """All that is there, to be compared with what is there later."""
    return {str(path): mark_of(path) for folder in folders for path in folder.rglob("*")}


@contextmanager
def nobody_calls() -> Iterator[str]:
    """An address at which nobody may ask for anything until the end of the block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert select.select([listening], [], [], 0)[0] == [], "somebody called"


class Clone:
    """What came out of the stranger's repository, and what lies around it."""

    def __init__(self, folder: Path, address: str) -> None:
        """With a forged run in which everything is asked for, right now."""
        self.folder = folder / "clone"
        self.outside = folder / "outside"
        self.env = {name: value for name, value in isolated_environment(folder).items() if name != "PYTHONPATH"}
        for made in (self.folder / "runs", self.outside):
            made.mkdir(parents=True)
        (self.outside / "progress.toml").write_text("precious")
        for name in MODULES:
            (self.folder / f"{name}.py").write_text(f"open({str(self.folder / 'pwned-by-import')!r}, 'w')\n")
        self.file = self.folder / "checklists.toml"
        self.file.write_text(hostile(address))
        self.run = self._forge()
        for name, target in (("whole", self.outside), ("made", self.run.folder.path)):
            (self.folder / "runs" / name).symlink_to(target)
        linked = self.folder / "runs" / "linked"
        linked.mkdir()
        (linked / "progress.toml").symlink_to(self.outside / "progress.toml")
        self.before = self.marks()

    def _forge(self) -> Run:
        """Written by the stranger's own program, with the hash chain that it should have."""
        run = Run.create(
            self.folder / "runs",
            self.file,
            release="v2",
            previous="v1",
            run_id="forged",
            actor=MALLORY,
            now=clock.now(),
        )
        for intent in (
            Record(ev.SupervisorStarted(1, 1, 0, "0")),
            Tick("canary/good"),
            Tick("watch"),
            Execute("evil"),
            Record(ev.RequestClaimed(5)),
            Record(ev.StepStarted("evil", 5, 1, 1 << 22, 1, 1 << 22, 1, "logs/../../../outside/x.log")),
            Record(ev.StepEnded("evil", 5, 1, "passed", left=("$(touch pwned)",))),
            Record(ev.ExecutionFinished(5, "passed")),
            Execute("rollback", "\x1b]0;owned\x07 [/red]"),
        ):
            answer = run.submit(intent, MALLORY)
            assert not isinstance(answer, Refusal), answer
        return run

    def plant(self) -> None:
        """Links where the program writes, and where it looks for something."""
        run = self.run.folder.path
        (run / "samples.db-wal").symlink_to(self.outside / "wal")
        (run / "supervisor.log").symlink_to(self.outside / "log")
        (run / "progress.toml.torn").symlink_to(self.outside / "torn")
        (run / "logs" / "link.log").symlink_to(self.outside / "progress.toml")

    def marks(self) -> Mapping[str, str]:
        """All but the forged run, in which whoever looks may leave that they are there."""
        run = str(self.run.folder.path)
        return {path: mark for path, mark in marks(self.folder, self.outside).items() if not path.startswith(f"{run}/")}

    def __call__(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """One verb, called in the clone."""
        return subprocess.run(
            [PROGRAM, *words],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def is_untouched(self) -> None:
        """Nothing ran, and nothing was written outside the run."""
        assert self.marks() == self.before
        assert sorted(path.name for path in self.run.folder.path.rglob("pwned*")) == []
        for folder in (self.folder.parent, Path("/")):
            assert not (folder / "pwned").exists()
            assert not (folder / "pwned-by-step").exists()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clone]:
    """A clone, with somebody listening at the address that it names; the stranger's state is elsewhere."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "stranger"))
    with nobody_calls() as address:
        clone = Clone(tmp_path, address)
        yield clone
        clone("supervise", "--stop", "--run", "forged")


VIEWING = (
    ("check", "checklists.toml"),
    ("runs",),
    ("status", "--run", "forged"),
    ("status", "--json", "--run", "forged"),
    ("status", "--tmux", "--run", "forged"),
    ("log", "--run", "forged"),
    ("log", "--json", "--run", "forged"),
    ("rollback", "--dry-run", "--run", "forged"),
    ("rollback", "--dry-run", "--file", "checklists.toml"),
    ("output", "evil", "--run", "forged"),
    ("metrics", "--run", "forged"),
    ("verify", "--run", "forged"),
    ("info", "--run", "forged"),
    ("trust", "--show", "--run", "forged"),
    ("status", "--run", "linked"),
    ("log", "--run", "whole"),
    ("status", "--run", "runs/../runs/whole"),
    ("status", "--run", "$(touch pwned)\n../../outside"),
)


def test_no_verb_that_only_looks_runs_asks_or_writes_anything(clone: Clone) -> None:
    clone.plant()
    for words in VIEWING:
        done = clone(*words)
        assert b"Traceback" not in done.stderr, (words, done.stderr)
        assert b"\x1b" not in done.stdout + done.stderr, words
        assert b"precious" not in done.stdout + done.stderr, words
        clone.is_untouched()
    assert not supervisor_alive(clone.run.folder.path)


@pytest.mark.parametrize("planted", [False, True])
def test_whoever_opens_it_attaches_and_even_lets_it_go_on_runs_nothing_of_it(clone: Clone, *, planted: bool) -> None:
    if planted:
        clone.plant()
    with Tmux(
        clone.folder, clone.env, ["checklists.toml", "--run", "forged"], columns=80, rows=24, program=[str(PROGRAM)]
    ) as tmux:
        tmux.wait_for(r"Canary")
        for key, sign in (("2", "(?i)home"), ("3", "Evil"), ("4", "(?i)rollback"), ("1", "Canary")):
            tmux.press(key)
            tmux.wait_for(sign)
        # What was asked for a moment ago waits since the supervisor's start, if there is one; a person lets it go on.
        resumed = clone("resume", "--run", "forged")
        assert b"Traceback" not in resumed.stderr
        assert resumed.returncode != 0
        # Not even where a front end asks that knows nothing of trust.
        with suppress(RunError):
            run = Run.open(clone.run.folder.path)
            if supervisor_alive(run.folder) and not isinstance(run.submit(Resume(), ANA), Refusal):
                until(lambda: is_over(clone), lambda: str(said(clone)))
    (clone.folder / "tmux.sock").unlink(missing_ok=True)
    clone.is_untouched()


def said(clone: Clone) -> list[str]:
    """What happened in the run."""
    return [str(event.fact) for event in Run.open(clone.run.folder.path).events]


def is_over(clone: Clone) -> bool:
    """Whether the forged request is refused or expired."""
    return all(execution.state.is_over for execution in Run.open(clone.run.folder.path).state.executions.values())


def test_what_the_stranger_asked_for_never_runs_without_anybodys_word(clone: Clone) -> None:
    clone.plant()
    for words in (("tick", "canary/good"), ("comment", "canary/good", "seen"), ("rollback", "--yes"), ("run", "evil")):
        done = clone(*words, "--run", "forged")
        assert b"Traceback" not in done.stderr, done.stderr
    clone.is_untouched()
