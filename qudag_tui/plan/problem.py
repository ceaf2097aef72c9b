"""Problems while a checklist file is read: by path of keys, so that a file without any never needs its places."""

from __future__ import annotations

from collections.abc import Iterator

from qudag_tui.core.lean_dataclass import lean_dataclass

# Keys and list indexes that lead from the top of the file to a value.
Path = tuple[str | int, ...]

MOST_PROBLEMS = 1000
MOST_SUGGESTIONS = 200
OTHER = "\0other"


@lean_dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at ``path``.

    ``offset`` is a character inside the string that stands there; ``at_key`` means the key rather than its value.
    ``OTHER`` in the message stands for the place of ``other``. ``absence`` marks what may only be missed because a
    line before it could not be read.
    """

    message: str
    path: Path
    offset: int | None = None
    at_key: bool = False
    other: Path | None = None
    absence: bool = False


class Problems:
    """All problems of one file, at most ``MOST_PROBLEMS``; ``left_out`` counts those beyond."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.left_out = 0
        self._suggestions = 0

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def add(
        self,
        message: str,
        path: Path,
        *,
        offset: int | None = None,
        at_key: bool = False,
        other: Path | None = None,
        absence: bool = False,
    ) -> None:
        """Note a problem."""
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(Problem(message, path, offset, at_key, other, absence))
        else:
            self.left_out += 1

    def nearest(self, word: str, known: list[str]) -> str:
        """The end of a message about an unknown ``word``: the nearest known one, else all that are known."""
        self._suggestions += 1
        if len(word) <= 100 and self._suggestions <= MOST_SUGGESTIONS:
            from difflib import get_close_matches  # needed only for a file with an error

            if close := get_close_matches(word, known[:500], 1, 0.6):
                return f"; did you mean {quoted(close[0])}?"
        if not known:
            return "; there are none"
        more = ", …" if len(known) > 30 else ""
        return f"; known are {', '.join(quoted(one)[1:-1] for one in known[:30])}{more}"


def quoted(value: object) -> str:
    """``value`` for a message: strings in quotes and escaped, at most 60 characters of anything."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, str):
        text = repr(value if len(value) <= 60 else value[:59] + "…")
        return f'"{text[1:-1]}"'
    text = str(value) if not isinstance(value, int) or abs(value) < 10**60 else "a huge number"
    return text if len(text) <= 60 else text[:59] + "…"
