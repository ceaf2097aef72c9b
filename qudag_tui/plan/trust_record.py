"""What was trusted, as it is kept: one private file for each version of a checklist file and its variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from hashlib import sha256
from pathlib import Path

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.kept_copy import Copies
from qudag_tui.plan.user_state import key_of, load_table, save, state_dir

_MOST_BYTES = 64 << 20
_TEXTS = ("path", "plan", "search_path", "at", "by")
_TABLES = ("vars", "files", "programs")


@lean_dataclass(frozen=True, slots=True)
class Trusted:
    """What somebody trusted: ``files`` by their path below the file's folder, ``programs`` by their word.

    ``modes`` are the permission bits of the files (octal digits), for putting one back that is gone.
    """

    path: str
    plan: str
    vars: Mapping[str, str]
    files: Mapping[str, str]
    programs: Mapping[str, str]
    search_path: str
    at: str
    by: str
    modes: Mapping[str, str] = field(default_factory=dict)


def folder_of(path: Path) -> Path:
    """The folder of everything that is kept about the checklist file at ``path`` (resolved)."""
    return state_dir() / "trust" / key_of(path)


def copies_of(path: Path) -> Copies:
    """The copies that are kept of the checklist file at ``path`` (resolved), and of what it names."""
    return Copies(folder_of(path))


def place_of(path: Path, plan: str, variables: Mapping[str, str]) -> Path:
    """Where that version with those variables is kept."""
    what = json.dumps([plan, dict(variables)], sort_keys=True).encode()
    return folder_of(path) / f"{sha256(what).hexdigest()[:32]}.json"


def write_record(given: Trusted) -> None:
    """Keep it. Raises ``OSError``."""
    save(place_of(Path(given.path), given.plan, given.vars), json.dumps(asdict(given), indent=1).encode())


def read_record(place: Path) -> Trusted | None:
    """What is kept there; None for what is missing, damaged, or could have been written by somebody else."""
    said = load_table(place, _MOST_BYTES)
    try:
        texts = {name: said[name] for name in _TEXTS}
        tables = {name: said[name] for name in _TABLES} | {"modes": said.get("modes", {})}
    except KeyError:
        return None
    if all(isinstance(each, str) for each in texts.values()) and all(
        isinstance(table, dict) and all(isinstance(value, str) for value in table.values()) for table in tables.values()
    ):
        return Trusted(**texts, **tables)
    return None


def records_at(path: Path) -> list[Trusted]:
    """Everything trusted of the checklist file at ``path`` (resolved), the oldest first."""
    try:
        places = list(folder_of(path).glob("*.json"))
    except OSError:
        return []
    found = [given for given in map(read_record, places) if given is not None and given.path == str(path)]
    return sorted(found, key=lambda each: (each.at, each.plan))


def all_records() -> list[Trusted]:
    """Everything that this user trusts, by path and time; what cannot be read trusts nothing."""
    try:
        places = list((state_dir() / "trust").glob("*/*.json"))
    except OSError:
        return []
    found = [each for each in map(read_record, places) if each is not None]
    return sorted(found, key=lambda each: (each.path, each.at))
