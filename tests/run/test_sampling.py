"""What a front end can tell of a supervisor that cannot store what it measures."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.observed import SUPERVISOR
from qudag_tui.core.state import State
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.samples import Sample, SampleReader, SampleWriter
from qudag_tui.run.sampling import STALE_SECONDS, sampling_trouble
from tests.core.building import Told, at, manual, plan, section

WALL = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "r1")


def supervised(since: float) -> State:
    """A run whose supervisor started ``since`` seconds after its first event."""
    told = Told(plan(section("a", manual("x"))))
    told.wait(since - told.seconds)
    told.start_supervisor()
    return told.state


def trouble(folder: RunFolder, state: State, seconds: float) -> str:
    reader = SampleReader(folder)
    try:
        return sampling_trouble(reader, folder, state, at(seconds))
    finally:
        reader.close()


def beat(folder: RunFolder, seconds: float) -> None:
    writer = SampleWriter(folder)
    writer.add([Sample(SUPERVISOR, round(seconds * NANOSECONDS), WALL, 1.0)])
    writer.close()


def test_all_is_well_while_it_stores_and_for_a_moment_after_its_start(folder: RunFolder) -> None:
    state = supervised(100)
    assert trouble(folder, state, 100 + STALE_SECONDS) == ""
    beat(folder, 110)
    assert trouble(folder, state, 110 + STALE_SECONDS) == ""
    # An older one's are no reproach to a new one.
    assert trouble(folder, supervised(500), 500 + STALE_SECONDS) == ""


def test_what_it_has_not_stored_for_long_is_told(folder: RunFolder) -> None:
    said = "the supervisor has stored nothing for 30 s: it hangs, or cannot write: supervisor.log says more"
    assert trouble(folder, supervised(100), 130) == said
    beat(folder, 110)
    assert trouble(folder, supervised(100), 140) == said


def test_a_full_disk_is_named(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=3, f_frsize=4096))
    assert trouble(folder, supervised(100), 700) == "the supervisor has stored nothing for 10 min: the disk is full"


def test_where_there_never_was_one_or_it_has_left_there_is_nothing_to_tell(folder: RunFolder) -> None:
    told = Told(plan(section("a", manual("x"))))
    assert trouble(folder, told.state, 1000) == ""
    told.start_supervisor()
    told.tell(ev.SupervisorStopped("nothing needs it"))
    assert trouble(folder, told.state, 1000) == ""
