"""What a plan would run and ask, and how that differs from what was trusted before: for a person to look at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.difference import difference
from qudag_tui.plan.kept_copy import MOST_FILE_BYTES, read_small
from qudag_tui.plan.named_files import (
    Command,
    Environment,
    addresses,
    all_commands,
    credentials,
    environments,
    files_of,
    hashes,
    listed_files,
    program_key,
    program_of,
)
from qudag_tui.plan.ownership import others_can_write, others_can_write_any
from qudag_tui.plan.real_path import real_path
from qudag_tui.plan.trust_record import Trusted, copies_of, records_at


@lean_dataclass(frozen=True, slots=True)
class Change:
    """A file that is not as it was trusted: ``lines`` of :func:`difference`, or why it cannot be shown.

    ``digest`` is what it was; ``kept`` whether the trusted bytes are there, so that they can be put back.
    """

    name: str
    digest: str
    lines: tuple[str, ...]
    kept: bool


@lean_dataclass(frozen=True, slots=True)
class Review:
    """What a plan would run and ask, for a person to look at before they trust it.

    ``programs`` are those outside the folder, by their word; ``missing`` the words that name no program now;
    ``problems`` why trust is refused, ``doubts`` what is unwise and no reason to refuse; ``differences`` what is not
    as it was last trusted (``is_first`` if never), ``changes`` the same of files, line by line. ``data`` are the
    bytes of the checklist file, None where they are not at hand; ``large`` the files of which no copy is kept.
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
    last: Trusted | None = field(default=None)
    changes: tuple[Change, ...] = ()
    doubts: tuple[str, ...] = ()
    environments: tuple[Environment, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    large: tuple[str, ...] = ()
    data: bytes | None = field(default=None, repr=False)

    @property
    def runs_nothing(self) -> bool:
        """Whether there is nothing that trust would let run or ask."""
        return not self.commands and not self.addresses


def review(plan: Plan, path: Path, search_path: str | None = None, data: bytes | None = None) -> Review:
    """What would run from the plan at ``path``.

    ``search_path`` is the PATH to pin (this process's, if None); ``data`` the bytes of the plan where they are not
    those of the file now, as in a run that follows its own copy. Hashes every file: not for an event loop.
    """
    path = real_path(path)
    folder, commands = path.parent, all_commands(plan, path.parent)
    places = search_path if search_path is not None else os.environ.get("PATH", os.defpath)
    safe_path = os.pathsep.join(place for place in places.split(os.pathsep) if place.startswith("/"))
    problems: list[str] = []
    named: dict[str, Path] = {}
    files: dict[str, str] = {}
    # A run keeps its own copy of the plan: the file itself may be gone by now, and its folder still counts.
    own = path if data is None or os.path.exists(path) else folder  # noqa: PTH110  # a name that is too long is not there
    problems += filter(None, [others_can_write_any([own, *(Path(command.cwd) for command in commands)])])
    try:
        named = {name: file for command in commands for name, file in files_of(command, folder).items()}
        named |= listed_files(plan, folder)
        files = hashes(named)
        problems += filter(None, [others_can_write_any(named.values())])
    except (OSError, ValueError) as error:
        problems.append(str(error))
    found = {program_key(command): program_of(command, folder, safe_path) for command in commands}
    before = records_at(path)
    exact = next((each for each in before if (each.plan, each.vars) == (plan.sha256, plan.vars)), None)
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
        tuple(dict.fromkeys(problems)),
        is_first=not before,
        trusted=exact,
        last=exact or (before[-1] if before else None),
        doubts=tuple(filter(None, (_doubt(program) for program in found.values() if program))),
        environments=environments(plan),
        credentials=credentials(plan),
        modes=_modes(named),
        large=tuple(name for name, file in sorted({path.name: path, **named}.items()) if _size(file) > MOST_FILE_BYTES),
        data=data if data is not None else _own_bytes(path),
    )
    return reviewed if reviewed.last is None else _with_differences(reviewed, reviewed.last, named)


def _own_bytes(path: Path) -> bytes | None:
    try:
        return read_small(path)
    except OSError:
        return None


def _modes(named: Mapping[str, Path]) -> dict[str, str]:
    modes = {}
    for name, file in named.items():
        try:
            modes[name] = f"{file.stat().st_mode & 0o777:o}"
        except OSError:
            continue
    return modes


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _doubt(program: str) -> str:
    reason = others_can_write(Path(program))
    return f"somebody else could put another program in the place of {program}: {reason}" if reason else ""


def _with_differences(reviewed: Review, last: Trusted, named: Mapping[str, Path]) -> Review:
    lines = ["the checklist file has changed"] if reviewed.plan != last.plan else []
    lines += _changes("the variable ", last.vars, reviewed.vars, show=True)
    lines += _changes("", last.files, reviewed.files)
    lines += _changes("the program ", last.programs, reviewed.programs, show=True)
    if reviewed.search_path != last.search_path:
        lines.append(f"PATH was {last.search_path}, and is {reviewed.search_path}")
    return replace(reviewed, differences=tuple(lines), changes=tuple(_changed_files(reviewed, last, named)))


def _changes(what: str, old: Mapping[str, str], new: Mapping[str, str], *, show: bool = False) -> list[str]:
    lines = [f"{what}{name} is new" for name in new if name not in old]
    lines += [f"{what}{name} is no longer named" for name in old if name not in new]
    for name in new:
        if name in old and old[name] != new[name]:
            lines.append(f"{what}{name} was {old[name]}, and is {new[name]}" if show else f"{what}{name} has changed")
    return lines


def _changed_files(reviewed: Review, last: Trusted, named: Mapping[str, Path]) -> list[Change]:
    changes = []
    if reviewed.plan != last.plan:
        changes.append(_change(reviewed, Path(reviewed.path).name, last.plan, reviewed.data))
    for name, digest in last.files.items():
        if reviewed.files.get(name) != digest and (name in reviewed.files or reviewed.plan == last.plan):
            changes.append(_change(reviewed, name, digest, _now(named.get(name), reviewed.files.get(name))))
    return changes


def _now(file: Path | None, digest: str | None) -> bytes | None:
    """The bytes of a file now, b"" where it is gone, None where it is too large to be shown."""
    if file is None or digest is None:
        return b""
    try:
        return read_small(file)
    except OSError:
        return b""


def _change(reviewed: Review, name: str, digest: str, now: bytes | None) -> Change:
    copies = copies_of(Path(reviewed.path))
    before = copies.get(digest)
    if before is None:
        why = f"no copy of what was trusted is kept ({digest[:16]}…): the difference cannot be shown, nor taken back"
        return Change(name, digest, (why,), kept=False)
    if now is None:
        why = f"it is too large to be shown now; what was trusted is kept as {copies.place(digest)}"
        return Change(name, digest, (why,), kept=True)
    return Change(name, digest, difference(before, now), kept=True)
