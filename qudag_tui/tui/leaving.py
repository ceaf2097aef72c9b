"""Up to which event this user's screen has shown a run, and when: what the next recap begins with.

The witness of :mod:`qudag_tui.run.witness` is another thing: every verb moves it, and a verb shows nobody what happened.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from qudag_tui.run.witness import state_dir

_NONCE = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 4096


class Left(NamedTuple):
    """The newest event that was shown, and the wall time until which the screen was there."""

    seq: int
    at: datetime


def _path(nonce: str) -> Path | None:
    return state_dir() / "left" / f"{nonce}.json" if _NONCE.fullmatch(nonce) else None


def read_left(nonce: str) -> Left | None:
    """When this user's screen was last at the run, or None: never an error."""
    path = _path(nonce)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_MOST_BYTES))
        at = datetime.fromisoformat(said["at"])
        return Left(int(said["seq"]), at) if at.tzinfo else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def write_left(nonce: str, left: Left) -> None:
    """Remember it; where that cannot be, the next recap says less, which stops nobody."""
    path = _path(nonce)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, passing = tempfile.mkstemp(dir=path.parent, prefix=".left-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"seq": left.seq, "at": left.at.isoformat()}, file)
        Path(passing).replace(path)
