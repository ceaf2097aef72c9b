"""A program that prints a number, or lines of a name and a number."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Source
from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.reason import short
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted

MOST_BYTES = 64 << 10
_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "TZ")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_READ_BYTES = 1 << 16
# What a KILL has not ended by then waits for a dead disk, or the check before the start does.
_KILL_SECONDS = 10.0
# A series of its own, for a program that prints one number and serves several metrics.
VALUE = "value"


class CommandSource:
    """Runs in the checklist file's folder, in a session of its own, and nothing of its group outlives the read."""

    def __init__(
        self,
        source: Source,
        wanted: Wanted,
        folder: Path,
        search_path: str = os.defpath,
        forbidden: Callable[[], str] = lambda: "",
    ) -> None:
        """``forbidden`` says before each start why it may not run ("" if it may); the trust check belongs there.

        ``search_path`` is the PATH that was fixed when the file was trusted. Starts nothing yet.
        """
        argv = source.target.get("argv", ())
        self._argv = argv if isinstance(argv, tuple) else (argv,)
        self._timeout_seconds = source.timeout_seconds
        self._series = sorted(wanted.plain)
        self._folder = folder
        self._search_path = search_path
        self._forbidden = forbidden

    async def read(self, at: Instant) -> Reading:  # noqa: ARG002  # what it prints is of now
        """What it prints. Raises :class:`SourceError` if it does not end well within the timeout."""
        wake, stop = os.pipe2(os.O_CLOEXEC)
        try:
            async with asyncio.timeout(self._timeout_seconds + _KILL_SECONDS):
                output = await off_loop(lambda: self._run(wake))
        except TimeoutError as error:
            raise SourceError("it hangs in the kernel, and cannot be killed") from error
        finally:
            # The end of this pipe ends the program, also when nobody waits for its output any more.
            os.close(stop)
        return self._reading(output)

    def _run(self, wake: int) -> str:
        try:
            reason = self._forbidden()
            if reason:
                raise SourceError(short(reason))
            return self._output(wake)
        finally:
            os.close(wake)

    def _output(self, wake: int) -> str:
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        try:
            try:
                process = subprocess.Popen(
                    self._argv,
                    executable=self._program(),
                    stdin=subprocess.DEVNULL,
                    stdout=write_end,
                    stderr=subprocess.DEVNULL,
                    cwd=self._folder,
                    env=self._environment(),
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                raise SourceError(short(f"{self._argv[0]} cannot be started: {reason}")) from error
            finally:
                os.close(write_end)
            output, trouble = b"", ""
            try:
                output, trouble = self._watch(process.pid, read_end, wake)
            finally:
                # Its leader is not reaped yet, so that the group's number is nobody else's.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
        finally:
            os.close(read_end)
        if trouble:
            raise SourceError(trouble)
        if code != 0:
            raise SourceError(f"it ended with {f'exit code {code}' if code > 0 else signal.Signals(-code).name}")
        return output.decode("utf-8", "replace")

    def _watch(self, pid: int, read_end: int, wake: int) -> tuple[bytes, str]:
        """What the program prints until its leader ends, and why it does not count."""
        os.set_blocking(read_end, False)
        until = monotonic() + self._timeout_seconds
        leader = os.pidfd_open(pid)
        output, is_open = bytearray(), True
        try:
            poll = select.poll()
            for descriptor in (read_end, wake, leader):
                poll.register(descriptor, select.POLLIN)
            while True:
                left = until - monotonic()
                ready = {descriptor for descriptor, _ in poll.poll(max(0.0, left) * 1000)}
                # Whoever holds the other end has gone away.
                if wake in ready:
                    return b"", "it was no longer needed"
                has_ended = leader in ready
                while is_open and read_end in ready | ({read_end} if has_ended else set()):
                    part = _read(read_end)
                    if part == b"":
                        poll.unregister(read_end)
                        is_open = False
                    if not part:
                        break
                    output += part
                    if len(output) > MOST_BYTES:
                        return b"", f"it printed more than {MOST_BYTES >> 10} KiB"
                if has_ended:
                    return bytes(output), ""
                if left <= 0:
                    return b"", f"it did not end within {self._timeout_seconds:g} s"
        finally:
            os.close(leader)

    def _program(self) -> str:
        word = self._argv[0] if self._argv else ""
        if "/" in word:
            return os.path.normpath(self._folder / word)
        places = [place for place in self._search_path.split(os.pathsep) if place.startswith("/")]
        candidates = [Path(place) / word for place in places]
        found = next((each for each in candidates if each.is_file() and os.access(each, os.X_OK)), None)
        if found is None:
            raise FileNotFoundError(2, "it was not found in PATH")
        return str(found)

    def _environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"PATH": self._search_path}

    def _reading(self, output: str) -> Reading:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        if not lines:
            raise SourceError("it printed nothing")
        said: dict[str, str] = {}
        if len(lines) == 1 and len(lines[0].split()) == 1:
            said[self._series[0] if len(self._series) == 1 else VALUE] = lines[0]
        else:
            for line in lines:
                name, _, number = line.rpartition(" ")
                name = name.strip()
                if not name:
                    raise SourceError(short(f"it printed neither a number nor a name and a number: {line}"))
                if name in said:
                    raise SourceError(short(f"it printed {name} twice"))
                said[name] = number
        return _finite(said, self._series)


def _read(descriptor: int) -> bytes | None:
    """What is there now, ``b""`` at the end, None if nothing is there yet."""
    try:
        return os.read(descriptor, _READ_BYTES)
    except BlockingIOError:
        return None


def _finite(said: Mapping[str, str], wanted: list[str]) -> Reading:
    values: dict[str, float] = {}
    reasons = {name: f"it did not print {name}" for name in wanted if name not in said}
    # Whoever wants nothing in particular (a look at the source) is shown everything.
    for name in [name for name in wanted if name in said] if wanted else said:
        word = said[name]
        value = float(word) if _NUMBER.fullmatch(word) else None
        if value is not None and abs(value) < float("inf"):
            values[name] = value
        elif value is not None or _NO_NUMBER.fullmatch(word):
            reasons[name] = short(f"its value is {word}")
        else:
            reasons[name] = short(f"it printed no number: {word}")
    if not values:
        raise SourceError(short(next(iter(reasons.values()))))
    return Reading(values, reasons)
