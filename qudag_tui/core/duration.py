"""Durations as people write them (``90s``, ``30m``, ``1h 30m``) and as a screen shows them."""

from __future__ import annotations

import re

_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
ALLOWED = 'a number with ms, s, m, h or d, such as "90s", "30m" or "1h 30m"'
MAX_SECONDS = 366 * 86400.0


def parse_duration(text: str) -> float:
    """Seconds meant by ``text``; ``ValueError`` names what is allowed."""
    position, total = 0, 0.0
    stripped = text.strip()
    while position < len(stripped):
        match = _PART.match(stripped, position)
        if match is None:
            break
        total += float(match[1]) * _SECONDS[match[2]]
        position = match.end()
    if not stripped or position != len(stripped) or total > MAX_SECONDS:
        message = f"{text!r} is not a duration; allowed is {ALLOWED}, at most a year"
        raise ValueError(message)
    return total


def parse_offset(text: str) -> float:
    """Seconds from T meant by ``T-2h`` or ``T+24h``; ``ValueError`` names what is allowed."""
    stripped = text.replace(" ", "")
    if len(stripped) > 2 and stripped[0] in "Tt" and stripped[1] in "+-":
        seconds = parse_duration(stripped[2:])
        return -seconds if stripped[1] == "-" else seconds
    message = f'{text!r} is not an offset from T; allowed is "T-2h" or "T+24h"'
    raise ValueError(message)


def clock(seconds: float) -> str:
    """``mm:ss`` below an hour, else ``h:mm:ss``; rounded down, so that a timer never shows what is not reached."""
    whole = int(max(0.0, seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes:02d}:{second:02d}"


def spoken(seconds: float) -> str:
    """A duration in words for a sentence: ``45 s``, ``17 min``, ``2 h 04 min``, ``3 d``."""
    whole = int(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def relative(seconds: float) -> str:
    """A signed distance from T: ``T+00:52``, ``T-02:00`` (hours and minutes; days before the hours when many)."""
    sign = "-" if seconds < 0 else "+"
    minutes = int(abs(seconds)) // 60
    days, minutes = divmod(minutes, 1440) if minutes >= 6000 else (0, minutes)
    prefix = f"{days}d " if days else ""
    return f"T{sign}{prefix}{minutes // 60:02d}:{minutes % 60:02d}"
