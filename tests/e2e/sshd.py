"""A real sshd on loopback with keys of its own, and an operator who logs in through it."""

from __future__ import annotations

import os
import pwd
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from shlex import join, quote
from types import TracebackType
from typing import Self

import psutil
import pytest

from tests.bench.display import Display
from tests.bench.terminal import Terminal
from tests.e2e.tmux import PATIENCE_SECONDS, need

# Compiled into Debian's sshd, which insists on it where root starts it and no package has made it yet.
_SEPARATION = Path("/run/sshd")
_BETWEEN_KEYS_SECONDS = 0.1
PROGRAM = [sys.executable, "-m", "qudag_tui", "plan.toml"]
_KEYS = {"Space": " ", "Enter": "\r", "Escape": "\x1b"}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


class Sshd:
    """A server for this user alone; a context manager that ends it."""

    def __init__(self, folder: Path) -> None:
        """Its keys and configuration are in ``folder``."""
        # The full path: it starts itself anew for every session.
        self.program = _sshd()
        self.folder = folder / "ssh"
        self.folder.mkdir(mode=0o700)
        self.port = free_port()
        for name in ("host", "user"):
            made = [need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
            subprocess.run(made, check=True, capture_output=True)
        host_key = (self.folder / "host.pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {' '.join(host_key)}\n")
        (self.folder / "config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\n"
            f"HostKey {self.folder / 'host'}\n"
            f"AuthorizedKeysFile {self.folder / 'user.pub'}\n"
            "PidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            # The folder of a test lies below one that everybody may write to.
            "PermitRootLogin prohibit-password\nStrictModes no\n"
        )
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.program, "-D", "-e", "-f", str(self.folder / "config")], stdin=subprocess.DEVNULL, stderr=log
            )
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self) -> str:
        """What it had to say."""
        return (self.folder / "log").read_text(errors="replace")

    def sessions(self) -> list[psutil.Process]:
        """Its processes that serve somebody, deepest last."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def command(self, shell: str) -> list[str]:
        """The client's command line that runs a line of ``shell`` on a terminal of the server's."""
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "EscapeChar": "none",
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        key = ["-i", str(self.folder / "user"), "-p", str(self.port)]
        return [
            need("ssh"),
            "-tt",
            "-F",
            "/dev/null",
            *key,
            *given,
            f"{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1",
            shell,
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)


def _sshd() -> str:
    for folder in ("/usr/sbin", "/usr/local/sbin"):
        if os.access(f"{folder}/sshd", os.X_OK):
            return f"{folder}/sshd"
    return need("sshd")


class Login:
    """An operator's own terminal with the program in it; a context manager that ends it."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, *, columns: int, rows: int) -> None:
        """``command`` runs in ``folder``."""
        self.display = Display(columns, rows)
        self.terminal = Terminal(command, env, str(folder), columns=columns, rows=rows)

    @classmethod
    def far(cls, sshd: Sshd, folder: Path, env: dict[str, str], *, columns: int = 120, rows: int = 36) -> Login:
        """At the far end of an ssh; ``env`` is what the program finds, and it opens ``plan.toml`` in ``folder``."""
        there = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), *PROGRAM]
        command = sshd.command(f"cd {quote(str(folder))} && exec {join(there)}")
        here = {"PATH": os.environ["PATH"], "TERM": env["TERM"], "HOME": env["HOME"]}
        return cls(command, here, folder, columns=columns, rows=rows)

    @classmethod
    def near(cls, folder: Path, env: dict[str, str], *, columns: int = 120, rows: int = 36) -> Login:
        """The same, here."""
        return cls(PROGRAM, env, folder, columns=columns, rows=rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminal.__exit__(kind, error, trace)

    def screen(self) -> str:
        """What the operator sees now."""
        return self.display.text(self.terminal.output)

    def press(self, *keys: str) -> None:
        """Press keys by their names, no faster than a person does: what comes at once is taken for a paste."""
        for key in keys:
            self.terminal.count_for(_BETWEEN_KEYS_SECONDS)
            self.terminal.write(_KEYS.get(key, key).encode())

    def type(self, text: str) -> None:
        """Type a text key by key."""
        self.press(*text)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match of ``pattern`` on the screen, once it is there; the failure shows the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            match = re.search(pattern, self.screen())
            if match:
                return match
            if time.monotonic() > deadline:
                pytest.fail(f"{pattern!r} did not appear; the screen was:\n{self.screen()}")
            self.terminal.read(0.05)

    def cut(self, server_side: list[psutil.Process]) -> None:
        """The link is lost in the worst way, at both ends."""
        self.terminal.process.kill()
        for process in server_side:
            with suppress(psutil.NoSuchProcess):  # some end as soon as the client has
                if process.name().startswith("sshd"):
                    process.kill()
        self.terminal.process.wait(PATIENCE_SECONDS)
