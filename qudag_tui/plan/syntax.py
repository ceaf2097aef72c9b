"""Bytes to TOML values, with every mistake of spelling and its place: TOML 1.0 on every Python."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from typing import Any

MOST_LINES_IN_ERROR = 20
MOST_REPAIRED_CHARACTERS = 1 << 18
MOST_SCANNED_CHARACTERS = 1 << 22
MOST_BRACKETS = 80
MOST_KEY_PARTS = 64

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*+)"
    r'|"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|(?P<bracket>[\[\]{}])|(?P<comma>,)|(?P<newline>\n)|(?P<space>[ \t\r]++)|[^\s\[\]{}#\"',]++|.",
    re.DOTALL,
)
_LONG_KEY = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{MOST_KEY_PARTS}}}")
_SAID = {
    "Invalid value": 'no value that TOML knows stands here; a string needs quotes: key = "text"',
    "Expected '=' after a key in a key/value pair": "a key needs a value: key = value",
    "Invalid statement": "a line is key = value, [table], [[array of tables]] or # comment",
    "Expected newline or end of document after a statement": "something follows the value; one key = value a line",
    "Cannot overwrite a value": "this key or table is given twice",
    "Duplicate inline table key": "a key is given twice between these braces",
    "Illegal character '\\n'": 'the string has no closing quote on its line; """ is for several lines',
    "Found invalid character '\\n'": "the string has no closing quote on its line; ''' is for several lines",
    "Unescaped '\\' in a string": r"a backslash starts an escape: \\ \" \n \t \uXXXX; or write the string in single quotes",
    "Unclosed array": "a list needs a comma between its values, and ] at its end",
    "Unclosed inline table": "an inline table needs a comma between its keys, and } at its end, on one line",
    "Invalid initial character for a key part": "a key starts here; it has letters, digits, - and _, or stands in quotes",
    "Expected ']' at the end of a table declaration": "the name of a table ends with ]",
    "Expected ']]' at the end of an array declaration": "the name of an array of tables ends with ]]",
}
_OPEN_STRING = ("Unterminated string", 'Expected "', "Expected '\"")
_IN_BRACES = ("Invalid initial character for a key part", "Unclosed inline table")
_BRACES = "no line break may stand between { and } in TOML 1.0; write it on one line, or as a table of its own"
_COMMA = "no comma may stand before } in TOML 1.0"
_DEEP = "lists and tables are nested too deeply here; items and steps may nest at most 32 deep"


@dataclass(frozen=True, slots=True, order=True)
class Slip:
    """One mistake of spelling; line and column start at 1."""

    line: int
    column: int
    message: str


