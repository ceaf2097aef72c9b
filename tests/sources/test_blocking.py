from __future__ import annotations

import asyncio
import threading

import pytest

from qudag_tui.sources.blocking import off_loop


async def test_a_call_that_hangs_holds_up_nobody() -> None:
    release = threading.Event()
    hanging = [asyncio.ensure_future(off_loop(release.wait)) for _ in range(50)]

    assert await off_loop(lambda: "here") == "here"

    release.set()
    assert await asyncio.gather(*hanging) == [True] * 50


async def test_what_the_call_raises_is_raised_where_it_is_awaited() -> None:
    with pytest.raises(ZeroDivisionError):
        await off_loop(lambda: 1 // 0)


def test_an_answer_after_the_loop_was_closed_is_dropped() -> None:
    release, done = threading.Event(), threading.Event()

    def late() -> None:
        release.wait()
        done.set()

    async def leave() -> None:
        task = asyncio.ensure_future(off_loop(late))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    release.set()

    assert done.wait(10)
