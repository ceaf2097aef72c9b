"""A session is lost in mid-step: cut, or stalled. The step ends, once, and the next login sees how."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.e2e.sshd import Login, Sshd
from tests.e2e.test_whole_path import begin, roll_back_until_the_flags, see_what_happened, wait_until_step
from tests.e2e.tmux import PATIENCE_SECONDS, isolated_environment, qudag_tui


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
        with Login(sshd, tmp_path, env) as login:
            login.wait_for(r"supervised")
            roll_back_until_the_flags(login)
            sessions = sshd.sessions()
            screen = screen_of(sessions)
            if how == "cut":
                login.cut(sessions)
                psutil.wait_procs([screen], PATIENCE_SECONDS)
                assert not screen.is_running()
            else:
                # From here on nobody reads the terminal, and every key would draw.
                login.terminal.send(b"1234" * 250)

            (tmp_path / "finish").touch()
            wait_until_step(env, tmp_path, "flags-off", "passed")
            assert (tmp_path / "executions").read_text() == "started\n"

        psutil.wait_procs([screen], PATIENCE_SECONDS)
        assert not screen.is_running()
        with Login(sshd, tmp_path, env) as login:
            see_what_happened(login)

    output = qudag_tui("output", "flags-off", env=env, cwd=tmp_path)
    assert output.stdout == "flags are off\n"
    assert qudag_tui("verify", env=env, cwd=tmp_path).returncode == 0
    stopped = qudag_tui("supervise", "--stop", env=env, cwd=tmp_path)
    assert stopped.returncode == 0, stopped.stderr
