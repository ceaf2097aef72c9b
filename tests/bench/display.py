"""What a terminal shows after all the bytes that it got."""

from __future__ import annotations

import re

import pyte

# Private sequences that pyte takes for its own; nothing of them shows.
_PRIVATE = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]")


class Display:
    """A screen of ``columns`` by ``rows``."""

    def __init__(self, columns: int, rows: int) -> None:
        """Empty."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    def text(self, output: bytearray) -> str:
        """The lines that stand there after ``output``, which only ever grows."""
        data = bytes(output[self._fed :])
        self._fed = len(output)
        self._stream.feed(_PRIVATE.sub(b"", data))
        return "\n".join(line.rstrip() for line in self._screen.display)
