"""Two checklist files line by line, as people read differences; harmless to a terminal, and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice

from qudag_tui.core.printable import visible

MOST_LINES = 400
# Beyond so many lines of both files together comparing takes longer than anybody waits.
_MOST_COMPARED = 20_000
_LONGEST = 400


def text_difference(old: bytes, new: bytes, name: str, most: int = MOST_LINES) -> Iterator[str]:
    """The unified difference of two files, at most ``most`` lines of it."""
    before, after = _lines(old), _lines(new)
    if len(before) + len(after) > _MOST_COMPARED:
        yield f"the files have {len(before)} and {len(after)} lines: too many to compare them here"
        return
    found = unified_diff(before, after, f"{name}, as it is followed", f"{name}, as it is now", lineterm="")
    yield from islice(found, most)
    if next(found, None) is not None:
        yield f"… and more: {most} lines are shown"


def _lines(data: bytes) -> list[str]:
    # Not splitlines: a form feed, or a separator of Unicode, is no end of a line in TOML, and would hide what follows.
    return [
        visible(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} … ({len(line)} characters)")
        for line in data.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n").split("\n")
    ]
