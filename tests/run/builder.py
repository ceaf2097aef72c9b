"""Short words for the tests of the run: a plan, a run of it, facts of every kind, and disks that fail."""

from __future__ import annotations

import dataclasses
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.core.event import KINDS, Actor, Event, Fact, ItemTicked, RunCreated
from qudag_tui.core.instant import Instant
from qudag_tui.run.block import render
from qudag_tui.run.disk import Disk
from qudag_tui.run.run import Run

ANA = Actor("ana", "ana", "ops1", "/dev/pts/3")
BO = Actor("bo", "bo", "ops2", "")
NONCE = "0123456789abcdef0123456789abcdef"
ITEMS = 40


def at(seconds: float = 0.0) -> Instant:
    """An instant so many seconds after a fixed one."""
    return Instant(datetime(2026, 11, 22, 21, 4, 5, 123456, tzinfo=UTC), 1_000_000_000, "boot").plus(seconds)


def event(seq: int, fact: Fact | None = None, actor: Actor = ANA) -> Event:
    return Event(seq, at(seq), actor, fact or ItemTicked("pre/first"))


def created(plan: str = "ab" * 32) -> RunCreated:
    return RunCreated(
        format=1, nonce=NONCE, run="r", title="T", release="v1", plan=plan, starts="2026-11-22T21:00:00.000000Z"
    )


def chain(*facts: Fact) -> tuple[list[Event], list[bytes]]:
    """The events of those facts from the first on, and their blocks."""
    events, blocks, prev = [], [], ""
    for seq, fact in enumerate(facts, 1):
        events.append(event(seq, fact))
        block, prev = render(events[-1], prev)
        blocks.append(block)
    return events, blocks


_SAMPLES: dict[str, object] = {
    "str": 'half "done"\\\n\x1b[2J\x7f\x85 ü 系',
    "int": 7,
    "float": 1.5,
    "int | None": -3,
    "float | None": 0.25,
    "tuple[str, ...]": ("a", 'b"', "\u202e"),
    "Mapping[str, str]": {"node": "http://x", "a b": "c"},
    "Mapping[str, Any]": {"n": 3, "share": 1e-05, "bins": [1.0, 2.5], "deep": {"ok": True, "": "x"}},
}


def fact_of_each_kind() -> list[Fact]:
    """One fact of every kind with all fields given: ``run created`` first."""
    facts: list[Fact] = []
    for cls in KINDS.values():
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # every registered kind is a dataclass
        values = {field.name: _SAMPLES[str(field.type)] for field in fields}
        if cls is RunCreated:
            facts.insert(0, cls(**{**values, "format": 1}))  # type: ignore[arg-type]  # by name, from _SAMPLES
        else:
            facts.append(cls(**values))
    return facts


def write_plan(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "checklists.toml"
    items = "".join(f'  "Item {number}",\n' for number in range(ITEMS))
    path.write_text(
        f'title = "A deployment"\n[[checklists]]\ntitle = "Day"\n[[checklists.sections]]\nid = "pre"\ntitle = "Before"\n'
        f"items = [\n{items}]\n"
    )
    return path


def new_run(folder: Path, disk: Disk | None = None) -> Run:
    return Run.create(folder / "runs", write_plan(folder), release="v2", run_id="r1", actor=ANA, now=at(), disk=disk)


class FailingDisk(Disk):
    """A disk of which any call can be told to fail. ``full`` takes only so many more bytes."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.full: int | None = None
        self.calls: list[str] = []

    def _may_fail(self, call: str) -> None:
        self.calls.append(call)
        if call in self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(self, descriptor: int, data: bytes) -> int:
        self._may_fail("write")
        if self.full is not None:
            if self.full == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[: self.full]
            self.full -= len(data)
        return super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:  # noqa: ARG002 - nothing waits for a real disk here
        self._may_fail("fsync")

    def truncate(self, descriptor: int, length: int) -> None:
        self._may_fail("truncate")
        super().truncate(descriptor, length)

    def reserve(self, descriptor: int, offset: int, length: int) -> None:
        self._may_fail("reserve")
        super().reserve(descriptor, offset, length)


@contextmanager
def small_disk(point: Path, size: str) -> Iterator[Path]:
    """A real filesystem of that size; skipped where nothing can be mounted, unless that is required."""
    point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(point)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        why = f"a filesystem cannot be mounted here: {mounted.stderr.strip()}"
        if os.environ.get("QUDAG_TUI_REQUIRE_REAL") == "1":
            pytest.fail(why)
        pytest.skip(why)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


def fill_up(ballast: Path) -> None:
    """Write into that file until its filesystem takes not one byte more."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    size = 1 << 20
    while size:
        try:
            os.write(descriptor, b"x" * size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            size //= 2
    os.close(descriptor)
