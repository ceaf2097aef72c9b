from __future__ import annotations

from pathlib import Path

from qudag_tui.cli.step_output import CUT, StepOutput
from qudag_tui.core.execution import Attempt
from qudag_tui.core.instant import EPOCH
from qudag_tui.run.folder import RunFolder


def test_a_log_that_lost_its_middle_while_it_was_followed_is_read_afresh(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r1")
    log = folder.path / "logs" / "a.log"
    log.write_bytes(b"head\nmiddle that is long\n")
    output = StepOutput(folder, Attempt(1, EPOCH, 10, 1, 9, 1, "logs/a.log"))

    assert list(output.lines()) == ["head", "middle that is long"]
    log.write_bytes(b"head\ntail\n")
    assert list(output.lines()) == [CUT, "head", "tail"]
    assert list(output.lines()) == []
