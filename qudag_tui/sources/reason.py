"""The short reason that stands beside a metric without a number."""

from __future__ import annotations

from qudag_tui.core.printable import visible
from qudag_tui.sources.source import SourceError

_MOST_REASON = 110


class UnansweredError(SourceError):
    """It was asked, and gave no answer that counts: it is down, rather than nobody knowing."""


def short(text: str) -> str:
    """``text`` from outside as part of a reason: one line, nothing hostile, not long."""
    line = visible(" ".join(text[: _MOST_REASON * 10].split()))
    return line if len(line) <= _MOST_REASON else f"{line[: _MOST_REASON - 1]}…"
