"""An armed run in a real terminal with a real supervisor: armed by hand, stopped by hand, and then let go on."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.tmux import Tmux, isolated_environment, qudag_tui

PLAN = """
title = "Night watch"

[sources.trial]
every = "500ms"
scripted = { errors = [99] }

[metrics.errors]
title = "Errors"
gauge = "trial:errors"

[[checklists]]
title = "Day"
[[checklists.sections]]
title = "Canary"
traffic = "10%"
items = ["Deploy", { text = "Go", decision = true }]

[[triggers]]
id = "errors-high"
text = "Errors are high"
when = "errors > 50"
for = "2s"
then = "start"
countdown = "15s"

[[procedures.rollback.steps]]
text = "Disable flags"
run = ["sh", "-c", "echo off >> flags"]
"""


def test_a_countdown_is_stopped_once_and_then_starts_the_rollback(tmp_path: Path) -> None:
    env = isolated_environment(tmp_path)
    (tmp_path / "checklists.toml").write_text(PLAN)
    new = ("new", "checklists.toml", "--release", "v2", "--previous", "v1", "--id", "r1")
    assert qudag_tui(*new, env=env, cwd=tmp_path).returncode == 0
    assert qudag_tui("trust", "--run", "r1", "--yes", env=env, cwd=tmp_path).returncode == 0
    try:
        with Tmux(tmp_path, env, ["checklists.toml"], columns=80, rows=24) as tmux:
            tmux.wait_for("supervised")
            tmux.press("3")
            tmux.wait_for("R starts it")
            tmux.press("A")
            code = tmux.wait_for(r"Type  (\w{4})  to arm it")[1]
            tmux.type(code)
            tmux.wait_for("armed by ana")
            tmux.press("1")
            tmux.wait_for("Deploy")
            assert qudag_tui("tick", "day/canary/deploy", env=env, cwd=tmp_path).returncode == 0

            tmux.wait_for(r"ROLLBACK STARTS IN 00:\d\d")
            # The robot has pressed no key for a while by then, or will not have soon: the view opens by itself.
            tmux.wait_for("starts in .* “Errors are high”")
            tmux.press("a")
            tmux.wait_for("offered only: ana")
            assert not (tmp_path / "flags").exists()

            assert qudag_tui("untick", "errors-high", env=env, cwd=tmp_path).returncode == 0
            tmux.wait_for(r"ROLLBACK STARTS IN 00:\d\d")
            tmux.wait_for(r"passed +asked for .* by supervisor")
            assert (tmp_path / "flags").read_text() == "off\n"
            tmux.wait_for("● supervised")
    finally:
        qudag_tui("close", "rolled-back", "--run", "r1", env=env, cwd=tmp_path)
        qudag_tui("supervise", "--stop", "--run", "r1", env=env, cwd=tmp_path)
