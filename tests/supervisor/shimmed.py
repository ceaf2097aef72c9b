"""Commands run by a real shim, without a supervisor around it."""

from __future__ import annotations

import os
from pathlib import Path

from qudag_tui.supervisor.attempt import Attempt, End, Launch, Shims
from tests.waiting import until_async


def is_running(pid: int) -> bool:
    """Whether a process has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Bench:
    """A folder with a log and an ``.exit``, and shims that write there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "step.log"
        self.exit = folder / "step.exit"
        self.shims = Shims()

    def launch(self, *argv: str, **more: object) -> Launch:
        """A launch in the folder with a plain environment."""
        given: dict[str, object] = {"env": {"PATH": os.environ["PATH"]}, "cwd": str(self.folder), "grace_seconds": 0.2}
        return Launch(argv, **(given | more))  # type: ignore[arg-type]  # the caller's own words

    async def ready(self, launch: Launch, *, files: bool = True) -> Attempt:
        """A shim whose step is forked and waits."""
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        log = os.open(self.log, flags, 0o600) if files else -1
        exit_file = os.open(self.exit, flags, 0o600) if files else -1
        try:
            return await self.shims.start(launch, log, exit_file, self.read_exit)
        finally:
            for descriptor in (log, exit_file):
                if descriptor >= 0:
                    os.close(descriptor)

    async def started(self, *argv: str, **more: object) -> Attempt:
        """A step under way."""
        attempt = await self.ready(self.launch(*argv, **more))
        attempt.go()
        return attempt

    async def ended(self, *argv: str, **more: object) -> End:
        """How a command ends."""
        return await self.end(await self.started(*argv, **more))

    async def end(self, attempt: Attempt) -> End:
        """How an attempt ends."""
        found: list[End] = []

        def look() -> bool:
            end = attempt.check()
            found.extend([end] if end else [])
            return bool(end)

        await until_async(look)
        attempt.close()
        self.shims.reap()
        return found[0]

    async def shell(self, script: str, **more: object) -> End:
        """How a script ends."""
        return await self.ended("/bin/sh", "-c", script, **more)

    def has_no_shim(self) -> bool:
        self.shims.reap()
        return not self.shims.children

    def read_exit(self) -> bytes:
        return self.exit.read_bytes() if self.exit.exists() else b""

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def has(self, name: str) -> bool:
        """Whether a step has written a whole line into a file."""
        path = self.folder / name
        return path.exists() and path.read_text().endswith("\n")
