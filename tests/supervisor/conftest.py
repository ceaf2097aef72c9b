from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.supervisor.supervised import Supervised


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervised]]:
    """Builds a run whose rollback has the given steps."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    made: list[Supervised] = []

    def build(*steps: str, folder: Path | None = None, **more: Any) -> Supervised:
        if folder is None:
            folder = tmp_path / f"project-{len(made)}"
            folder.mkdir()
        made.append(Supervised(folder, *steps, **more))
        return made[-1]

    yield build
    for each in made:
        each.close()
