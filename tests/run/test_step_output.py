"""A log is followed exactly, though it loses its middle again and again meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qudag_tui.run.folder import RunFolder
from qudag_tui.run.log_shape import left_out, left_out_note
from qudag_tui.run.step_output import Read, StepOutput, last_lines
from qudag_tui.supervisor.step_log import StepLog

HEAD, TAIL = 80, 60


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "r1")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 250), st.integers(0, 3)), max_size=25),
    st.sampled_from([7, 64, 4096]),
    st.sampled_from([None, 30]),
)
def test_what_is_read_is_what_was_written_there(
    folder: RunFolder, turns: list[tuple[int, int]], most: int, keep: int | None
) -> None:
    whole = b"".join(b"%07d\n" % n for n in range(1000))
    descriptor = os.open(folder.logs / "a.log", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    log, output = StepLog(descriptor, HEAD, TAIL), StepOutput.of(folder, "logs/a.log", head=HEAD)
    written = place = 0

    def look() -> Read:
        nonlocal place
        read = output.read(most, keep=keep)
        assert read.data == whole[place + read.missed :][: len(read.data)]
        place += read.missed + len(read.data)
        assert keep is None or written - place <= keep
        return read

    for size, looks in turns:
        log.write(whole[written : written + size])
        written += size
        for _ in range(looks):
            look()
    log.finish()
    while look().data:
        pass
    os.close(descriptor)
    assert place == written


def test_a_look_in_the_middle_of_shortening_sees_nothing_and_loses_nothing(folder: RunFolder) -> None:
    path = folder.logs / "a.log"
    path.write_bytes(b"h" * HEAD + b"0123456789")
    output = StepOutput.of(folder, "a.log", head=HEAD)
    assert output.read().data.endswith(b"0123456789")
    path.write_bytes(b"h" * HEAD)
    assert output.read() == Read()
    path.write_bytes(b"h" * HEAD + left_out_note(25) + b"fghij")
    assert output.read() == Read(b"fghij", 15)
    path.write_bytes(b"h" * HEAD)
    assert output.read() == Read()
    path.write_bytes(b"h" * HEAD + left_out_note(28) + b"ijkl")
    assert output.read() == Read(b"kl")


@pytest.mark.parametrize("line", [b"\n[x bytes left out]\n", b"\n[12 bytes left out]", b"[12 bytes left out]\n", b""])
def test_what_is_no_note_leaves_nothing_out(line: bytes) -> None:
    assert left_out(line) == (0, 0)


def test_the_last_lines_of_what_is_not_there_are_none(folder: RunFolder) -> None:
    (folder.logs / "a.log").write_bytes(b"one\n\ntwo\r\n10%\r20%\rdone\nhalf")
    assert last_lines(folder, "logs/a.log", 3) == ["two", "done", "half"]
    assert last_lines(folder, "logs/b.log", 3) == []
    assert last_lines(folder, "../../../../etc/passwd", 3) == []
    assert last_lines(folder, "", 3) == []
