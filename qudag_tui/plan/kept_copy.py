"""The trusted bytes of a checklist file and of what it names, kept so that a change can be shown and taken back.

Under the hash of their bytes, outside the project. Bounded: what is larger is trusted by its hash alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from qudag_tui.plan.user_state import load, save

MOST_FILE_BYTES = 1 << 20
MOST_BYTES = 16 << 20
_COPIES = "copies"
_READ_BYTES = 1 << 18


def read_small(path: Path, most_bytes: int = MOST_FILE_BYTES) -> bytes | None:
    """The bytes of a regular file; None if it is larger than ``most_bytes``. Raises ``OSError``; never waits."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "it is no regular file")
        data = b""
        while len(data) <= most_bytes and (part := os.read(descriptor, _READ_BYTES)):
            data += part
    finally:
        os.close(descriptor)
    return data if len(data) <= most_bytes else None


class Copies:
    """The copies that are kept for one checklist file, in ``folder`` of the user's state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _COPIES

    def place(self, digest: str) -> Path:
        """Where the copy with that SHA-256 stands, if it is kept: for a person's own tools as well."""
        return self._folder / digest

    def get(self, digest: str) -> bytes | None:
        """The bytes with that SHA-256, or None: not kept, or damaged."""
        data = load(self.place(digest), MOST_FILE_BYTES)
        return data if data is not None and sha256(data).hexdigest() == digest else None

    def keep(self, wanted: Iterable[tuple[str, bytes | Path]]) -> None:
        """Keep each that is (or is read from a file as) exactly what its hash says, as far as there is room.

        What cannot be kept is left out: trust does not depend on it.
        """
        room = MOST_BYTES - self._size()
        for digest, source in wanted:
            if self.get(digest) is not None:
                continue
            with suppress(OSError):
                data = source if isinstance(source, bytes) else read_small(source)
                if data is None or len(data) > min(room, MOST_FILE_BYTES) or sha256(data).hexdigest() != digest:
                    continue
                save(self.place(digest), data)
                room -= len(data)

    def forget_all_but(self, digests: set[str]) -> None:
        """Remove what no trust speaks of any more. Raises ``OSError``."""
        for place in self._all():
            if place.name not in digests:
                place.unlink()

    def _all(self) -> list[Path]:
        try:
            return list(self._folder.iterdir())
        except OSError:
            return []

    def _size(self) -> int:
        size = 0
        for place in self._all():
            with suppress(OSError):
                size += place.lstat().st_size
        return size
