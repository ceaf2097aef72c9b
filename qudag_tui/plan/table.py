"""One table of the file, read key by key: each reader notes what is wrong and gives a default."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from qudag_tui.core.duration import parse_duration
from qudag_tui.plan.keys import KEYS, NOUNS
from qudag_tui.plan.problem import Path, Problems, quoted

MOST_TEXT_CHARACTERS = 1000
MOST_DURATION_CHARACTERS = 60


class Table:
    """The values of one TOML table; ``name`` is its entry in ``KEYS``, ``path`` where it stands."""

    __slots__ = ("name", "path", "problems", "values")

    def __init__(self, name: str, values: dict[str, Any], path: Path, problems: Problems) -> None:
        self.name = name
        self.values = values
        self.path = path
        self.problems = problems
        known = KEYS[name]
        for key in values:
            if key not in known:
                end = problems.nearest(key, list(known))
                problems.add(f"{quoted(key)} is not a key of {NOUNS[name]}{end}", (*path, key), at_key=True)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def wrong(self, key: str) -> None:
        """Note that the value of ``key`` is not what the key takes."""
        message = f"{key} must be {KEYS[self.name][key]}, not {quoted(self.values[key])}"
        self.problems.add(message, (*self.path, key))

    def refuse(self, key: str, message: str, offset: int | None = None) -> None:
        """Note ``message`` at ``key``."""
        self.problems.add(message, (*self.path, key), offset=offset)

    def string(self, key: str, default: str = "") -> str:
        """A string that is not blank."""
        if key not in self.values:
            return default
        value = self.values[key]
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            self.wrong(key)
            return default
        return value

    def text(self, key: str) -> str:
        """A string that has to be there, of at most ``MOST_TEXT_CHARACTERS``."""
        if key not in self.values:
            message = f"{key} is missing; it is {KEYS[self.name][key]}"
            self.problems.add(message, self.path, absence=True)
            return ""
        value = self.string(key)
        if len(value) > MOST_TEXT_CHARACTERS:
            self.refuse(key, f"{key} has {len(value)} characters; at most {MOST_TEXT_CHARACTERS} are allowed")
        return value

    def flag(self, key: str) -> bool:
        """A boolean; False where none is given."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key)
            return False
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """A finite number from ``low`` to ``high``."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.wrong(key)
            return None
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key)
            return None
        return value

    def seconds(self, key: str, low: float = 0.0) -> float | None:
        """A duration longer than ``low`` seconds."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > MOST_DURATION_CHARACTERS:
            self.wrong(key)
            return None
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            self.refuse(key, f"{key}: {error}")
            return None
        if seconds <= low:
            self.refuse(key, f"{key} must be longer than {low:g} s, not {quoted(value)}")
            return None
        return seconds

    def percent(self, key: str, high: float) -> float | None:
        """The number before the sign of a string such as ``10%``, from 0 to ``high``."""
        value = self.values.get(key)
        if value is None:
            return None
        number = math.nan
        if isinstance(value, str) and value.endswith("%") and value.isascii():
            digits = value[:-1].strip()
            number = float(digits) if digits.replace(".", "", 1).isdigit() and len(digits) < 20 else math.nan
        if not 0 <= number <= high:
            self.wrong(key)
            return None
        return number

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings that are not blank."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key)
            return ()
        for index, entry in enumerate(value):
            if not isinstance(entry, str) or not entry.strip() or "\0" in entry:
                message = f"{key} must be {KEYS[self.name][key]}; {quoted(entry)} is none"
                self.problems.add(message, (*self.path, key, index))
        return tuple(entry for entry in value if isinstance(entry, str))

    def entries(self, key: str) -> dict[str, Any]:
        """The table under ``key``; empty where there is none."""
        value = self.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key)
            return {}
        return value

    def tables(self, key: str, name: str) -> Iterator[Table]:
        """The tables in the list under ``key``."""
        value = self.values.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(key)
            return
        for index, entry in enumerate(value):
            path = (*self.path, key, index)
            if isinstance(entry, dict):
                yield Table(name, entry, path, self.problems)
            else:
                message = f"{key} must be {KEYS[self.name][key]}; {quoted(entry)} is no table"
                self.problems.add(message, path)

    def only_with(self, keys: tuple[str, ...], wanted: str) -> None:
        """Note each of ``keys`` that stands here without ``wanted``."""
        if wanted not in self.values:
            for key in keys:
                if key in self.values:
                    message = f"{key} has a meaning only beside {wanted}"
                    self.problems.add(message, (*self.path, key), at_key=True)
