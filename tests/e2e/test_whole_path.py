"""Open, tick, watch, start the rollback, lose the terminal, come back: by keyboard, in a real tmux, at both sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.tmux import Operator, Tmux, isolated_environment, qudag_tui
from tests.waiting import until

PLAN = """\
title = "Small deployment"

[metrics.cpu]
title = "CPU"
short = "cpu"
gauge = "host:cpu_percent"
every = "1s"

[[checklists]]
title = "Day"

[[checklists.sections]]
id = "before"
title = "Before"
items = ["Freeze the code", "Tell the team"]

[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
metrics = ["cpu"]
items = [
  "Deploy",
  { text = "Watch it", id = "watch", soak = "30m", items = [{ text = "CPU is normal", gate = "cpu < 101%" }] },
  { text = "Go or No-Go", decision = true },
]

[[triggers]]
text = "CPU is hot"
when = "cpu > 1000%"

[[procedures.rollback.steps]]
id = "alert"
text = "Alert the commander"

[[procedures.rollback.steps]]
id = "flags-off"
text = "Switch the flags off"
run = ["sh", "-c", "echo started >> executions; while [ ! -e finish ]; do sleep 0.1; done; echo flags are off"]
target = "30s"
timeout = "5m"

[[procedures.rollback.steps]]
id = "report"
text = "Write the report"
"""


def status(env: dict[str, str], folder: Path) -> dict[str, Any]:
    done = qudag_tui("status", "--json", env=env, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def outcome_of(found: dict[str, Any], step: str) -> str | None:
    outcomes: dict[str, str | None] = {s["id"]: s["outcome"] for p in found["procedures"] for s in p["steps"]}
    return outcomes[step]


def wait_until_step(env: dict[str, str], folder: Path, step: str, outcome: str) -> None:
    until(
        lambda: outcome_of(status(env, folder), step) == outcome,
        lambda: str(status(env, folder)["procedures"]),
        pause_seconds=0.1,
    )


def go_to(tmux: Tmux, text: str) -> None:
    tmux.press("/")
    tmux.wait_for(r"(?m)^ search")
    tmux.type(text)
    tmux.wait_for(rf"(?m)^ {text}$")
    tmux.press("Enter")
    tmux.wait_for(rf"“{text}”: \d+ of \d")


def start_typed(tmux: Operator) -> None:
    code = tmux.wait_for(r"Type\s+([A-Z0-9]{4})\s+to start")[1]
    tmux.type(code)
    tmux.press("Enter")


def begin(env: dict[str, str], folder: Path) -> None:
    (folder / "plan.toml").write_text(PLAN)
    made = qudag_tui("new", "plan.toml", "--release", "v2", "--previous", "v1", env=env, cwd=folder)
    assert made.returncode == 0, made.stderr
    trusted = qudag_tui("trust", "plan.toml", "--yes", env=env, cwd=folder)
    assert trusted.returncode == 0, trusted.stderr


def tick_and_watch(tmux: Tmux, env: dict[str, str], folder: Path) -> None:
    tmux.wait_for(r"Small deployment")
    tmux.wait_for(r"supervised")
    tmux.wait_for(r"Freeze the code")

    go_to(tmux, "Freeze")
    tmux.press("Space")
    tmux.wait_for(r"✔.*Freeze the code.*ana")

    told = qudag_tui("tick", "before/tell", "--as", "bo", env=env, cwd=folder)
    assert told.returncode == 0, told.stderr
    tmux.wait_for(r"✔.*Tell the team.*bo")

    go_to(tmux, "Watch it")
    tmux.press("Space")
    tmux.wait_for(r"00:\d\d of 30:00 observed")

    tmux.press("2")
    tmux.wait_for(r"CPU[\s\S]*\d+ ?%")


def roll_back_until_the_flags(tmux: Operator) -> None:
    tmux.press("R")
    start_typed(tmux)
    tmux.wait_for(r"Alert the commander")
    tmux.wait_for(r"(?i)waits")
    tmux.press("m")
    tmux.wait_for(r"p passed")
    tmux.press("p")
    tmux.wait_for(r"Switch the flags off.*running")


def see_what_happened(tmux: Operator) -> None:
    tmux.wait_for(r"Welcome back, ana")
    tmux.wait_for(r"Switch the flags off")
    tmux.press("Enter")
    tmux.press("3")
    tmux.wait_for(r"Switch the flags off.*(passed|done)")
    tmux.wait_for(r"flags are off")
    tmux.press("q")
    tmux.wait_for(r"(?i)supervisor")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_an_operator_opens_ticks_rolls_back_loses_the_terminal_and_comes_back(
    tmp_path: Path, columns: int, rows: int
) -> None:
    env = isolated_environment(tmp_path)
    begin(env, tmp_path)

    with Tmux(tmp_path, env, ["plan.toml"], columns=columns, rows=rows) as tmux:
        tick_and_watch(tmux, env, tmp_path)
        roll_back_until_the_flags(tmux)
        tmux.kill()

    (tmp_path / "finish").touch()
    wait_until_step(env, tmp_path, "flags-off", "passed")
    assert (tmp_path / "executions").read_text() == "started\n"

    with Tmux(tmp_path, env, ["plan.toml"], columns=columns, rows=rows) as tmux:
        see_what_happened(tmux)

    output = qudag_tui("output", "flags-off", env=env, cwd=tmp_path)
    assert output.stdout == "flags are off\n"
    assert qudag_tui("verify", env=env, cwd=tmp_path).returncode == 0
    stopped = qudag_tui("supervise", "--stop", env=env, cwd=tmp_path)
    assert stopped.returncode == 0, stopped.stderr
