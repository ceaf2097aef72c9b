"""The one place that asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from qudag_tui.core.instant import Instant

# Counts suspends; where there is none (not Linux), the monotonic clock is the nearest.
_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@cache
def boot_id() -> str:
    """The id of this boot, or "" where the system has none."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def boot_ns() -> int:
    """Nanoseconds since this boot, suspends included: for deadlines."""
    return time.clock_gettime_ns(_BOOT_CLOCK)


def now() -> Instant:
    """This moment by both clocks."""
    return Instant(datetime.now(UTC), boot_ns(), boot_id())
