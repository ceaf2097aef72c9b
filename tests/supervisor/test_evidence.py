from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from qudag_tui.run.error import NotSaved
from qudag_tui.run.samples import Sample, SampleReader, SampleWriter
from qudag_tui.supervisor.evidence import Evidence
from tests.supervisor.supervised import Supervised

Build = Callable[..., Supervised]
WALL = datetime(2026, 11, 22, tzinfo=UTC)


def rows(*times: int) -> list[Sample]:
    return [Sample("cpu", at, WALL, float(at)) for at in times]


def times(evidence: Evidence, start: int, end: int) -> list[int]:
    return [at for at, _ in evidence.series(["cpu"], start, end)["cpu"]]


@pytest.fixture
def run(supervised: Build) -> Supervised:
    return supervised()


def test_what_was_sampled_before_a_restart_is_read_once_and_joined_to_what_is_new(run: Supervised) -> None:
    before = Evidence(run.run.folder)
    before.add(rows(10, 20, 30))
    before.close()
    evidence = Evidence(run.run.folder)
    evidence.add(rows(40, 50))

    assert times(evidence, 20, 45) == [20, 30, 40]
    assert times(evidence, 0, 100) == [10, 20, 30, 40, 50]
    assert times(evidence, 15, 100) == [20, 30, 40, 50]
    evidence.close()


def test_looking_back_before_the_first_new_sample_hides_nothing_that_came_after_what_was_looked_at(
    run: Supervised,
) -> None:
    """A supervisor in the middle of a soak looks first at what was counted before that soak."""
    before = Evidence(run.run.folder)
    before.add(rows(10, 20, 30))
    before.close()
    evidence = Evidence(run.run.folder)

    assert times(evidence, 5, 15) == [10]
    assert times(evidence, 5, 35) == [10, 20, 30]
    evidence.add(rows(40))
    assert times(evidence, 0, 100) == [10, 20, 30, 40]
    evidence.close()


def test_a_slot_keeps_its_first_value(run: Supervised) -> None:
    evidence = Evidence(run.run.folder)
    evidence.add(rows(10, 20))
    evidence.add([Sample("cpu", 20, WALL, 99.0)])

    assert evidence.series(["cpu"], 0, 100) == {"cpu": [(10, 10.0), (20, 20.0)]}
    evidence.close()


def test_what_was_measured_in_another_way_is_no_evidence_and_is_taken_away_from_there_on(run: Supervised) -> None:
    before = Evidence(run.run.folder)
    before.add(rows(10, 20))
    before.close()
    evidence = Evidence(run.run.folder)
    evidence.add(rows(30, 40, 50))
    evidence.take_away({"cpu": 40})
    evidence.count_from({"cpu": 40})

    assert (times(evidence, 0, 100), evidence.newest("cpu")) == ([], None)
    evidence.add([Sample("cpu", 40, WALL, 7.0)])
    assert (times(evidence, 0, 100), evidence.newest("cpu")) == ([40], 40)
    evidence.close()
    reader = SampleReader(run.run.folder)
    assert reader.window("cpu", 0, 100) == [(10, 10.0), (20, 20.0), (30, 30.0), (40, 7.0)]
    reader.close()


def test_what_no_window_needs_is_forgotten_and_read_again_when_one_does(run: Supervised) -> None:
    evidence = Evidence(run.run.folder)
    evidence.add(rows(10, 20, 30))
    assert times(evidence, 0, 100) == [10, 20, 30]
    evidence.keep_from({"cpu": 25}, 0)

    assert evidence._series["cpu"] == [(30, 30.0)]
    assert times(evidence, 0, 100) == [10, 20, 30]
    evidence.keep_from({}, 35)
    assert evidence._series["cpu"] == []
    evidence.close()


def test_what_cannot_be_kept_is_told_once_and_judged_all_the_same(
    run: Supervised, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise NotSaved("the disk is full")

    evidence = Evidence(run.run.folder)
    with monkeypatch.context() as patched:
        patched.setattr(SampleWriter, "add", full)
        evidence.add(rows(10))
        evidence._retry_ns = 0
        evidence.add(rows(20))
    evidence._retry_ns = 0
    evidence.add(rows(30))

    assert times(evidence, 0, 100) == [10, 20, 30]
    assert SampleReader(run.run.folder).times("cpu", 0, 100) == [30]
    assert capsys.readouterr().err.count("the disk is full") == 1
    evidence.close()


def test_a_database_that_was_deleted_is_begun_anew_and_what_stands_is_said_again(
    run: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = Evidence(run.run.folder)
    evidence.add(rows(10))
    evidence.stand("gate", "cpu", 10, {"line": "31%"})
    for path in run.run.folder.path.glob("samples.db*"):
        path.unlink()
    evidence.add(rows(20))
    evidence._retry_ns = 0
    evidence.add(rows(30))
    evidence.stand("gate", "cpu", 30, {"line": "31%"})

    reader = SampleReader(run.run.folder)
    assert reader.times("cpu", 0, 100) == [30]
    assert reader.standings("gate") == {"cpu": {"line": "31%"}}
    assert times(evidence, 0, 100) == [10, 20, 30]
    assert "the file was deleted or replaced" in capsys.readouterr().err
    evidence.close()


def test_a_standing_is_written_only_where_it_says_something_new(
    run: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = Evidence(run.run.folder)
    written: list[object] = []
    monkeypatch.setattr(SampleWriter, "set_standing", lambda _, *what: written.append(what))
    for line in ("31%", "31%", "32%"):
        evidence.stand("gate", "cpu", 10, {"line": line})

    assert [what[3] for what in written if isinstance(what, tuple)] == [{"line": "31%"}, {"line": "32%"}]
    evidence.close()
