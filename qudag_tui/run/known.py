"""The runs that this login made, or accepted: which run stands in which folder, kept outside of both.

A folder that came with a repository, or was moved or copied here, is unknown, whoever owns its files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qudag_tui.core.event import Actor
from qudag_tui.core.instant import Instant
from qudag_tui.plan.user_state import load_table, of_run, staged
from qudag_tui.run.block import stamp
from qudag_tui.run.error import NotSaved

CREATED, ACCEPTED = "created", "accepted"
_MOST_BYTES = 64 << 10
_KIND = "runs"


def known_folder(nonce: str) -> str:
    """Where the run ``nonce`` is known to stand (absolute, without links), or "". One small file is read."""
    said = load_table(of_run(_KIND, nonce), _MOST_BYTES)
    return str(said.get("path", "")) if said.get("nonce") == nonce else ""


def remember(folder: Path, nonce: str, how: str, actor: Actor, now: Instant) -> None:
    """Know from here on that the run ``nonce`` stands in ``folder``. Raises :class:`NotSaved`."""
    with remembered(folder, nonce, how, actor, now):
        pass


@contextmanager
def remembered(folder: Path, nonce: str, how: str, actor: Actor, now: Instant) -> Iterator[None]:
    """The same as soon as the block has ended without an error; the block is entered only where it can be kept."""
    said = {"path": str(folder), "nonce": nonce, "how": how, "by": actor.by, "at": stamp(now.wall)}
    place = of_run(_KIND, nonce)
    if place is None:
        raise NotSaved("its journal gives the run no proper number", where=folder, hint="see verify")
    try:
        with staged(place, json.dumps(said).encode()):
            yield
    except OSError as error:
        raise NotSaved(
            f"that this run is yours cannot be kept ({error.strerror})",
            where=place.parent,
            hint="make room there, or the folder writable, or name another with QUDAG_TUI_STATE",
        ) from error


def forget(nonce: str) -> None:
    """No longer know the run ``nonce``."""
    place = of_run(_KIND, nonce)
    if place is not None:
        with suppress(OSError):
            place.unlink()
