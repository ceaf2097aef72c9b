"""A trigger that fires, told to every client of a real tmux session."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qudag_tui.tui.tmux_message import tell_tmux
from tests.e2e.tmux import need
from tests.waiting import until

Run = Callable[..., str]


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A tmux server with a session ``inner``, which this process pretends to run in, and another that can be seen.

    ``outer``'s two windows hold clients of ``inner``.
    """
    program = need("tmux")
    monkeypatch.delenv("TMUX", raising=False)

    def run(server: str, *arguments: str) -> str:
        socket = str(tmp_path / server)
        done = subprocess.run(
            [program, "-S", socket, "-f", "/dev/null", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("inner", "new-session", "-d", "-s", "inner", "-x", "100", "-y", "20", "sleep 1000")
    attach = f"TMUX= {program} -S {tmp_path / 'inner'} attach -t inner"
    run("outer", "new-session", "-d", "-s", "outer", "-x", "120", "-y", "21", attach)
    run("outer", "new-window", "-d", "-t", "outer", attach)
    pane, pid = run("inner", "list-panes", "-t", "inner", "-F", "#{pane_id} #{pid}").split()
    monkeypatch.setenv("TMUX", f"{tmp_path / 'inner'},{pid},0")
    monkeypatch.setenv("TMUX_PANE", pane)
    yield run
    for server in ("outer", "inner"):
        subprocess.run([program, "-S", str(tmp_path / server), "kill-server"], capture_output=True, check=False)


def test_every_client_sees_it_and_what_stands_in_it_is_not_expanded(tmux: Run, tmp_path: Path) -> None:
    until(lambda: len(tmux("inner", "list-clients", "-t", "inner").splitlines()) == 2)
    hostile = f"-t Errors #[fg=red] #(touch {tmp_path}/pwned) #{{pid}} > 1%H \x1b[31mred;"

    assert tell_tmux(hostile) == 2

    expected = f"qudag-tui: -t Errors #[fg=red] #(touch {tmp_path}/pwned) #{{pid}} > 1%H ␛[31mred; (3 shows it)"
    for window in ("0", "1"):
        until(lambda window=window: expected[:100] in tmux("outer", "capture-pane", "-p", "-t", f"outer:{window}"))  # type: ignore[misc]  # bound at once
    assert not (tmp_path / "pwned").exists()


def test_a_tmux_that_is_gone_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMUX", f"{tmp_path}/gone,1,0")
    monkeypatch.setenv("TMUX_PANE", "%0")

    assert tell_tmux("Errors") == 0
