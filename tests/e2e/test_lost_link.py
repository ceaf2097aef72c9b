"""A session is lost in mid-step: cut, or stalled. The step ends, once, and the next login sees how."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.e2e.sshd import Login, Sshd
from tests.e2e.test_whole_path import begin, roll_back_until_the_flags, see_what_happened, wait_until_step
from tests.e2e.tmux import PATIENCE_SECONDS, isolated_environment, qudag_tui
from tests.tui.stalling import stall


def screen_of(sessions: list[psutil.Process]) -> psutil.Process:
    """The program, below the server's processes."""
    return next(process for process in sessions if "qudag_tui" in process.cmdline())


@pytest.mark.parametrize("how", ["cut", "stalled"])
def test_over_a_real_ssh_a_step_outlives_the_session_and_the_next_login_sees_its_outcome(
    tmp_path: Path, how: str
) -> None:
    env = isolated_environment(tmp_path)
    begin(env, tmp_path)

    with Sshd(tmp_path) as sshd:
        with Login.far(sshd, tmp_path, env) as login:
            login.wait_for(r"supervised")
            roll_back_until_the_flags(login)
            sessions = sshd.sessions()
            screen = screen_of(sessions)
            if how == "cut":
                login.cut(sessions)
                is_gone(screen)
            else:
                stall(screen.pid)
            the_step_ends_once(tmp_path, env)

        is_gone(screen)
        with Login.far(sshd, tmp_path, env) as login:
            see_what_happened(login)
    all_is_well(tmp_path, env)


def test_a_terminal_that_nobody_reads_holds_up_neither_the_step_nor_the_supervisor(tmp_path: Path) -> None:
    env = isolated_environment(tmp_path)
    begin(env, tmp_path)

    with Login.near(tmp_path, env) as login:
        login.wait_for(r"supervised")
        roll_back_until_the_flags(login)
        stall(login.terminal.process.pid)
        the_step_ends_once(tmp_path, env)
        # The next one is a person's, and another person can do it.
        marked = qudag_tui("mark", "report", "passed", "--as", "bo", env=env, cwd=tmp_path)
        assert marked.returncode == 0, marked.stderr
        wait_until_step(env, tmp_path, "report", "passed")
    all_is_well(tmp_path, env)


def the_step_ends_once(folder: Path, env: dict[str, str]) -> None:
    """Let it end, and see that it did."""
    (folder / "finish").touch()
    wait_until_step(env, folder, "flags-off", "passed")
    assert (folder / "executions").read_text() == "started\n"


def is_gone(screen: psutil.Process) -> None:
    """The program has ended by itself."""
    assert psutil.wait_procs([screen], PATIENCE_SECONDS)[1] == []


def all_is_well(folder: Path, env: dict[str, str]) -> None:
    """The output is whole, the journal verifies, and there is a supervisor to stop."""
    assert qudag_tui("output", "flags-off", env=env, cwd=folder).stdout == "flags are off\n"
    assert qudag_tui("verify", env=env, cwd=folder).returncode == 0
    stopped = qudag_tui("supervise", "--stop", env=env, cwd=folder)
    assert stopped.returncode == 0, stopped.stderr
