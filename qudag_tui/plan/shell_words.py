"""The words of a command as a person pastes them: quoted for a shell, and harmless to a terminal."""

from __future__ import annotations

import shlex

from qudag_tui.core.printable import visible


def join(words: tuple[str, ...]) -> str:
    """The words of a command, quoted for a shell and harmless to a terminal."""
    return " ".join(quote(word) for word in words)


def quote(word: str) -> str:
    """``word`` for a shell; what a terminal would interpret in the ``$'…'`` that bash, zsh and ksh read."""
    if visible(word.replace("\n", "").replace("\t", "")) == word.replace("\n", "").replace("\t", ""):
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(_escape(character) for character in escaped) + "'"


def _escape(character: str) -> str:
    if character in "\n\t" or visible(character) == character:
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