@dataclass(slots=True)
class Spelled:
    """What could be read. ``text`` is what was read in the end: as long as ``original``, with blanks for the wrong.

    ``values`` is None where nothing could be made of it.
    """

    original: str
    text: str
    values: dict[str, Any] | None = None
    slips: list[Slip] = field(default_factory=list)

    def spot(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the original of a place in ``text``, which has fewer lines where braces were unfolded."""
        if self.original.count("\n") == self.text.count("\n"):
            return line, column
        start = 0
        for _ in range(line - 1):
            start = self.text.find("\n", start) + 1
        return _place(self.original, start + column - 1)


def spell(text: str) -> Spelled:
    """The values of ``text``; where it is not TOML, all slips, and the values of what is left without their lines."""
    spelled = Spelled(text, text)
    if _long_key(spelled):
        return spelled
    if sys.version_info >= (3, 15):
        _unfold_braces(spelled)
    previous = -1
    while True:
        try:
            spelled.values = tomllib.loads(spelled.text)
        except RecursionError:
            spelled.slips.append(_deepest(text))
        except tomllib.TOMLDecodeError as error:
            if not spelled.slips and _unfold_braces(spelled):
                continue
            slip = _slip(str(error), spelled.text)
            follows = 0 <= slip.line - previous <= 1
            if not follows or not spelled.slips:
                spelled.slips.append(Slip(*spelled.spot(slip.line, slip.column), slip.message))
            if slip.line > previous and _cut_line(spelled, slip.line):
                previous = slip.line
                continue
        except ValueError:
            # tomllib lets int() speak for itself where a number has thousands of digits.
            spelled.slips.append(_long_number(text))
        return spelled


def _slip(message: str, text: str) -> Slip:
    place = _AT.search(message)
    said = message[: place.start()] if place else message
    if said.startswith(_OPEN_STRING):
        return _open_string(text)
    known = next((better for start, better in _SAID.items() if said.startswith(start)), None)
    if known is None:
        known = _SAID["Cannot overwrite a value"] if said.startswith("Cannot ") else said[:1].lower() + said[1:]
    if place and place[1]:
        line, column = int(place[1]), int(place[2])
    else:
        rest = text.rstrip()
        line, column = rest.count("\n") + 1, len(rest) - rest.rfind("\n")
    row = text.split("\n")[line - 1]
    if said.startswith("Cannot "):
        column = len(row) - len(row.lstrip()) + 1
    elif said.startswith(_IN_BRACES) and column > len(row.rstrip()):
        known = _BRACES
    return Slip(line, column, known)


def _open_string(text: str) -> Slip:
    """Where the string starts that never ends: at the first quote that is no part of a whole string."""
    for match in _TOKEN.finditer(text):
        if match[0] in {'"', "'"}:
            start = match.start()
            while start and text[start - 1] == match[0]:
                start -= 1
            return Slip(*_place(text, start), f"the string that starts here has no closing {text[start : match.end()]}")
    return Slip(*_place(text, len(text.rstrip())), "a string has no closing quote")


def _cut_line(spelled: Spelled, line: int) -> bool:
    """Blank a line that cannot be read, so that the rest can; False where that would only mislead."""
    rows = spelled.text.split("\n")
    row = rows[line - 1] if line <= len(rows) else ""
    hopeless = not row.strip() or row.lstrip().startswith("[") or len(spelled.slips) >= MOST_LINES_IN_ERROR
    if hopeless or len(spelled.text) > MOST_REPAIRED_CHARACTERS:
        return False
    rows[line - 1] = " " * len(row)
    spelled.text = "\n".join(rows)
    return True


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _unfold_braces(spelled: Spelled) -> bool:
    """Note every inline table with a line break or a last comma, and blank these; False where there is none."""
    text = spelled.text
    if "{" not in text or len(text) > MOST_SCANNED_CHARACTERS:
        return False
    open_brackets: list[tuple[str, list[tuple[int, int]]]] = []
    blank: list[tuple[int, int]] = []
    slips: list[Slip] = []
    comma = -1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "bracket":
            bracket = match[0]
            if bracket in "[{":
                open_brackets.append((bracket, []))
            else:
                while open_brackets:
                    opener, breaks = open_brackets.pop()
                    if opener + bracket == "{}":
                        if breaks:
                            first = next(start for start, _ in breaks if text[start] == "\n")
                            slips.append(Slip(*_place(text, first), _BRACES))
                        if comma >= 0:
                            slips.append(Slip(*_place(text, comma), _COMMA))
                            blank.append((comma, comma + 1))
                        blank += breaks
                    if opener + bracket in {"{}", "[]"}:
                        break
        elif open_brackets and open_brackets[-1][0] == "{" and kind in {"newline", "comment"}:
            open_brackets[-1][1].append(match.span())
        if kind == "comma":
            comma = match.start() if open_brackets and open_brackets[-1][0] == "{" else -1
        elif kind not in {"newline", "comment", "space"}:
            comma = -1
    if not slips:
        return False
    spelled.slips += sorted(slips)
    parts, position = [], 0
    for start, end in sorted(blank):
        parts += [text[position:start], " " * (end - start)]
        position = end
    spelled.text = "".join([*parts, text[position:]])
    return True


def _deepest(text: str) -> Slip:
    depth = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "bracket":
            depth += 1 if match[0] in "[{" else -1
            if depth > MOST_BRACKETS:
                return Slip(*_place(text, match.start()), _DEEP)
    return Slip(1, 1, _DEEP)


def _long_number(text: str) -> Slip:
    digits = re.search(r"[0-9_]{4000,}", text)
    return Slip(*_place(text, digits.start() if digits else 0), "a number has at most 4,000 digits")


def _long_key(spelled: Spelled) -> bool:
    """Whether a key has so many parts that tomllib would need minutes for it."""
    if all(row.count(".") < MOST_KEY_PARTS for row in spelled.text.split("\n")):
        return False
    masked = _TOKEN.sub(lambda token: "x" * len(token[0]) if token[0][0] in "\"'#" else token[0], spelled.text)
    long_key = _LONG_KEY.search(masked)
    if long_key is None:
        return False
    spelled.slips.append(Slip(*_place(masked, long_key.start()), f"a key has at most {MOST_KEY_PARTS} parts"))
    return True
