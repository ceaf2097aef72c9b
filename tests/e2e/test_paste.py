"""Whatever is pasted into the window, with brackets or without: nothing starts, and nothing is decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from qudag_tui.run.folder import find_run
from qudag_tui.run.run import Run
from tests.e2e.test_whole_path import go_to, start_typed
from tests.e2e.tmux import QUIET_LOOKS_AFTER_ESCAPE, Tmux, isolated_environment, qudag_tui

PLAN = """\
title = "Small deployment"

[[checklists]]
title = "Day"

[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
items = [
  { text = "Deploy", id = "deploy", run = ["sh", "-c", "echo deployed >> ran"] },
  { text = "Go or No-Go", decision = true },
]

[[procedures.rollback.steps]]
id = "alert"
text = "Alert the commander"

[[procedures.rollback.steps]]
id = "flags-off"
text = "Switch the flags off"
run = ["sh", "-c", "echo flags >> ran; exit 1"]

[[procedures.rollback.steps]]
id = "code"
text = "Roll the code back"
run = ["sh", "-c", "echo code >> ran"]
"""
# What a person would press to start, decide, mark, skip, retry or let go on, as a text may hold it.
STARTS = ("dnwhy not\n", "R\ne\ny\nABCD\n" * 20)
MOVES = ("kbecause\n", " p\nmf\nty wy ay\nkno\n" * 50)
HARMLESS = {
    "supervisor started",
    "supervisor stopped",
    "item ticked",
    "item unticked",
    "item commented",
    "event undone",
}


# A question, or the line of a search, stands there.
OPEN = r"esc (not now|close)|(?<=\n) search"
MOST_TRIES = 20
# Views, and questions that are open in them.
VIEWS = {
    "1": r"▾ Day",
    "2": "this plan has no metrics",
    "3": "Switch the flags off",
    "4": "opened the run",
    "1R": r"Type\s+\S{4}\s+to start",
    "1d": "g Go   n No-Go",
}


def kinds(folder: Path) -> list[str]:
    return [event.kind for event in Run.open(find_run(folder / "runs")).events]


def begin(folder: Path) -> dict[str, str]:
    env = isolated_environment(folder)
    (folder / "plan.toml").write_text(PLAN)
    for words in (("new", "plan.toml", "--release", "v2", "--previous", "v1"), ("trust", "plan.toml", "--yes")):
        done = qudag_tui(*words, env=env, cwd=folder)
        assert done.returncode == 0, done.stderr
    return env


def not_harmless(folder: Path) -> list[str]:
    return [kind for kind in kinds(folder) if kind not in HARMLESS]


def paste_all(tmux: Tmux, keys: str, sign: str, texts: Sequence[str], *, bracketed: bool) -> None:
    """Paste each text into what ``keys`` open."""
    for text in texts:
        open_up(tmux, keys, sign)
        tmux.paste(text, bracketed=bracketed)
        tmux.settle()
    open_up(tmux, "1", VIEWS["1"])


def open_up(tmux: Tmux, keys: str, sign: str) -> None:
    """Press ``keys`` until ``sign`` shows; escape closes whatever a paste has opened, and never records.

    A key that comes while a long paste is still being read belongs to it, and is dropped with it.
    """
    for _ in range(MOST_TRIES):
        close(tmux)
        for key in keys:
            tmux.press(key)
        if tmux.sees(sign, 2.0):
            return
    tmux.wait_for(sign)


def close(tmux: Tmux) -> None:
    """Close every question."""
    while tmux.shows(OPEN):
        tmux.press("Escape")
        tmux.settle(QUIET_LOOKS_AFTER_ESCAPE)


@pytest.mark.parametrize("bracketed", [True, False], ids=["bracketed", "unbracketed"])
def test_whatever_is_pasted_starts_decides_and_moves_nothing(tmp_path: Path, *, bracketed: bool) -> None:
    env = begin(tmp_path)
    with Tmux(tmp_path, env, ["plan.toml"], columns=80, rows=24) as tmux:
        tmux.wait_for(r"supervised")
        go_to(tmux, "Deploy")
        for keys, sign in VIEWS.items():
            paste_all(tmux, keys, sign, STARTS, bracketed=bracketed)
        assert not_harmless(tmp_path) == ["run created"]

        # A person's step waits, and then one that failed.
        tmux.press("R")
        start_typed(tmux)
        tmux.wait_for(r"(?i)waits")
        waits = not_harmless(tmp_path)
        paste_all(tmux, "3", "Rollback to v1", MOVES, bracketed=bracketed)
        assert not_harmless(tmp_path) == waits

        tmux.press("3")
        tmux.press("m")
        tmux.wait_for(r"p passed")
        tmux.press("p")
        tmux.wait_for(r"Switch the.*failed, exit code 1")
        failed = not_harmless(tmp_path)
        paste_all(tmux, "3", "Rollback to v1", MOVES, bracketed=bracketed)
        assert not_harmless(tmp_path) == failed
        assert (tmp_path / "ran").read_text() == "flags\n"

        assert qudag_tui("abort", env=env, cwd=tmp_path).returncode == 0
    stopped = qudag_tui("supervise", "--stop", env=env, cwd=tmp_path)
    assert stopped.returncode == 0, stopped.stderr
