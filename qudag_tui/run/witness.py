"""How far this user last saw a run's journal, kept outside the run: for the recap, and for ``verify``."""

from __future__ import annotations

import json
from datetime import datetime

from qudag_tui.core.instant import Instant
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.user_state import STATE_VARIABLE, load_table, of_run, save, state_dir
from qudag_tui.run.block import stamp

__all__ = ["STATE_VARIABLE", "Witness", "read_witness", "state_dir", "write_witness"]

_KIND = "seen"
_MOST_BYTES = 4096


@lean_dataclass(frozen=True, slots=True)
class Witness:
    """The journal's head as somebody saw it at ``at``: the event ``seq`` with the hash ``digest``."""

    seq: int
    digest: str
    at: datetime


def read_witness(nonce: str) -> Witness | None:
    """What was last seen of the run with that nonce, or None: never an error."""
    said = load_table(of_run(_KIND, nonce), _MOST_BYTES)
    try:
        at = datetime.fromisoformat(said["at"])
        return Witness(int(said["seq"]), str(said["hash"]), at) if at.tzinfo else None
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def write_witness(nonce: str, seq: int, digest: str, now: Instant) -> bool:
    """Remember what was seen now; false if it could not be kept, which stops nobody.

    An earlier event never replaces a later one: that it is missing is what ``verify`` is to find.
    """
    place, before = of_run(_KIND, nonce), read_witness(nonce)
    if place is None or (before is not None and before.seq > seq):
        return False
    said = json.dumps({"seq": seq, "hash": digest, "at": stamp(now.wall)})
    try:
        save(place, said.encode(), is_durable=False)
    except OSError:
        return False
    return True
