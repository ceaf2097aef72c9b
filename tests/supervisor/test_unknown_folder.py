"""What lies pending in a run folder from elsewhere is carried out by nobody, not even once it is accepted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.core.instant import Instant
from qudag_tui.core.intent import AddComment, Execute
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.acceptance import accept
from qudag_tui.run.run import Run
from qudag_tui.run.samples import SampleReader
from tests.supervisor.supervised import ANA, REPOSITORY, Supervised, step


def an_hour_ahead() -> Instant:
    """When somebody forged a request, so that it does not expire soon; on another boot, whose clock says nothing here."""
    now = clock.now()
    return Instant(now.plus(3600).wall, now.boot_ns, "another boot")


def test_a_request_in_a_folder_from_elsewhere_is_not_claimed_before_or_after_it_is_accepted(
    supervised: Callable[..., Supervised], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = supervised(step("flags", "touch ran"))
    forged = run.run.submit(Execute("rollback"), ANA, an_hour_ahead)
    assert not isinstance(forged, Refusal)
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another"))
    run.trust()
    refused = subprocess.run(
        [sys.executable, "-P", "-m", "qudag_tui.supervisor", run.run.folder.path, "--foreground"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, "this login did not create it" in refused.stderr) == (3, True)
    assert run.kinds() == ["run created", "execution requested"]

    opened = Run.open(run.run.folder.path)
    accept(opened, ANA)
    run.start()
    # It witnesses what is new before it does what is due: the second time, the turn of the first is over.
    said = run.ask(AddComment("deploy", "are you there?"))
    reader = SampleReader(opened.folder)
    run.until(lambda _: (seen := reader.witness()) is not None and seen.seq >= said.seq)
    said = run.ask(AddComment("deploy", "and now?"))
    run.until(lambda _: (seen := reader.witness()) is not None and seen.seq >= said.seq)
    reader.close()

    assert run.state.executions[forged.seq].held
    assert "request claimed" not in run.kinds()
    assert not (run.folder / "ran").exists()
