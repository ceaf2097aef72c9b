"""Waiting for what has to come: no longer than it takes, and with much patience where others work on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

DEADLINE_SECONDS = 60.0


def until(
    condition: Callable[[], object], what: str | Callable[[], str] = "it", *, pause_seconds: float = 0.005
) -> None:
    """Poll a condition; a test that waits for what never comes fails with ``what``."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it never came: {what() if callable(what) else what}"
        time.sleep(pause_seconds)


async def until_async(
    condition: Callable[[], object], pause_seconds: float = 0.005, deadline_seconds: float = DEADLINE_SECONDS
) -> None:
    """The same beside an event loop; with a longer pause where looking costs something."""
    async with asyncio.timeout(deadline_seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(pause_seconds)
