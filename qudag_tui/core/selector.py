"""Which series of a scrape are meant: ``name{label="value",other=~"re"}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qudag_tui.core.lean_dataclass import lean_dataclass

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\["\\n])*)"\s*(,|$)')
_ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n"}
_FORM = 'a series is a name, or name{label="value"}; =, !=, =~ and !~ compare a label'


class SelectorError(ValueError):
    """What was written is no selector; ``offset`` is the place in it."""

    def __init__(self, message: str, offset: int = 0) -> None:
        """``message`` says what is allowed."""
        super().__init__(message)
        self.offset = offset


@lean_dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison of a label; one that a series does not have counts as empty, as in Prometheus."""

    label: str
    operator: str
    value: str

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with ``labels`` is meant."""
        value = labels.get(self.label, "")
        if self.operator in {"=", "!="}:
            return (value == self.value) is (self.operator == "=")
        return (re.fullmatch(self.value, value) is not None) is (self.operator == "=~")


@lean_dataclass(frozen=True, slots=True)
class Selector:
    """A name and what its labels have to be; a name alone takes all its series."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether a series of this name with ``labels`` is meant."""
        return all(matcher.takes(labels) for matcher in self.matchers)


def parse_selector(text: str) -> Selector:
    """The selector that ``text`` writes. Raises :class:`SelectorError`."""
    lead = len(text) - len(text.lstrip())
    written = text.strip()
    found = _NAME.match(written)
    if found is None:
        raise SelectorError(_FORM, lead)
    end = found.end()
    rest = written[end:].lstrip()
    begin = len(written) - len(rest)
    if not rest:
        return Selector(found[0])
    if not (rest.startswith("{") and rest.endswith("}")):
        raise SelectorError(_FORM, lead + begin)
    inside, matchers, place = rest[1:-1], [], 0
    # A trailing comma is allowed, as it is in the text format.
    while inside[place:].strip():
        matched = _MATCHER.match(inside, place)
        if matched is None:
            raise SelectorError(_FORM, lead + begin + 1 + place)
        value = re.sub(r'\\["\\n]', lambda escape: _ESCAPES[escape[0]], matched[3])
        if matched[2] in {"=~", "!~"}:
            try:
                re.compile(value)
            except (re.error, RecursionError, OverflowError) as error:
                raise SelectorError(
                    f"not a regular expression: {error}", lead + begin + 1 + matched.start(3)
                ) from error
        matchers.append(Matcher(matched[1], matched[2], value))
        place = matched.end()
    return Selector(found[0], tuple(matchers))
