"""One attempt at a step as the supervisor sees it: started by itself, or adopted after a restart."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import qudag_tui
from qudag_tui.core.step import Outcome
from qudag_tui.run.process import is_alive
from qudag_tui.supervisor.descendants import send

# A shim reports within some 40 ms; a machine that takes this long is in trouble.
REPORT_SECONDS = 20.0
_READ_BYTES = 1 << 16
_ROOT = str(Path(qudag_tui.__file__).resolve().parent.parent)
_SHIM = f"import sys; sys.path.append({_ROOT!r}); from qudag_tui.supervisor.shim import main; main()"
# Where Python itself was built to need it.
_PYTHON_NEEDS = ("LD_LIBRARY_PATH",)


class ShimError(Exception):
    """The shim could not be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a shim is asked to run. ``argv[0]`` is absolute, relative to ``cwd``, or sought in ``env``'s PATH."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    timeout_seconds: float | None = None
    grace_seconds: float = 10.0
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended; ``left`` names the processes that live on."""

    outcome: Outcome
    code: int | None = None
    signal: int | None = None
    seconds: float | None = None
    error: str = ""
    log_sha256: str = ""
    left: tuple[str, ...] = field(default=())


def end_from(record: object) -> End | None:
    """What a shim wrote as the outcome; None if that is not one (empty, torn)."""
    if not isinstance(record, dict) or record.get("outcome") not in set(Outcome):
        return None
    code, number, seconds = record.get("code"), record.get("signal"), record.get("seconds")
    left = record.get("left", [])
    return End(
        Outcome(record["outcome"]),
        code if isinstance(code, int) else None,
        number if isinstance(number, int) else None,
        float(seconds) if isinstance(seconds, int | float) else None,
        str(record.get("error", "")),
        str(record.get("log_sha256", "")),
        tuple(str(each) for each in left) if isinstance(left, list) else (),
    )


def end_of(exit_file: bytes) -> End | None:
    """What stands in an ``.exit`` file; None while nothing does."""
    with suppress(ValueError, RecursionError):
        return end_from(json.loads(exit_file))
    return None


class Attempt:
    """Processes that were started once, and how they are followed to their end.

    ``read_exit`` gives the bytes of the ``.exit`` file (empty if there is none). With ``control`` the shim tells its
    end at once; without it (after a restart) the ``.exit`` and the shim's life are all there is.
    """

    def __init__(
        self,
        step: tuple[int, int],
        shim: tuple[int, int],
        read_exit: Callable[[], bytes],
        *,
        control: socket.socket | None = None,
        boot_is_ours: bool = True,
    ) -> None:
        """``step`` and ``shim`` are pids with their raw start ticks."""
        self.pid, self.ticks = step
        self.shim_pid, self.shim_ticks = shim
        self.control = control
        self._read_exit = read_exit
        self._buffer = b""
        self._boot_is_ours = boot_is_ours
        self._told_to_stop = False
        self._heard_all = control is None

    @property
    def hears(self) -> bool:
        """Whether the shim may still say something."""
        return not self._heard_all

    def go(self) -> None:
        """Let the step begin. A shim that is gone is found out by :meth:`check`."""
        if self.control is not None:
            with suppress(OSError):
                self.control.send(b'{"go": true}\n')

    def check(self) -> End | None:
        """How it ended, or None while it runs. Never waits."""
        end = self._told()
        if end is not None or not self._heard_all:
            return end
        end = end_of(self._read_exit())
        if end is not None or self._is_running(self.shim_pid, self.shim_ticks):
            return end
        # It may have written its end between the two looks.
        return end_of(self._read_exit()) or self._unknown()

    def cancel(self) -> None:
        """Ask the shim to end the step and all below it: once, and only that very process."""
        if self._told_to_stop or not self._boot_is_ours:
            return
        self._told_to_stop = True
        send(self.shim_pid, self.shim_ticks, signal.SIGTERM)

    def close(self) -> None:
        """Let go of the shim; if it was never told to go, its step never starts."""
        self._heard_all = True
        if self.control is not None:
            self.control.close()
            self.control = None

    def _told(self) -> End | None:
        while self.control is not None and not self._heard_all:
            try:
                data = self.control.recv(_READ_BYTES)
            except BlockingIOError:
                return None
            except OSError:
                data = b""
            self._buffer += data
            line, found, _ = self._buffer.partition(b"\n")
            self._heard_all = bool(found) or not data
            if found:
                with suppress(ValueError):
                    message = json.loads(line)
                    return end_from(message.get("end")) if isinstance(message, dict) else None
        return None

    def _is_running(self, pid: int, ticks: int) -> bool:
        return self._boot_is_ours and is_alive(pid, ticks)

    def _unknown(self) -> End:
        if not self._boot_is_ours:
            return End(Outcome.UNKNOWN, error="the machine was restarted while it ran")
        if self._is_running(self.pid, self.ticks):
            return End(Outcome.UNKNOWN, error=f"nobody follows it any more, and process {self.pid} still runs")
        return End(Outcome.UNKNOWN, error="nobody saw its end: the process that followed it was killed")


class Shims:
    """The shims that this process started: reaped when they end."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []

    def reap(self) -> None:
        """Forget those that have ended."""
        self.children = [child for child in self.children if child.poll() is None]

    async def start(self, launch: Launch, log: int, exit_file: int, read_exit: Callable[[], bytes]) -> Attempt:
        """A shim with its step forked and waiting for :meth:`Attempt.go`. Raises :class:`ShimError`.

        ``log`` and ``exit_file`` are descriptors (-1 where they could not be opened), and stay the caller's.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise ShimError(f"the process that follows the step could not be started: {error.strerror}") from error
        try:
            with theirs:
                self.children.append(_spawn(theirs.fileno(), log, exit_file))
            ours.setblocking(False)
            report = await asyncio.wait_for(_introduce(ours, launch), REPORT_SECONDS)
            return Attempt(
                (report["pid"], report["ticks"]),
                (report["shim_pid"], report["shim_ticks"]),
                read_exit,
                control=ours,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            ours.close()
            reason = str(error)
            if isinstance(error, TimeoutError):
                reason = f"it did not report within {REPORT_SECONDS:g} s"
            elif isinstance(error, ConnectionError):
                reason = "it ended at once"
            raise ShimError(f"the process that follows the step could not be started: {reason}") from error
        except BaseException:
            ours.close()
            raise


def _spawn(control: int, log: int, exit_file: int) -> subprocess.Popen[bytes]:
    descriptors = (control, log, exit_file)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _SHIM, *(str(descriptor) for descriptor in descriptors)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={name: os.environ[name] for name in _PYTHON_NEEDS if name in os.environ},
        pass_fds=[descriptor for descriptor in descriptors if descriptor >= 0],
        start_new_session=True,
    )


async def _introduce(control: socket.socket, launch: Launch) -> dict[str, int]:
    asked = {
        "argv": launch.argv,
        "env": dict(launch.env),
        "cwd": launch.cwd,
        "timeout": launch.timeout_seconds,
        "grace": launch.grace_seconds,
        "secrets": launch.secrets,
    }
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(control, json.dumps(asked).encode() + b"\n")
    data = b""
    while b"\n" not in data:
        part = await loop.sock_recv(control, _READ_BYTES)
        if not part:
            raise ConnectionResetError
        data += part
    report: dict[str, int] = json.loads(data)
    return report
