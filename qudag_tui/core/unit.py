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
    """``value`` (base unit) with three significant digits, two below one: ``84 ms``, ``412 MB``, ``0.04%``, ``31%``."""
    if not math.isfinite(value):
        return "no number"
    scales = _SCALES[unit]
    # Counts are shown whole up to 9,999; elsewhere what rounds up to the next unit is shown in it.
    size = abs(value) if unit in {Unit.NUMBER, Unit.PER_SECOND} else float(f"{abs(value):.3g}")
    base = next(pair for pair in scales if pair[0] == 1.0)
    scale, suffix = next((pair for pair in scales if size >= pair[0]), scales[-1] if value else base)
    return _three_digits(value / _DIVISOR.get(scale, scale)) + suffix


def _three_digits(number: float) -> str:
    size = abs(number)
    if size >= 1e6:
        return f"{number:.3g}"
    if size < 1:
        digits = min(6, 1 - math.floor(math.log10(size))) if size else 0
    else:
        digits = 0 if size >= 100 or number == int(number) else 1 if size >= 10 else 2
    text = f"{number:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
