"""A supervisor in the test's own process, where its clock and its disk can be chosen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from qudag_tui.core.instant import Instant
from qudag_tui.run import clock
from qudag_tui.run.disk import Disk
from qudag_tui.run.run import Run
from qudag_tui.run.supervision import take_supervisor_lock
from qudag_tui.supervisor.attempt import Shims
from qudag_tui.supervisor.process import Supervisor
from tests.supervisor.supervised import Supervised
from tests.waiting import until_async


@asynccontextmanager
async def living(
    run: Supervised, disk: Disk | None = None, now: Callable[[], Instant] = clock.now
) -> AsyncIterator[Supervisor]:
    """A supervisor in this process, on its own view of the run."""
    lock = take_supervisor_lock(run.run.folder)
    assert lock is not None
    supervisor = Supervisor(Run.open(run.run.folder.path, disk), lock, stays=True, now=now)
    task = asyncio.ensure_future(supervisor.live())
    try:
        yield supervisor
    finally:
        supervisor._stop("the end of the test")
        await task
        shims = supervisor._executor._shims
        await until_async(lambda: _has_ended(shims))


def _has_ended(shims: Shims) -> bool:
    shims.reap()
    return not shims.children


@asynccontextmanager
async def dying(run: Supervised, now: Callable[[], Instant]) -> AsyncIterator[Supervisor]:
    """The same, but at the end it says no last word, as if its machine had lost its power."""
    lock = take_supervisor_lock(run.run.folder)
    assert lock is not None
    supervisor = Supervisor(Run.open(run.run.folder.path), lock, stays=True, now=now)
    task = asyncio.ensure_future(supervisor.live())
    try:
        yield supervisor
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        lock.release()


class Shifted:
    """A machine's clocks: ``asleep_seconds`` moves both, as a suspend does, and ``jumped_seconds`` the wall alone."""

    def __init__(self) -> None:
        self.asleep_seconds = 0.0
        self.jumped_seconds = 0.0
        self._booted: tuple[int, str] | None = None

    def reboot(self, jumped_seconds: float) -> None:
        """From now on it is another boot, and the wall clock goes wrong by so much."""
        self.jumped_seconds = jumped_seconds
        self._booted = (clock.boot_ns(), "another boot")

    def now(self) -> Instant:
        """This moment by these clocks."""
        moment = clock.now().plus(self.asleep_seconds)
        if self._booted is not None:
            moment = replace(moment, boot_ns=moment.boot_ns - self._booted[0], boot_id=self._booted[1])
        return replace(moment, wall=moment.wall + timedelta(seconds=self.jumped_seconds))

    def timestamp(self) -> float:
        """What the wall clock says, as Unix time."""
        return self.now().wall.timestamp()
