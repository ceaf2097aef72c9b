"""What this login keeps for itself, outside every project and every run: small private files, written whole."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

STATE_VARIABLE = "QUDAG_TUI_STATE"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NONCE = re.compile(r"[0-9a-f]{32}")


def state_dir() -> Path:
    """Where this user's state is: ``QUDAG_TUI_STATE``, else the XDG state folder."""
    named = os.environ.get(STATE_VARIABLE, "")
    if named:
        return Path(named)
    import platformdirs  # only where the state folder is not given

    return platformdirs.user_state_path("qudag-tui")


def key_of(path: Path) -> str:
    """A short name for what belongs to ``path``, whatever bytes that has."""
    return sha256(os.fsencode(path)).hexdigest()[:32]


def of_run(kind: str, nonce: str) -> Path | None:
    """Where this user's state has what it knows of the run ``nonce``, by its ``kind``; None for what is no nonce."""
    return state_dir() / kind / f"{nonce}.json" if _NONCE.fullmatch(nonce) else None


def save(place: Path, data: bytes, *, is_durable: bool = True) -> None:
    """Put ``data`` at ``place``, 0600 and as a whole; ``is_durable`` waits for the disk. Raises ``OSError``."""
    with staged(place, data, is_durable=is_durable):
        pass


@contextmanager
def staged(place: Path, data: bytes, *, is_durable: bool = True) -> Iterator[None]:
    """The same, with ``data`` written beside ``place`` before the block, and put there after it, if it raises nothing.

    What the block does is done only where ``data`` can be kept, and ``data`` counts only where that was done.
    """
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes it 0600.
    descriptor, passing = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        yield
        Path(passing).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(passing).unlink()
        raise


def load(place: Path, most_bytes: int) -> bytes | None:
    """What stands at ``place``, or None: missing, too large, or a file that somebody else could have written."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & _OTHERS_WRITE:
            return None
        try:
            data = file.read(most_bytes + 1)
        except OSError:
            return None
    return data if len(data) <= most_bytes else None


def load_table(place: Path | None, most_bytes: int) -> dict[str, Any]:
    """The JSON object that stands at ``place``; an empty one for what :func:`load` refuses, and for anything else."""
    try:
        said = json.loads((load(place, most_bytes) if place is not None else None) or b"")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
