"""What this login remembers of a run, outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.run.witness import Witness, read_witness, state_dir, write_witness
from tests.run.builder import NONCE, at


def test_what_was_seen_is_remembered_for_this_login_alone(tmp_path: Path) -> None:
    assert read_witness(NONCE) is None
    assert write_witness(NONCE, 7, "ab", at(1))

    assert read_witness(NONCE) == Witness(7, "ab", at(1).wall)
    path = tmp_path / "state" / "seen" / f"{NONCE}.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_earlier_event_never_replaces_a_later_one() -> None:
    write_witness(NONCE, 7, "ab", at(1))

    assert not write_witness(NONCE, 6, "cd", at(2))
    assert write_witness(NONCE, 7, "ab", at(3))
    assert read_witness(NONCE) == Witness(7, "ab", at(3).wall)


@pytest.mark.parametrize("nonce", ["", "../../x", NONCE.upper(), NONCE + "\n", NONCE[1:]])
def test_a_nonce_that_is_none_names_no_file(nonce: str, tmp_path: Path) -> None:
    assert not write_witness(nonce, 1, "", at())
    assert read_witness(nonce) is None
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"seq": 1, "hash": "x", "at": "yesterday"}',
        '{"seq": 1e999, "hash": "x", "at": "2026-11-22T21:04:00+00:00"}',
        "[" * 5000,
        "\x00",
    ],
)
def test_a_damaged_memory_is_no_memory(text: str) -> None:
    write_witness(NONCE, 1, "ab", at())
    (state_dir() / "seen" / f"{NONCE}.json").write_text(text)

    assert read_witness(NONCE) is None


def test_where_nothing_can_be_remembered_nobody_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "file" / "below"))

    assert not write_witness(NONCE, 1, "ab", at())
    assert read_witness(NONCE) is None
