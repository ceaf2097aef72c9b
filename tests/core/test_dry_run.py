"""What would run, as text that does nothing else when it is pasted."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core.dry_run import dry_run
from qudag_tui.core.step import Step
from qudag_tui.core.undoing import undo_of
from tests.core.building import branch, command, persons, watch


def test_a_line_break_in_a_text_stays_in_its_comment() -> None:
    hostile = "off\ntouch pwned"
    steps = (
        replace(command("a"), text=hostile, secrets=("TOKEN",)),
        replace(persons("b"), text=hostile),
        replace(watch("c"), text=hostile),
        replace(branch("d", "c", replace(command("e"), text=hostile)), text=hostile),
    )
    assert list(dry_run(steps, "/srv", {"QUDAG_TUI_RUN": "it's"})) == [
        "export QUDAG_TUI_RUN='it'\"'\"'s'",
        "",
        "# 1. off␊touch pwned  [a]",
        "# needs in the environment: TOKEN",
        "(cd /srv && QUDAG_TUI_STEP=a /bin/true)",
        "",
        "# 2. off␊touch pwned: a person does this",
        "",
        "# 3. off␊touch pwned: wait until cpu < 80%, at most 5 min",
        "",
        "# 4. off␊touch pwned: only if c did not pass",
        "# 4.1. off␊touch pwned  [e]",
        "(cd /srv && QUDAG_TUI_STEP=e /bin/true)",
    ]


def test_folders_are_those_of_the_steps_and_limits_are_said() -> None:
    step = Step(
        "s",
        "s",
        run=("./x",),
        undo=("./y",),
        cwd="below",
        confirm=True,
        attempts=2,
        target_seconds=30.0,
        timeout_seconds=60.0,
        env={"A": "b c"},
    )
    assert list(dry_run([step, undo_of(replace(step, cwd="/elsewhere"))], "/srv", {}))[1:] == [
        "# 1. s (target 30 s, ended after 1 min, at most 2 attempts, confirmed before it starts)  [s]",
        "(cd /srv/below && A='b c' QUDAG_TUI_STEP=s ./x)",
        "",
        "# 2. Undo: s (ended after 1 min)  [s:undo]",
        "(cd /elsewhere && A='b c' QUDAG_TUI_STEP=s:undo ./y)",
    ]
