"""How far this user last saw a run's journal, kept outside the run: for the recap, and for ``verify``."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qudag_tui.core.instant import Instant
from qudag_tui.plan.user_state import STATE_VARIABLE, state_dir
from qudag_tui.run.block import stamp

__all__ = ["STATE_VARIABLE", "Witness", "read_witness", "state_dir", "write_witness"]

_NONCE = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Witness:
    """The journal's head as somebody saw it at ``at``: the event ``seq`` with the hash ``digest``."""

    seq: int
    digest: str
    at: datetime


def _path(nonce: str) -> Path | None:
    return state_dir() / "seen" / f"{nonce}.json" if _NONCE.fullmatch(nonce) else None


def read_witness(nonce: str) -> Witness | None:
    """What was last seen of the run with that nonce, or None: never an error."""
    path = _path(nonce)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_MOST_BYTES))
        at = datetime.fromisoformat(said["at"])
        return Witness(int(said["seq"]), str(said["hash"]), at) if at.tzinfo else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def write_witness(nonce: str, seq: int, digest: str, now: Instant) -> bool:
    """Remember what was seen now; false if it could not be kept, which stops nobody.

    An earlier event never replaces a later one: that it is missing is what ``verify`` is to find.
    """
    path = _path(nonce)
    before = read_witness(nonce)
    if path is None or (before is not None and before.seq > seq):
        return False
    said = json.dumps({"seq": seq, "hash": digest, "at": stamp(now.wall)})
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes it 0600.
        descriptor, passing = tempfile.mkstemp(dir=path.parent, prefix=".seen-")
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(said)
        Path(passing).replace(path)
    except OSError:
        with suppress(OSError):
            Path(passing).unlink()
        return False
    return True
