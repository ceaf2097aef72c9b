"""The one boundary for text from outside: control characters become symbols that a person can see."""

from __future__ import annotations

import re

# C0 (callers that want several lines split first), DEL, C1, lone surrogates, and the characters that reorder or
# hide what stands beside them (bidirectional controls, zero width, line and paragraph separators, tags).
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in range(0xFE00, 0xFE10):
        return ""
    return f"<{code:04x}>"


def visible(text: str) -> str:
    """``text`` on one line with nothing left that a terminal interprets or that misleads a reader.

    C0 and DEL become their control pictures, other hostile characters their code in angle brackets; variation
    selectors are dropped, because terminals disagree about the width they give.
    """
    return _HOSTILE.sub(_symbol, text) if _HOSTILE.search(text) else text


def for_tmux_message(text: str) -> str:
    """``text`` for tmux's ``display-message``, which expands formats, and then the time (``%H``)."""
    return for_tmux(text).replace("%", "%%")


def for_tmux(text: str) -> str:
    """``text`` for a tmux status line, where ``#`` starts a format."""
    return visible(text).replace("#", "##")
