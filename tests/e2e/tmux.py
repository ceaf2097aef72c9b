"""A robot operator in a real tmux: types keys, reads the screen, and waits for what it expects to see."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40.0
# So many looks one after the other find the same screen; after an escape more, as it may begin a longer key.
QUIET_LOOKS, QUIET_LOOKS_AFTER_ESCAPE = 2, 5
# Nobody sees a question and answers it faster; the program takes a key that follows in less than half of it for pasted.
REACTION_SECONDS = 0.06


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


class Operator(Protocol):
    """Somebody at a keyboard, wherever the terminal is."""

    def press(self, *keys: str) -> None:
        """Press keys by name."""

    def type(self, text: str) -> None:
        """Type a text key by key."""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match of ``pattern`` on the screen, once it is there."""


class Tmux:
    """A tmux server of its own with one session that runs the program; a context manager that ends it."""

    def __init__(
        self,
        folder: Path,
        env: dict[str, str],
        arguments: list[str],
        *,
        columns: int,
        rows: int,
        program: Sequence[str] = (sys.executable, "-m", "qudag_tui"),
    ) -> None:
        """``program`` is called with ``arguments`` in ``folder``."""
        self.tmux = need("tmux")
        self.socket = str(folder / "tmux.sock")
        self.env = env
        self._pressed = 0.0
        command = " ".join(["exec", *program, *(f"'{a}'" for a in arguments)])
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
        """Press keys by tmux's names (``Space``, ``Enter``, ``j``), no sooner than a person would."""
        time.sleep(max(0.0, self._pressed + REACTION_SECONDS - time.monotonic()))
        self._run("send-keys", "-t", "robot", *keys)
        self._pressed = time.monotonic()

    def type(self, text: str) -> None:
        """Type text as a person does: key by key, which is how the program tells it from a paste."""
        for character in text:
            self._run("send-keys", "-t", "robot", "-l", character)

    def paste(self, text: str, *, bracketed: bool) -> None:
        """Paste as people do: with brackets where the program has asked for them, or as if it was typed at once."""
        self._run("set-buffer", "-b", "robot", "--", text)
        self._run("paste-buffer", *(["-p"] if bracketed else []), "-b", "robot", "-t", "robot")

    def settle(self, looks: int = QUIET_LOOKS) -> None:
        """Until the program has read all that came, and draws nothing more."""
        terminal = os.open(
            self._run("display-message", "-p", "-t", "robot", "#{pane_tty}").strip(), os.O_RDONLY | os.O_NOCTTY
        )
        try:
            deadline, before, quiet = time.monotonic() + PATIENCE_SECONDS, "", 0
            while quiet < looks:
                assert time.monotonic() < deadline, f"it never settled:\n{before}"
                screen = self.screen()
                waits = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0" * 4))[0]
                quiet, before = quiet + 1 if screen == before and not waits else 0, screen
                time.sleep(0.05)
        finally:
            os.close(terminal)

    def shows(self, pattern: str) -> bool:
        """Whether ``pattern`` is on the screen now."""
        return re.search(pattern, self.screen()) is not None

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match of ``pattern`` on the screen, once it is there; the failure shows the screen."""
        found = self.sees(pattern, PATIENCE_SECONDS)
        if found is None:
            pytest.fail(f"{pattern!r} did not appear; the screen was:\n{self.screen()}")
        return found

    def sees(self, pattern: str, seconds: float) -> re.Match[str] | None:
        """The same, but None if it does not come within ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.screen())
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def kill(self) -> None:
        """The link is lost in the worst way: the tmux server dies with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
