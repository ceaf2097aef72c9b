"""Every screen test has its own state folder, and starts no real supervisor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui.deployment import Deployment


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What starts a supervisor says that this very process is one: alive, and doing nothing."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr("qudag_tui.run.supervision.spawn", lambda *_: os.getpid())
    # It never says in the journal that it started.
    monkeypatch.setattr("qudag_tui.tui.session.STARTED_SECONDS", 0.0)
    # Whatever stood on the screen was read, however short the test.
    monkeypatch.setattr("qudag_tui.tui.session.READ_NS", -1)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A small run that has just begun."""
    return Deployment(tmp_path)
