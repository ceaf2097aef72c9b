"""Where in the file a path of keys stands. Slow to load, so that only a file with an error pays for it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable

import tree_sitter
import tree_sitter_toml

from qudag_tui.plan.problem import Path

# Line and column, from 1, in characters.
Spot = tuple[int, int]

_START: Spot = (1, 1)
# What the grammar hangs beside keys and values.
_BESIDE = {"comment", "ERROR"}


class Places:
    """The places of ``wanted`` paths in ``text``, and of every path above them."""

    def __init__(self, text: str, wanted: Iterable[Path]) -> None:
        self._rows = [row.encode() for row in text.split("\n")]
        self._wanted = {path[:length] for path in wanted for length in range(len(path) + 1)}
        self._keys: dict[Path, tree_sitter.Node] = {}
        self._values: dict[Path, tree_sitter.Node] = {}
        self._lengths: dict[Path, int] = {}
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        self._tree = parser.parse(text.encode())
        for node in self._tree.root_node.children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in {"table", "table_array_element"}:
                self._table(node)

    def of_value(self, path: Path, offset: int | None = None) -> Spot:
        """Where the value of ``path`` starts, or character ``offset`` of it where it is a string without escapes."""
        node = self._values.get(path)
        if node is None:
            return self._above(path)
        line, column = self._spot(node)
        if offset is None or node.type != "string" or node.text is None:
            return line, column
        raw = node.text.decode()
        if raw[:3] in {'"""', "'''"} or (raw[:1] == '"' and "\\" in raw):
            return line, column
        return line, column + 1 + offset

    def of_key(self, path: Path) -> Spot:
        """Where the key of ``path`` starts."""
        node = self._keys.get(path)
        return self.of_value(path) if node is None else self._spot(node)

    def _above(self, path: Path) -> Spot:
        while path:
            path = path[:-1]
            node = self._values.get(path) or self._keys.get(path)
            if node is not None:
                return self._spot(node)
        return _START

    def _spot(self, node: tree_sitter.Node) -> Spot:
        row, column = node.start_point
        return row + 1, len(self._rows[row][:column].decode(errors="replace")) + 1

    def _table(self, node: tree_sitter.Node) -> None:
        keys = [child for child in node.children if child.type in {"bare_key", "quoted_key", "dotted_key"}]
        if not keys:
            return
        parts = _parts(keys[0])
        path: Path = ()
        for number, (name, part) in enumerate(parts, 1):
            path = (*path, name)
            self._note_key(path, part)
            if number == len(parts) and node.type == "table_array_element":
                self._lengths[path] = self._lengths.get(path, 0) + 1
                if path in self._wanted:
                    self._values.setdefault(path, node)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        if path in self._wanted:
            self._values.setdefault(path, node)
            for child in node.children:
                if child.type == "pair":
                    self._pair(path, child)

    def _pair(self, above: Path, pair: tree_sitter.Node) -> None:
        waiting = [(above, pair)]
        while waiting:
            above, node = waiting.pop()
            named = [child for child in node.children if child.is_named and child.type not in _BESIDE]
            path = above
            for name, part in _parts(named[0]):
                path = (*path, name)
                self._note_key(path, part)
            if len(named) > 1:
                waiting += self._value(path, named[1])

    def _value(self, path: Path, value: tree_sitter.Node) -> list[tuple[Path, tree_sitter.Node]]:
        """Note a value and all in it that is wanted; the pairs of its inline tables are still to be read."""
        pairs: list[tuple[Path, tree_sitter.Node]] = []
        waiting = [(path, value)]
        while waiting:
            path, node = waiting.pop()
            if path not in self._wanted:
                continue
            self._values.setdefault(path, node)
            if node.type == "array":
                entries = (child for child in node.children if child.is_named and child.type not in _BESIDE)
                waiting += [((*path, index), entry) for index, entry in enumerate(entries)]
            elif node.type == "inline_table":
                pairs += [(path, child) for child in node.children if child.type == "pair"]
        return pairs

    def _note_key(self, path: Path, node: tree_sitter.Node) -> None:
        if path in self._wanted:
            self._keys.setdefault(path, node)


def _parts(key: tree_sitter.Node) -> list[tuple[str, tree_sitter.Node]]:
    """The names of a key, which the grammar nests to the left, with their nodes."""
    nodes: list[tree_sitter.Node] = []
    while key.type == "dotted_key":
        nodes.append(key.children[-1])
        key = key.children[0]
    nodes.append(key)
    return [(_name(node), node) for node in reversed(nodes)]


def _name(node: tree_sitter.Node) -> str:
    text = (node.text or b"").decode(errors="replace")
    if node.type != "quoted_key":
        return text
    if text.startswith("'") or "\\" not in text:
        return text[1:-1]
    try:
        return next(iter(tomllib.loads(f"{text} = 0")))
    except tomllib.TOMLDecodeError:
        return text[1:-1]
