"""What a Prometheus endpoint serves, read for the few series that are wanted.

The whole text has to be well formed; prometheus_client parses the lines of wanted series only, because it takes ten
times as long as looking at a line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from qudag_tui.core.selector import Selector
from qudag_tui.sources.reason import UnansweredError, short

# Possessive, so that a line of nothing but spaces takes no longer than another.
_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*+)[ \t]*+"
    r'(?:\{(?:[^"\\\n{}]|"(?:[^"\\\n]|\\.)*+")*+\})?+[ \t]*+'
    r"(?<=[ \t}])[-+]?[0-9A-Za-z.+-]++(?:[ \t]++[-+0-9.eE]++)?(?P<exemplar>[ \t]++# \{.*)?[ \t]*+\r?"
)
_TYPE = re.compile(r"#[ \t]+TYPE[ \t]+(\S+)")
_ENDINGS = ("_bucket", "_count", "_sum", "_total", "_created")
_END = "# EOF"
# The parser's time grows with the square of what is quoted in a line.
MOST_LINE = 16 << 10
_MOST_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Point:
    """One series of a scrape: its labels as one text, its value as written, and its own time if it states one."""

    labels: str
    value: float
    at_seconds: float | None


@dataclass(frozen=True, slots=True)
class Exposition:
    """The samples of the wanted names, by the name that stands in the line."""

    samples: Mapping[str, tuple[Sample, ...]]

    def points(self, selector: Selector) -> list[Point]:
        """Every series that ``selector`` takes. Raises :class:`UnansweredError` if one of them stands there twice."""
        return _points(selector, self.samples.get(selector.name, ()), ())

    def buckets(self, selector: Selector) -> dict[float, list[Point]]:
        """The buckets of every series of a histogram that ``selector`` takes, by their upper bounds, ascending.

        Raises :class:`UnansweredError` if one of them has no bound, or stands there twice.
        """
        samples = [s for s in self.samples.get(f"{selector.name}_bucket", ()) if selector.takes(s.labels)]
        _points(selector, samples, ())
        bounds: dict[float, list[Sample]] = {}
        for sample in samples:
            try:
                bound = float(sample.labels.get("le", ""))
            except ValueError:
                bound = math.nan
            if math.isnan(bound):
                raise UnansweredError(short(f"malformed: a bucket of {selector.name} has no bound"))
            bounds.setdefault(bound, []).append(sample)
        return {bound: _points(selector, found, ("le",)) for bound, found in sorted(bounds.items())}


def _points(selector: Selector, samples: Iterable[Sample], without: tuple[str, ...]) -> list[Point]:
    found: dict[str, Point] = {}
    for sample in samples:
        if not selector.takes(sample.labels):
            continue
        labels = ",".join(f"{name}={value!r}" for name, value in sorted(sample.labels.items()) if name not in without)
        if labels in found:
            raise UnansweredError(short(f"malformed: {selector.name}{{{labels}}} stands there twice"))
        at = None if sample.timestamp is None else float(sample.timestamp)
        try:
            value = float(sample.value)
        except OverflowError:
            value = math.inf
        found[labels] = Point(labels, value, at)
    return list(found.values())


def read_exposition(body: bytes, content_type: str, names: Iterable[str]) -> Exposition:
    """The samples of ``names`` (as they stand in the lines) in what an endpoint sent.

    Raises :class:`UnansweredError` for what is empty, cut off or malformed anywhere.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnansweredError(f"malformed: byte {error.start} is no UTF-8") from error
    if not text.strip():
        raise UnansweredError("the answer is empty")
    is_open = "openmetrics" in content_type.lower()
    if not text.endswith("\n") and not (is_open and text.endswith(_END)):
        raise UnansweredError("malformed: it ends in the middle of a line")
    if is_open and text.rstrip("\n").rpartition("\n")[2] != _END:
        raise UnansweredError(f'malformed: it ends without "{_END}"')
    lines = _wanted_lines(text, frozenset(names), is_open=is_open)
    try:
        if is_open:
            # With their types, because only some types may have exemplars.
            parse = openmetrics.text_string_to_metric_families
            families = list(parse("\n".join([*lines, _END, ""])))  # type: ignore[no-untyped-call]  # it has no types
        else:
            families = list(text_string_to_metric_families("\n".join([*lines, ""])))
        samples: dict[str, list[Sample]] = {}
        for family in families:
            for sample in family.samples:
                samples.setdefault(sample.name, []).append(sample)
    except (ValueError, KeyError, IndexError, OverflowError, TypeError) as error:
        # What the parser raises for lines that it does not understand depends on the line.
        raise UnansweredError(short(f"malformed: {error}" if str(error) else "malformed")) from error
    return Exposition({name: tuple(found) for name, found in samples.items()})


def _wanted_lines(text: str, names: frozenset[str], *, is_open: bool) -> list[str]:
    families = names | {name.removesuffix(ending) for name in names for ending in _ENDINGS}
    wanted: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.isspace():
            continue
        if line[0] == "#":
            kind = _TYPE.match(line) if is_open else None
            if kind and kind[1] in families:
                wanted.append(line)
            continue
        found = _LINE.fullmatch(line) if len(line) <= MOST_LINE else None
        if found is None or (found["exemplar"] and not is_open):
            quoted = line if len(line) <= _MOST_QUOTED else f"{line[:_MOST_QUOTED]}…"
            raise UnansweredError(short(f"malformed: line {number} is no sample: {quoted}"))
        if found["name"] in names or (is_open and _family(found["name"]) in families):
            wanted.append(line)
    return wanted


def _family(name: str) -> str:
    ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
    return name.removesuffix(ending)
