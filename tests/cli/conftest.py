"""The desk at which the command line is tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import PLAN, Desk


@pytest.fixture
def desk(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    """A folder with a small plan; nothing outside it is read or written; ana sits at it."""
    monkeypatch.chdir(tmp_path)
    for name in ("QUDAG_TUI_RUNS", "TMUX", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QUDAG_TUI_AS", "ana")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name.lower()))
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "home" / "state" / "qudag-tui"))
    # The processes that a test starts compile the program once, all together.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.getbasetemp().parent / "bytecode"))
    at = Desk(tmp_path, capsys)
    at.write(PLAN)
    yield at
    for folder in (tmp_path / "runs").glob("*/supervisor.lock"):
        at("supervise", "--stop", "--run", str(folder.parent))
