"""How two versions of a file differ, line by line, for a person: bounded, and with nothing hidden in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

from qudag_tui.core.printable import visible

MOST_LINES = 300
MOST_CHARACTERS = 400
CONTEXT_LINES = 3
# Finding what stayed the same takes the square of this: more is shown as taken out and put in.
_MOST_COMPARED = 1000
# What `visible` leaves out because terminals disagree about its width may be all that differs.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NO_END = "\\ there is no line end after this"


def difference(old: bytes, new: bytes) -> tuple[str, ...]:
    """Lines that begin with ``-`` (it was so), ``+`` (it is so now), a blank (around it) or ``@@`` (where in the file)."""
    if b"\0" in old[:8192] or b"\0" in new[:8192]:
        return (f"it is no text: {len(old):,} bytes before, {len(new):,} now",)
    found = _compared(_lines(old), _lines(new))
    shown = list(islice(found, MOST_LINES))
    left = sum(1 for _ in found)
    return (*shown, f"… and {left:,} more lines") if left else tuple(shown)


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """``text`` with everything in it visible, and how much of it is left out where it is too long to be read."""
    shown = visible(_SELECTORS.sub(lambda match: f"<{ord(match[0]):04x}>", text[:most]).replace("\t", "    "))
    return shown if len(text) <= most else f"{shown}… and {len(text) - most:,} more characters"


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    if lines[-1] == "":
        return lines[:-1]
    return [*lines, _NO_END]


def _compared(old: list[str], new: list[str]) -> Iterator[str]:
    before = _same(old, new)
    after = _same(old[before:][::-1], new[before:][::-1])
    if max(len(old), len(new)) - before - after <= _MOST_COMPARED:
        # Only the stretch that differs, with what stands around it, is compared: long files cost nothing.
        first = max(0, before - CONTEXT_LINES)
        end = max(0, after - CONTEXT_LINES)
        inside_old, inside_new = old[first : len(old) - end], new[first : len(new) - end]
        groups = difflib.SequenceMatcher(None, inside_old, inside_new)
        for group in groups.get_grouped_opcodes(CONTEXT_LINES):
            yield f"@@ line {group[0][1] + first + 1:,}, now {group[0][3] + first + 1:,}"
            for tag, i1, i2, j1, j2 in group:
                if tag == "equal":
                    yield from (f"  {one_line(line)}" for line in inside_old[i1:i2])
                else:
                    gone, come = inside_old[i1:i2], inside_new[j1:j2]
                    yield from (f"- {_apart(line, other)}" for line, other in zip_longest(gone, come[: len(gone)]))
                    yield from (f"+ {_apart(line, other)}" for line, other in zip_longest(come, gone[: len(come)]))
        return
    gone, come = old[before : len(old) - after], new[before : len(new) - after]
    half = MOST_LINES // 2 - 5
    yield f"@@ line {before + 1:,}: {len(gone):,} lines are {len(come):,} others now"
    for sign, lines in (("-", gone), ("+", come)):
        yield from (f"{sign} {_apart(line, None)}" for line in lines[:half])
        if len(lines) > half:
            yield f"{sign} … and {len(lines) - half:,} more lines"


def _apart(line: str, other: str | None) -> str:
    """A line that differs from ``other``: from where it does, if that is further on than is shown; tabs visible."""
    same = _same(line, other or "")
    skipped = same - MOST_CHARACTERS // 4 if same > MOST_CHARACTERS // 2 else 0
    # A tab in place of blanks may be all that differs.
    shown = one_line(line[skipped:].replace("\t", "\u2409"))
    return f"({skipped:,} characters as before) {shown}" if skipped else shown


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines (or characters) are the same at the beginning."""
    return next(
        (number for number, (left, right) in enumerate(zip(old, new, strict=False)) if left != right),
        min(len(old), len(new)),
    )
