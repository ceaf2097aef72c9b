"""JSON from outside: parsed without the surprises of Python's parser."""

from __future__ import annotations

import json
import math
from typing import Any

from qudag_tui.core.printable import visible
from qudag_tui.sources.reason import UnansweredError, short


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def parse_json(body: bytes) -> Any:
    """The value in ``body``. Raises :class:`UnansweredError`; NaN and infinities are no JSON."""
    if not body.strip():
        raise UnansweredError("the answer is empty")
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else short(str(error))
        raise UnansweredError(short(f"the answer is no JSON: {reason}")) from error


def number_of(value: Any) -> float:
    """A finite number out of JSON. Raises :class:`UnansweredError` for anything else, true and "12" among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = "nothing" if value is None else visible(json.dumps(value, default=str)[:30])
        raise UnansweredError(short(f"a number is expected there, not {kind}"))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnansweredError(f"its value is {number}")
    return number
