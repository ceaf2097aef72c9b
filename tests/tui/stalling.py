"""A terminal that nobody reads any more, until the program behind it can write no more."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

PATIENCE_SECONDS = 40.0
# Slower than what is taken for a paste and dropped.
_REDRAW, _BETWEEN_SECONDS = b"\x0c", 0.02
_STILL_LOOKS = 50


def stall(send: Callable[[bytes], object], pid: int) -> None:
    """Have process ``pid`` draw by keys that ``send`` presses, until it is stuck; an ssh in between takes 2 MB more."""
    screen = psutil.Process(pid)
    written, still, deadline = -1, 0, time.monotonic() + PATIENCE_SECONDS
    while still < _STILL_LOOKS:
        assert time.monotonic() < deadline, f"it still writes, after {written} bytes"
        send(_REDRAW)
        time.sleep(_BETWEEN_SECONDS)
        before, written = written, screen.io_counters().write_chars
        still = still + 1 if written == before else 0
