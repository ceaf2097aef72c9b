"""A terminal that nobody reads any more, until the program behind it can write no more."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

PATIENCE_SECONDS = 100.0
_REDRAW, _LOOK_SECONDS = b"\x0c", 0.02
# Without a word for so many looks it is stuck; in between it is asked again, should a key have been lost.
_STILL_LOOKS, _ASK_AGAIN_LOOKS = 50, 10


def stall(send: Callable[[bytes], object], pid: int) -> None:
    """Have process ``pid`` draw by keys that ``send`` presses, until it is stuck; an ssh in between takes 2 MB more.

    The next key is pressed when something was drawn: keys that pile up before a slow screen are read at once, and
    dropped as pasted.
    """
    screen = psutil.Process(pid)
    written, still, deadline = -1, 0, time.monotonic() + PATIENCE_SECONDS
    while still < _STILL_LOOKS:
        assert time.monotonic() < deadline, f"it still writes, after {written} bytes"
        if still % _ASK_AGAIN_LOOKS == 0:
            send(_REDRAW)
        time.sleep(_LOOK_SECONDS)
        before, written = written, screen.io_counters().write_chars
        still = still + 1 if written == before else 0
