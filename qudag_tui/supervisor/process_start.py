"""When the process behind a source says that it started: another start is another process."""

from __future__ import annotations

# What a process says of its start moves by less: clocks are set, and start times are rounded.
_SAME_SECONDS = 2.0


def started_id(source: str) -> str:
    """The series of when the process behind a source started; no metric's name has a bracket."""
    return f"(started) {source}"


def is_another(one: float | None, other: float | None) -> bool:
    """Whether two looks at a source were at two processes, by when each started (seconds; None: not told)."""
    if one is None or other is None:
        return one is not other
    return abs(other - one) > _SAME_SECONDS
