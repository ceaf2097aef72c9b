"""Ids from texts: readable in any script, and never from a position."""

from __future__ import annotations

import re
from unicodedata import category, normalize

_ASCII_GAPS = re.compile(r"[^a-z0-9]+")
_MARKS = {"Mn", "Mc"}
_ID_SIGNS = frozenset("-_./")
MOST_ID_CHARACTERS = 200


def _is_mark(character: str) -> bool:
    """Whether it belongs to the letter before it (vowel signs, accents), variation selectors excepted."""
    return category(character) in _MARKS and not "\ufe00" <= character <= "\ufe0f" and character < "\U000e0000"


def slug(text: str) -> str:
    """``text`` as one segment of an id: folded letters and digits of any script, ``-`` between; may be empty."""
    if text.isascii():
        return _ASCII_GAPS.sub("-", text.lower()).strip("-")
    parts: list[str] = []
    for character in normalize("NFKC", normalize("NFKC", text).casefold()):
        if character.isalnum() or (_is_mark(character) and parts and parts[-1] != "-"):
            parts.append(character)
        elif parts and parts[-1] != "-":
            parts.append("-")
    return "".join(parts).rstrip("-")


def is_id(text: str) -> bool:
    """Whether ``text`` may be given as an id: segments of letters, digits, ``-``, ``_`` and ``.`` joined by ``/``."""
    return (
        0 < len(text) <= MOST_ID_CHARACTERS
        and text[0] not in "-_."
        and all(text.split("/"))
        and all(character.isalnum() or character in _ID_SIGNS or _is_mark(character) for character in text)
    )
