"""A robot operator in a real tmux: types keys, reads the screen, and waits for what it expects to see."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40.0


def need(program: str) -> str:
    """The path of a real program; without it the test skips, or fails where real ones are required."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} is not installed"
        if os.environ.get("QUDAG_TUI_REQUIRE_REAL") == "1":
            pytest.fail(f"{message}, and QUDAG_TUI_REQUIRE_REAL=1 asks for it")
        pytest.skip(message)
    return path


def isolated_environment(folder: Path) -> dict[str, str]:
    """An environment in which a test meets nobody's configuration and leaves no trace outside ``folder``."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(REPOSITORY),
        "QUDAG_TUI_STATE": str(folder / "state"),
        "QUDAG_TUI_AS": "ana",
        "XDG_CONFIG_HOME": str(home / "config"),
    }


def qudag_tui(*arguments: str, env: dict[str, str], cwd: Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """One verb of the command line, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "qudag_tui", *arguments],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


class Tmux:
    """A tmux server of its own with one session that runs the program; a context manager that ends it."""

    def __init__(self, folder: Path, env: dict[str, str], arguments: list[str], *, columns: int, rows: int) -> None:
        self.tmux = need("tmux")
        self.socket = str(folder / "tmux.sock")
        self.env = env
        command = " ".join(["exec", sys.executable, "-m", "qudag_tui", *(f"'{a}'" for a in arguments)])
        self._run(
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "robot",
            "-x",
            str(columns),
            "-y",
            str(rows),
            "-c",
            str(folder),
            command,
        )
        self.pid = int(self._run("display-message", "-p", "#{pid}").strip())

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.tmux, "-S", self.socket, *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        if done.returncode != 0:
            raise RuntimeError(f"tmux {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(
            [self.tmux, "-S", self.socket, "kill-server"], env=self.env, capture_output=True, check=False, timeout=20
        )

    def screen(self) -> str:
        """What a person would see now."""
        return self._run("capture-pane", "-p", "-t", "robot")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names (``Space``, ``Enter``, ``j``)."""
        self._run("send-keys", "-t", "robot", *keys)

    def type(self, text: str) -> None:
        """Type text as a person does: key by key, which is how the program tells it from a paste."""
        for character in text:
            self._run("send-keys", "-t", "robot", "-l", character)

    def paste(self, text: str) -> None:
        """Paste as a terminal does that tells the program so (bracketed, where the program asks for it)."""
        self._run("set-buffer", "-b", "robot", text)
        self._run("paste-buffer", "-p", "-d", "-b", "robot", "-t", "robot")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match of ``pattern`` on the screen, once it is there; the failure shows the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            screen = self.screen()
            match = re.search(pattern, screen)
            if match:
                return match
            if time.monotonic() > deadline:
                pytest.fail(f"{pattern!r} did not appear; the screen was:\n{screen}")
            time.sleep(0.05)

    def kill(self) -> None:
        """The link is lost in the worst way: the tmux server dies with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
