"""Calls that may hang (a dead disk, a stuck mount), made where they hold up nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def off_loop(call: Callable[[], Result]) -> Result:
    """What ``call`` returns or raises, from a thread of its own.

    A daemon thread and no pool: one call that never comes back takes no place from others, and does not keep the
    process from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def run() -> None:
        result, raised = None, None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001  # whatever it was, it is raised again where it is awaited
            raised = error
        with suppress(RuntimeError):  # the loop was closed while the call hung
            loop.call_soon_threadsafe(settle, result, raised)

    threading.Thread(target=run, daemon=True).start()
    return await future
