from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from qudag_tui.plan.place import Places
from qudag_tui.plan.problem import Path

SHIPPED = (FilePath(__file__).parents[2] / "checklists.toml").read_text()

ODD = """\
# ä
a.b."c d".'e' = { x = 1, y.z = [ "one", [ "two" ],   # not a value
  '''three''', { k = "ü", l = "four" } ] }
"q\\u0022" = "five"
[t . u]
v = "six"
[[t.list]]
w = "seven"
[[t.list]]
w = "eight"
[t.list.sub]
s = "nine"
[[t.list.deep]]
d = "ten"
[[t.list.deep]]
d = "eleven"
"""


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, (*path, index))
    else:
        yield path, value


def rest_of_line(text: str, spot: tuple[int, int]) -> str:
    return text.split("\n")[spot[0] - 1][spot[1] - 1 :]


def test_finds_every_value_where_it_is_written() -> None:
    for text in (SHIPPED, ODD):
        found = dict(leaves(tomllib.loads(text)))
        places = Places(text, found)

        for path, value in found.items():
            written = rest_of_line(text, places.of_value(path))
            first = str(value).lower() if isinstance(value, bool) else str(value).partition("\n")[0]
            assert written.lstrip("\"'").startswith(first) or written == "'''", path


def test_finds_every_key_where_it_is_written() -> None:
    for text in (SHIPPED, ODD):
        found = [path for path, _ in leaves(tomllib.loads(text)) if isinstance(path[-1], str) and '"' not in path[-1]]
        places = Places(text, found)

        for path in found:
            assert rest_of_line(text, places.of_key(path)).lstrip("\"'").startswith(str(path[-1])), path


def test_a_key_with_escapes_is_the_key_that_it_means() -> None:
    assert Places(ODD, [('q"',)]).of_key(('q"',)) == (4, 1)


def test_each_table_of_an_array_has_its_own_place() -> None:
    paths: list[Path] = [("t", "list", 0), ("t", "list", 1), ("t", "list", 1, "deep", 0), ("t", "list", 1, "deep", 1)]

    assert [Places(ODD, paths).of_value(path) for path in paths] == [(7, 1), (9, 1), (13, 1), (15, 1)]


def test_a_path_that_is_not_there_is_placed_at_what_is_above_it() -> None:
    places = Places(ODD, [("t", "list", 1, "missing"), ("nothing",)])

    assert places.of_value(("t", "list", 1, "missing")) == (9, 1)
    assert places.of_value(("nothing",)) == (1, 1)
    assert places.of_key(("nothing",)) == (1, 1)


def test_a_character_in_a_string_has_its_place_where_no_escape_stands_before() -> None:
    text = 'a = "ä123"\nb = \'123\'\nc = "\\t123"\nd = """123"""\ne = 5\n'
    paths: list[Path] = [("a",), ("b",), ("c",), ("d",), ("e",)]
    places = Places(text, paths)

    assert [places.of_value(path, 2) for path in paths] == [(1, 8), (2, 8), (3, 5), (4, 5), (5, 5)]
