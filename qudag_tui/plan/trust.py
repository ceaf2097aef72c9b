"""Whether commands of a checklist file may run: reviewed by a person, and unchanged since.

Trust is given to a file's bytes and path, its resolved variables, and the hash of every existing file under its folder
that a command names or ``trusts`` lists. Programs elsewhere are pinned by absolute path. What programs read in turn is
not covered, nor is one's own login racing the check. It is kept outside the project, in the user's state folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.step import Step
from qudag_tui.plan.kept_copy import Copies
from qudag_tui.plan.named_files import (
    Command,
    all_commands,
    commands_of,
    files_of,
    hash_file,
    listed_files,
    program_key,
    program_of,
)
from qudag_tui.plan.ownership import others_can_write_any
from qudag_tui.plan.real_path import real_path
from qudag_tui.plan.trust_record import (
    Trusted,
    all_records,
    copies_of,
    folder_of,
    place_of,
    read_record,
    records_at,
    write_record,
)
from qudag_tui.plan.trust_review import Review, review
from qudag_tui.plan.user_state import STATE_VARIABLE

__all__ = [
    "STATE_VARIABLE",
    "Review",
    "TrustError",
    "Trusted",
    "all_trusted",
    "check",
    "check_before_exec",
    "give",
    "review",
    "revoke",
    "trusted",
]


class TrustError(Exception):
    """Trust cannot be given, taken away or kept; the message says why."""


def give(reviewed: Review, by: str, at: datetime) -> Trusted:
    """Trust what was reviewed, and keep copies of it. Raises :class:`TrustError` if it has problems, or cannot be kept."""
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
        reviewed.modes,
    )
    path = Path(given.path)
    try:
        write_record(given)
    except OSError as error:
        raise TrustError(f"the trust could not be kept in {folder_of(path)}: {error.strerror}") from error
    copies, known = copies_of(path), records_at(path)
    with suppress(OSError):
        copies.forget_all_but({digest for each in known for digest in (each.plan, *each.files.values())})
    copies.keep(_to_keep(reviewed))
    return given


def _to_keep(reviewed: Review) -> Iterator[tuple[str, bytes | Path]]:
    if reviewed.data is not None:
        yield reviewed.plan, reviewed.data
    for name, digest in reviewed.files.items():
        yield digest, Path(reviewed.path).parent / name


def revoke(path: Path) -> bool:
    """Trust nothing of the file at ``path`` any more, and keep no copies; whether there was anything.

    The file itself may be gone. Raises :class:`TrustError`.
    """
    folder = folder_of(real_path(path))
    try:
        kept = list(folder.glob("*.json"))
        for each in kept:
            each.unlink()
        Copies(folder).forget_all_but(set())
    except OSError as error:
        raise TrustError(f"the trust in {folder} could not be taken away: {error.strerror}") from error
    shutil.rmtree(folder, ignore_errors=True)
    return bool(kept)


def trusted(plan: Plan, path: Path) -> Trusted | None:
    """What was trusted for this very plan, path and variables, whatever has changed since."""
    path = real_path(path)
    given = read_record(place_of(path, plan.sha256, plan.vars))
    return given if given and (given.path, given.plan, given.vars) == (str(path), plan.sha256, plan.vars) else None


def all_trusted() -> list[Trusted]:
    """Everything that this user trusts, by path and time; what cannot be read trusts nothing."""
    return all_records()


def check(plan: Plan, path: Path, hashed: Callable[[Path], str] = hash_file) -> str:
    """Why nothing of ``plan`` may run, or "". ``path`` is the checklist file's, which may have changed since.

    ``hashed`` tells a file's SHA-256; another than the real one is only for showing how things stand.
    """
    path = real_path(path)
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
    return _why_not(given, folder, commands, files, hashed)


def check_before_exec(plan: Plan, path: Path, step: Step) -> str:
    """Why the command of ``step`` may not run now, or "": the files that it names are hashed again."""
    path = real_path(path)
    given = trusted(plan, path)
    if given is None:
        return _untrusted(path)
    folder, commands = path.parent, commands_of(step, path.parent)
    files = {name: file for command in commands for name, file in files_of(command, folder).items()}
    return _why_not(given, folder, commands, files, hash_file)


def _untrusted(path: Path) -> str:
    if records_at(path):
        return f"{path.name} was trusted, but not as it is followed here (another version, or other variables)"
    return f"{path.name} is not trusted"


def _why_not(
    given: Trusted,
    folder: Path,
    commands: list[Command],
    files: Mapping[str, Path],
    hashed: Callable[[Path], str],
) -> str:
    # Not the checklist file: the run follows its own copy, whose hash is part of what was trusted.
    reason = others_can_write_any([folder, *(Path(command.cwd) for command in commands)])
    return reason or _changed(given, files, hashed) or _moved(given, commands, folder)


def _changed(given: Trusted, files: Mapping[str, Path], hashed: Callable[[Path], str]) -> str:
    for name, file in sorted(files.items()):
        if name not in given.files:
            return f"{name} is new since {given.by} trusted the file"
        try:
            if hashed(file) != given.files[name]:
                return f"{name} has changed since {given.by} trusted it"
        except OSError as error:
            return f"{name} cannot be read: {error.strerror or error}"
    return others_can_write_any(files.values())


def _moved(given: Trusted, commands: list[Command], folder: Path) -> str:
    for command in commands:
        found, before = program_of(command, folder, given.search_path), given.programs.get(program_key(command))
        if found and before != found:
            was = before or "there was none"
            return f"{command.argv[0]} is {found} now, not what {given.by} trusted ({was})"
    return ""
