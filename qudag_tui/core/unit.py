"""Units of metrics: how they are written, compared and shown."""

from __future__ import annotations

import math
from enum import StrEnum


class Unit(StrEnum):
    """The base unit in which a metric's values are kept."""

    NUMBER = ""
    PERCENT = "%"
    SECONDS = "s"
    BYTES = "B"
    PER_SECOND = "/s"
    BYTES_PER_SECOND = "B/s"


# What may stand behind a number in a condition, and how much of the base unit it is.
SUFFIXES: dict[str, tuple[Unit, float]] = {
    "": (Unit.NUMBER, 1.0),
    "%": (Unit.PERCENT, 1.0),
    "us": (Unit.SECONDS, 1e-6),
    "ms": (Unit.SECONDS, 1e-3),
    "s": (Unit.SECONDS, 1.0),
    "m": (Unit.SECONDS, 60.0),
    "h": (Unit.SECONDS, 3600.0),
    "B": (Unit.BYTES, 1.0),
    "kB": (Unit.BYTES, 1e3),
    "MB": (Unit.BYTES, 1e6),
    "GB": (Unit.BYTES, 1e9),
    "TB": (Unit.BYTES, 1e12),
    "KiB": (Unit.BYTES, 2.0**10),
    "MiB": (Unit.BYTES, 2.0**20),
    "GiB": (Unit.BYTES, 2.0**30),
    "TiB": (Unit.BYTES, 2.0**40),
    "/s": (Unit.PER_SECOND, 1.0),
    "B/s": (Unit.BYTES_PER_SECOND, 1.0),
    "kB/s": (Unit.BYTES_PER_SECOND, 1e3),
    "MB/s": (Unit.BYTES_PER_SECOND, 1e6),
    "GB/s": (Unit.BYTES_PER_SECOND, 1e9),
}

_SCALES: dict[Unit, tuple[tuple[float, str], ...]] = {
    Unit.SECONDS: ((1.0, " s"), (1e-3, " ms"), (1e-6, " us")),
    Unit.BYTES: ((1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1.0, " B")),
    Unit.BYTES_PER_SECOND: ((1e9, " GB/s"), (1e6, " MB/s"), (1e3, " kB/s"), (1.0, " B/s")),
    Unit.NUMBER: ((1e9, "G"), (1e6, "M"), (1e4, "k"), (1.0, "")),
    Unit.PER_SECOND: ((1e9, "G/s"), (1e6, "M/s"), (1e4, "k/s"), (1.0, "/s")),
    Unit.PERCENT: ((1.0, "%"),),
}
_DIVISOR = {1e4: 1e3}


def show(value: float, unit: Unit) -> str:
    """``value`` (base unit) with three significant digits: ``84 ms``, ``412 MB``, ``0.04%``, ``31%``."""
    if not math.isfinite(value):
        return "no number"
    scales = _SCALES[unit]
    magnitude = abs(value)
    scale, suffix = next(((s, x) for s, x in scales if magnitude >= s), scales[-1])
    scaled = value / _DIVISOR.get(scale, scale)
    digits = 0 if abs(scaled) >= 100 or scaled == int(scaled) else 1 if abs(scaled) >= 10 else 2
    text = f"{scaled:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + suffix
