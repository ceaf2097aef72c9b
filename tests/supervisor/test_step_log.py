from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qudag_tui.supervisor.step_log import StepLog

HEAD, TAIL = 50, 40


def written(path: Path, parts: list[bytes]) -> tuple[bytes, str]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        log = StepLog(descriptor, HEAD, TAIL)
        for part in parts:
            log.write(part)
            assert os.fstat(descriptor).st_size <= HEAD + 2 * TAIL + len(b"\n[999999 bytes left out]\n")
        digest = log.finish()
        assert log.error == ""
        return path.read_bytes(), digest
    finally:
        os.close(descriptor)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 300), max_size=30))
def test_it_keeps_the_head_and_the_end_whatever_the_pieces(tmp_path: Path, sizes: list[int]) -> None:
    whole = b"".join(b"%07d\n" % n for n in range(sum(sizes) // 8 + 1))[: sum(sizes)]
    parts, at = [], 0
    for size in sizes:
        parts.append(whole[at : at + size])
        at += size

    data, digest = written(tmp_path / "log", parts)

    if len(whole) <= HEAD + TAIL:
        assert data == whole
    else:
        note = b"\n[%d bytes left out]\n" % (len(whole) - HEAD - TAIL)
        assert data == whole[:HEAD] + note + whole[-TAIL:]
    assert digest == hashlib.sha256(data).hexdigest()


def test_a_full_disk_loses_output_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT)
    log = StepLog(descriptor, HEAD, TAIL)
    log.write(b"before ")
    real = os.pwrite

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    log.write(b"lost")
    monkeypatch.setattr(os, "pwrite", real)
    log.write(b"after")
    log.finish()
    os.close(descriptor)

    assert (tmp_path / "log").read_bytes() == b"before after"
    assert log.error == "the log lacks 4 bytes: No space left on device"


def test_without_a_file_nothing_is_kept_and_nothing_fails() -> None:
    log = StepLog(-1)
    log.write(b"gone")

    assert (log.finish(), log.error) == ("", "")
