"""Samples: one writer, many readers, and nothing that an error could turn into evidence."""

from __future__ import annotations

import math
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.run.error import NotSaved, RunGone, RunRefused
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.samples import Sample, SampleReader, SampleWriter
from qudag_tui.run.witness import Witness
from tests.run.builder import at, new_run

WALL = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
SECOND = 1_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return new_run(tmp_path).folder


def sample(seconds: int, value: float, metric: str = "cpu") -> Sample:
    return Sample(metric, seconds * SECOND, WALL, value)


def test_what_was_added_is_read_by_window_by_count_and_by_time(folder: RunFolder) -> None:
    writer, reader = SampleWriter(folder), SampleReader(folder)
    writer.add([sample(5, 1.5), sample(10, 2.5), sample(15, 3.5), sample(10, 9.0, "memory")])

    assert reader.window("cpu", 5 * SECOND, 10 * SECOND) == [(5 * SECOND, 1.5), (10 * SECOND, 2.5)]
    assert reader.latest("cpu", 2) == [(10 * SECOND, 2.5), (15 * SECOND, 3.5)]
    assert reader.latest("memory") == [(10 * SECOND, 9.0)]
    assert reader.times("cpu", 0, 12 * SECOND) == [5 * SECOND, 10 * SECOND]
    assert reader.window("disk", 0, 99 * SECOND) == []


def test_a_reader_sees_what_is_added_after_it_began(folder: RunFolder) -> None:
    reader = SampleReader(folder)
    assert (reader.latest("cpu"), reader.standings("gate"), reader.witness()) == ([], {}, None)

    writer = SampleWriter(folder)
    writer.add([sample(5, 1.0)])
    assert reader.latest("cpu") == [(5 * SECOND, 1.0)]
    writer.add([sample(10, 2.0)])
    assert reader.latest("cpu") == [(10 * SECOND, 2.0)]


def test_a_slot_keeps_its_first_value(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    writer.add([sample(5, 1.0)])
    writer.add([sample(5, 2.0), sample(10, 3.0)])

    assert SampleReader(folder).latest("cpu", 9) == [(5 * SECOND, 1.0), (10 * SECOND, 3.0)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_stored(folder: RunFolder, value: float) -> None:
    writer = SampleWriter(folder)
    writer.add([sample(5, value), sample(10, 1.0)])

    assert SampleReader(folder).times("cpu", 0, 99 * SECOND) == [10 * SECOND]


def test_the_last_finding_of_each_thing_stands(folder: RunFolder) -> None:
    writer, reader = SampleWriter(folder), SampleReader(folder)
    writer.set_standing("gate", "canary/errors", 5, {"verdict": "unknown", "line": "no samples"})
    writer.set_standing("gate", "canary/errors", 10, {"verdict": "pass", "value": 0.5, "limit": 1.0})
    writer.set_standing("metric", "cpu", 10, {"value": 3.5, "error": ""})

    assert reader.standings("gate") == {"canary/errors": {"verdict": "pass", "value": 0.5, "limit": 1.0}}
    assert reader.standings("metric") == {"cpu": {"value": 3.5, "error": ""}}
    assert reader.standings("trigger") == {}


def test_a_finding_that_is_no_number_is_refused_and_not_stored(folder: RunFolder) -> None:
    with pytest.raises(NotSaved):
        SampleWriter(folder).set_standing("gate", "g", 5, {"value": math.nan})

    assert SampleReader(folder).standings("gate") == {}


def test_the_witness_never_goes_back(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    writer.set_witness(7, "ab", at(1))
    writer.set_witness(5, "cd", at(2))

    assert SampleReader(folder).witness() == Witness(7, "ab", at(1).wall)


def test_the_database_is_for_its_login_alone(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    writer.add([sample(5, 1.0)])

    assert {path.stat().st_mode & 0o777 for path in folder.path.glob("samples.db*")} == {0o600}


def test_the_write_ahead_log_is_cut_every_hour(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    log = folder.path / "samples.db-wal"
    writer.add([sample(1, 1.0)])
    grown = log.stat().st_size
    writer.add([sample(3602, 1.0)])

    assert (grown > 0, log.stat().st_size) == (True, 0)


def test_a_deleted_folder_is_noticed_although_inserts_would_succeed(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    shutil.rmtree(folder.path)

    with pytest.raises(RunGone):
        writer.add([sample(5, 1.0)])
    with pytest.raises(RunGone):
        writer.set_standing("gate", "g", 5, {})
    with pytest.raises(RunGone):
        writer.set_witness(1, "", at())


def test_a_database_that_is_none_is_put_aside(folder: RunFolder) -> None:
    folder.samples.write_bytes(b"nonsense" * 1000)
    assert SampleReader(folder).latest("cpu") == []

    SampleWriter(folder).add([sample(5, 1.0)])

    assert SampleReader(folder).latest("cpu") == [(5 * SECOND, 1.0)]
    assert (folder.path / "samples.db.damaged").read_bytes().startswith(b"nonsense")


def test_a_database_that_is_damaged_in_its_midst_is_put_aside_once_that_shows(folder: RunFolder) -> None:
    writer = SampleWriter(folder)
    writer.add([sample(at, 1.0) for at in range(5000)])
    writer.close()
    size = folder.samples.stat().st_size
    with folder.samples.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(NotSaved, match="malformed"):
        SampleWriter(folder).add([sample(6000, 2.0)])

    SampleWriter(folder).add([sample(6001, 3.0)])

    assert SampleReader(folder).latest("cpu") == [(6001 * SECOND, 3.0)]


def test_a_reader_follows_a_database_that_was_replaced(folder: RunFolder) -> None:
    writer, reader = SampleWriter(folder), SampleReader(folder)
    writer.add([sample(5, 1.0)])
    assert reader.latest("cpu") == [(5 * SECOND, 1.0)]
    writer.close()
    folder.samples.rename(folder.path / "old.db")
    SampleWriter(folder).add([sample(6, 2.0)])

    assert reader.latest("cpu") == [(6 * SECOND, 2.0)]


def test_a_database_that_is_a_link_is_refused(folder: RunFolder, tmp_path: Path) -> None:
    folder.samples.symlink_to(tmp_path / "elsewhere.db")

    with pytest.raises(RunRefused):
        SampleWriter(folder)
    assert not (tmp_path / "elsewhere.db").exists()
    assert SampleReader(folder).latest("cpu") == []


def test_a_standing_that_is_no_json_is_left_out(folder: RunFolder) -> None:
    SampleWriter(folder).set_standing("gate", "good", 5, {"verdict": "pass"})
    with sqlite3.connect(folder.samples) as db:
        db.execute("INSERT INTO standing VALUES ('gate', 'bad', 5, '{'), ('gate', 'list', 5, '[]')")
    db.close()

    assert SampleReader(folder).standings("gate") == {"good": {"verdict": "pass"}}


def test_the_newest_sample_of_all_is_told_whatever_it_is_of(folder: RunFolder) -> None:
    reader = SampleReader(folder)
    assert reader.newest() is None
    writer = SampleWriter(folder)
    writer.add([sample(15, 1.0), sample(25, 9.0, "memory"), sample(20, 2.0)])
    writer.remove({"disk": 0})
    assert reader.newest() == 25 * SECOND
