"""Which process is which: a pid alone is reused, a pid with its start ticks is not."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_STATE = 0
_START_TICKS = 19
_ENDED = frozenset("ZXx")


def _fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The name in brackets may hold anything, brackets and spaces too.
    return text.rpartition(")")[2].split()


def start_ticks(pid: int) -> int:
    """The raw start ticks of a process that has not ended, else 0; zombies have ended."""
    fields = _fields(pid)
    if len(fields) <= _START_TICKS or fields[_STATE] in _ENDED:
        return 0
    return int(fields[_START_TICKS])


def is_alive(pid: int, ticks: int) -> bool:
    """Whether that very process still runs (a stopped one does)."""
    return pid > 0 and ticks > 0 and start_ticks(pid) == ticks


@cache
def _ticks_of(pid: int) -> int:
    return start_ticks(pid)


def own_ticks() -> int:
    """The start ticks of this process, right in forked children too."""
    return _ticks_of(os.getpid())
