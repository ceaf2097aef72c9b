"""What the supervisor last said of something, read from a file of the run: whatever is missing of it, or of another type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.requirement import Requirement, requirements_of
from qudag_tui.core.verdict import Verdict


@lean_dataclass(frozen=True, slots=True)
class Standing:
    """The last word on one gate, trigger, metric, watch or forecast.

    ``value`` and ``limit`` are in the metric's base unit (of a forecast: seconds), ``error`` says why there is no value
    (of a trigger: why it cannot be told whether it fires), and ``at`` (RFC 3339) when it was measured. ``needs``,
    ``requirements`` and ``soak`` (the start of the soak in which it was said; 0 if not told) are a gate's.
    """

    verdict: Verdict = Verdict.UNKNOWN
    line: str = ""
    value: float | None = None
    limit: float | None = None
    error: str = ""
    at: str = ""
    needs: str = ""
    requirements: tuple[Requirement, ...] = ()
    soak: int = 0


def standing_of(said: Mapping[str, Any]) -> Standing:
    """``said`` as far as it can be read. Never raises."""

    def number(name: str) -> float | None:
        value = said.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and value is not None and math.isfinite(value) else None

    def text(name: str) -> str:
        value = said.get(name)
        return value if isinstance(value, str) else ""

    verdict = text("verdict")
    return Standing(
        Verdict(verdict) if verdict in set(Verdict) else Verdict.UNKNOWN,
        text("line"),
        number("value"),
        number("limit"),
        text("error"),
        text("at"),
        text("needs"),
        requirements_of(said.get("requirements")),
        round(number("soak") or 0),
    )
