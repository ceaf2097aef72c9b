"""Whether commands of a checklist file may run: reviewed by a person, and unchanged since.

Trust is given to a file's bytes and path, its resolved variables, and the hash of every existing file under its folder
that a command names or ``trusts`` lists. Programs elsewhere are pinned by absolute path. What programs read in turn is
not covered, nor is one's own login racing the check. It is kept outside the project, in the user's state folder.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.step import Step
from qudag_tui.plan.named_files import (
    Command,
    addresses,
    all_commands,
    commands_of,
    files_of,
    hash_file,
    hashes,
    listed_files,
    program_key,
    program_of,
)
from qudag_tui.plan.ownership import others_can_write

STATE_VARIABLE = "QUDAG_TUI_STATE"
_MOST_BYTES = 64 << 20


class TrustError(Exception):
    """Trust cannot be given, or not be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """What somebody trusted: ``files`` by their path below the file's folder, ``programs`` by their word."""

    path: str
    plan: str
    vars: Mapping[str, str]
    files: Mapping[str, str]
    programs: Mapping[str, str]
    search_path: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a plan would run and ask, for a person to look at before :func:`give`.

    ``programs`` are those outside the folder, by their word; ``missing`` the words that name no program now;
    ``problems`` why trust is refused; ``differences`` what is not as it was last trusted (``is_first`` if never).
    """

    path: str
    plan: str
    vars: Mapping[str, str]
    commands: tuple[Command, ...]
    addresses: tuple[str, ...]
    files: Mapping[str, str]
    programs: Mapping[str, str]
    search_path: str
    missing: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    is_first: bool = False
    trusted: Trusted | None = field(default=None)


def review(plan: Plan, path: Path, search_path: str | None = None) -> Review:
    """What would run from the plan at ``path``; ``search_path`` is the PATH to pin (this process's, if None)."""
    path = path.resolve()
    folder, commands = path.parent, all_commands(plan, path.parent)
    places = search_path if search_path is not None else os.environ.get("PATH", os.defpath)
    safe_path = os.pathsep.join(place for place in places.split(os.pathsep) if place.startswith("/"))
    problems: list[str] = []
    files: dict[str, str] = {}
    try:
        named = {name: file for command in commands for name, file in files_of(command, folder).items()}
        named |= listed_files(plan, folder)
        files = hashes(named)
        problems += dict.fromkeys(filter(None, (others_can_write(each.resolve()) for each in (path, *named.values()))))
    except (OSError, ValueError) as error:
        problems.append(str(error))
    found = {program_key(command): program_of(command, folder, safe_path) for command in commands}
    before = _kept(path)
    last = max(before, key=lambda each: each.at, default=None)
    reviewed = Review(
        str(path),
        plan.sha256,
        dict(plan.vars),
        tuple(commands),
        addresses(plan),
        files,
        {word: program for word, program in sorted(found.items()) if program},
        safe_path,
        tuple(sorted(word for word, program in found.items() if program is None)),
        tuple(problems),
        is_first=last is None,
        trusted=next((each for each in before if (each.plan, each.vars) == (plan.sha256, plan.vars)), None),
    )
    return reviewed if last is None else _with_differences(reviewed, last)


def _with_differences(reviewed: Review, last: Trusted) -> Review:
    lines = ["the checklist file has changed"] if reviewed.plan != last.plan else []
    lines += _changes("the variable ", last.vars, reviewed.vars, show=True)
    lines += _changes("", last.files, reviewed.files)
    lines += _changes("the program ", last.programs, reviewed.programs, show=True)
    if reviewed.search_path != last.search_path:
        lines.append(f"PATH was {last.search_path}, and is {reviewed.search_path}")
    return replace(reviewed, differences=tuple(lines))


def _changes(what: str, old: Mapping[str, str], new: Mapping[str, str], *, show: bool = False) -> list[str]:
    lines = [f"{what}{name} is new" for name in new if name not in old]
    lines += [f"{what}{name} is no longer named" for name in old if name not in new]
    for name in new:
        if name in old and old[name] != new[name]:
            lines.append(f"{what}{name} was {old[name]}, and is {new[name]}" if show else f"{what}{name} has changed")
    return lines


def give(reviewed: Review, by: str, at: datetime) -> Trusted:
    """Trust what was reviewed. Raises :class:`TrustError` if it has problems, or cannot be kept."""
    if reviewed.problems:
        raise TrustError(f"{reviewed.path} cannot be trusted: {'; '.join(reviewed.problems)}")
    given = Trusted(
        reviewed.path,
        reviewed.plan,
        reviewed.vars,
        reviewed.files,
        reviewed.programs,
        reviewed.search_path,
        at.isoformat(),
        by,
    )
    place = _place(Path(given.path), given.plan, given.vars)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, passing = tempfile.mkstemp(dir=place.parent, prefix=".new-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(given), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(passing).replace(place)
    except OSError as error:
        raise TrustError(f"the trust could not be kept in {place.parent}: {error.strerror}") from error
    return given


def revoke(path: Path) -> bool:
    """Trust nothing of the file at ``path`` any more; whether there was anything. Raises :class:`TrustError`."""
    folder = _folder(path.resolve())
    try:
        kept = list(folder.glob("*.json"))
        for each in kept:
            each.unlink()
    except OSError as error:
        raise TrustError(f"the trust in {folder} could not be taken away: {error.strerror}") from error
    return bool(kept)


def trusted(plan: Plan, path: Path) -> Trusted | None:
    """What was trusted for this very plan, path and variables, whatever has changed since."""
    place = _place(path.resolve(), plan.sha256, plan.vars)
    given = _load(place)
    return (
        given
        if given and (given.path, given.plan, given.vars) == (str(path.resolve()), plan.sha256, plan.vars)
        else None
    )


def all_trusted() -> list[Trusted]:
    """Everything that this user trusts, by path and time; what cannot be read trusts nothing."""
    try:
        places = sorted((_state_folder() / "trust").glob("*/*.json"))
    except OSError:
        return []
    given = [each for each in map(_load, places) if each is not None]
    return sorted(given, key=lambda each: (each.path, each.at))


def check(plan: Plan, path: Path) -> str:
    """Why nothing of ``plan`` may run, or "". ``path`` is the checklist file's, which may have changed since."""
    path = path.resolve()
    given = trusted(plan, path)
    if given is None:
        return _untrusted(path)
    folder = path.parent
    commands = all_commands(plan, folder)
    try:
        files = {name: file for command in commands for name, file in files_of(command, folder).items()}
        files |= listed_files(plan, folder)
    except ValueError as error:
        return str(error)
    return _changed(given, folder, files) or next(
        filter(None, (_program(given, each, folder) for each in commands)), ""
    )


def check_before_exec(plan: Plan, path: Path, step: Step) -> str:
    """Why the command of ``step`` may not run now, or "": the files that it names are hashed again."""
    path = path.resolve()
    given = trusted(plan, path)
    if given is None:
        return _untrusted(path)
    folder, commands = path.parent, commands_of(step, path.parent)
    files = {name: file for command in commands for name, file in files_of(command, folder).items()}
    return _changed(given, folder, files) or next(
        filter(None, (_program(given, each, folder) for each in commands)), ""
    )


def _untrusted(path: Path) -> str:
    if _kept(path):
        return f"{path.name} was trusted, but not as it is followed here (another version, or other variables)"
    return f"{path.name} is not trusted"


def _changed(given: Trusted, folder: Path, files: Mapping[str, Path]) -> str:
    # Not the checklist file: the run follows its own copy, whose hash is part of what was trusted.
    reason = others_can_write(folder)
    if reason:
        return reason
    for name, file in sorted(files.items()):
        if name not in given.files:
            return f"{name} is new since {given.by} trusted the file"
        try:
            if hash_file(file) != given.files[name]:
                return f"{name} has changed since {given.by} trusted it"
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}"
        reason = others_can_write(file.resolve())
        if reason:
            return reason
    return ""


def _program(given: Trusted, command: Command, folder: Path) -> str:
    found, before = program_of(command, folder, given.search_path), given.programs.get(program_key(command))
    if found and before != found:
        return f"{command.argv[0]} is {found} now, not what {given.by} trusted ({before or 'there was none'})"
    return ""


def _state_folder() -> Path:
    named = os.environ.get(STATE_VARIABLE, "")
    if named:
        return Path(named)
    import platformdirs  # noqa: PLC0415  # only where the state folder is not given

    return platformdirs.user_state_path("qudag-tui")


def _folder(path: Path) -> Path:
    return _state_folder() / "trust" / _short(os.fsencode(path))


def _place(path: Path, plan: str, variables: Mapping[str, str]) -> Path:
    what = json.dumps([plan, dict(variables)], sort_keys=True).encode()
    return _folder(path) / f"{_short(what)}.json"


def _short(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]


def _kept(path: Path) -> list[Trusted]:
    """Everything trusted at this path."""
    try:
        places = sorted(_folder(path).glob("*.json"))
    except OSError:
        return []
    return [given for given in map(_load, places) if given is not None and given.path == str(path)]


def _load(place: Path) -> Trusted | None:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return None
            said = json.loads(file.read(_MOST_BYTES))
        texts = {name: said[name] for name in ("path", "plan", "search_path", "at", "by")}
        tables = {name: said[name] for name in ("vars", "files", "programs")}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if all(isinstance(each, str) for each in texts.values()) and all(
        isinstance(table, dict) and all(isinstance(value, str) for value in table.values()) for table in tables.values()
    ):
        return Trusted(**texts, **tables)
    return None
