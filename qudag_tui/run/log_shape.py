"""The shape of a step's log: its head, a line that says how much is left out, and its end.

The shim writes it, everybody else reads it. The shim imports this, so it imports nothing.
"""

from __future__ import annotations

HEAD_BYTES = 1 << 20
TAIL_BYTES = 1 << 20
_BEGINS, _ENDS = b"\n[", b" bytes left out]\n"
MOST_NOTE_BYTES = 64


def left_out_note(count: int) -> bytes:
    """What stands between head and end where ``count`` bytes were left out."""
    return b"%s%d%s" % (_BEGINS, count, _ENDS)


def left_out(note: bytes) -> tuple[int, int]:
    """How many bytes are left out, and how long the note is; (0, 0) where ``note`` does not begin with one."""
    end = note.find(_ENDS)
    count = note[len(_BEGINS) : end]
    if end < 0 or not note.startswith(_BEGINS) or not count.isdigit():
        return 0, 0
    return int(count), end + len(_ENDS)
