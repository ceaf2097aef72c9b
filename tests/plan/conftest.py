from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan.project import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A checklist file with the files that it names; its trust is kept beside it, where no test sees that of a login."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
