"""Up to which event this user's screen has shown a run, and when: what the next recap begins with.

The witness of :mod:`qudag_tui.run.witness` is another thing: every verb moves it, and a verb shows nobody what happened.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from qudag_tui.plan.user_state import load_table, of_run, save

_KIND = "left"
_MOST_BYTES = 4096


class Left(NamedTuple):
    """The newest event that was shown, and the wall time until which the screen was there."""

    seq: int
    at: datetime


def read_left(nonce: str) -> Left | None:
    """When this user's screen was last at the run, or None: never an error."""
    said = load_table(of_run(_KIND, nonce), _MOST_BYTES)
    try:
        at = datetime.fromisoformat(said["at"])
        return Left(int(said["seq"]), at) if at.tzinfo else None
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def write_left(nonce: str, left: Left) -> None:
    """Remember it; where that cannot be, the next recap says less, which stops nobody."""
    place = of_run(_KIND, nonce)
    if place is not None:
        with suppress(OSError):
            save(place, json.dumps({"seq": left.seq, "at": left.at.isoformat()}).encode(), is_durable=False)
