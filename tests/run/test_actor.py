"""Who is at the keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qudag_tui.run.actor import ConfigInvalid, login, this_actor


def configure(folder: Path, text: str) -> Path:
    path = folder / "config" / "qudag-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_the_operator_is_declared_or_from_the_environment_or_configured_or_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert this_actor().by == login()
    configure(tmp_path, 'operator = " ana "')
    assert this_actor().by == "ana"
    monkeypatch.setenv("QUDAG_TUI_AS", "bo")
    assert this_actor(" ").by == "bo"
    assert this_actor("cy").by == "cy"
    assert (this_actor("cy").login, this_actor("cy").host) == (login(), os.uname().nodename)


def test_bytes_that_are_no_text_are_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"QUDAG_TUI_AS", b"ana\xff")

    assert this_actor().by == "ana\\udcff"


@pytest.mark.parametrize(
    ("text", "what"), [("operator = ", "cannot be read"), ("operator = 3", "operator is not a string")]
)
def test_a_configuration_that_is_none_is_said_to_be_one(tmp_path: Path, text: str, what: str) -> None:
    path = configure(tmp_path, text)

    with pytest.raises(ConfigInvalid, match=what) as caught:
        this_actor()
    assert str(caught.value).startswith(f"{path}: ")


def test_a_terminal_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.ttyname", lambda descriptor: f"/dev/pts/{descriptor}")
    assert this_actor().tty == "/dev/pts/0"


def test_without_a_terminal_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_descriptor: int) -> str:
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr("os.ttyname", none)
    assert this_actor().tty == ""
