from __future__ import annotations

from pathlib import Path

from qudag_tui.cli.step_output import OutputLines
from qudag_tui.core.execution import Attempt
from qudag_tui.core.instant import EPOCH
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.log_shape import left_out_note


def test_a_log_that_lost_its_middle_while_it_was_followed_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r1")
    log = folder.path / "logs" / "a.log"
    log.write_bytes(b"head\nmiddle that is long\n")
    output = OutputLines.of(folder, Attempt(1, EPOCH, 10, 1, 9, 1, "logs/a.log"), head=5)

    assert list(output.lines()) == ["head", "middle that is long"]
    log.write_bytes(b"head\n" + left_out_note(40) + b"rest of a line\nend")
    assert list(output.lines()) == ["[20 bytes left out]", "rest of a line"]
    assert list(output.lines()) == []
    assert list(output.lines(is_over=True)) == ["end"]
