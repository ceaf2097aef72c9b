from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees, or leaves, anything of the login that runs it."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("QUDAG_TUI_RUNS", raising=False)
    monkeypatch.delenv("QUDAG_TUI_AS", raising=False)
