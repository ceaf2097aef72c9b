"""What the commands of a plan name: files under the checklist file's folder, and programs elsewhere."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.item import Script
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import SourceKind
from qudag_tui.core.step import Step

SHELL = "/bin/sh"
MOST_FILES = 10_000
# More cannot be hashed before each start of a step.
MOST_HASHED_BYTES = 1 << 30
_READ_BYTES = 1 << 20
_IN_A_TEXT = re.compile(r"""[^\s;|&<>()'"`$={}]+""")


@lean_dataclass(frozen=True, slots=True)
class Command:
    """Something that would run: the id of its step or source, its words, and its folder (absolute)."""

    id: str
    argv: tuple[str, ...]
    cwd: str


@lean_dataclass(frozen=True, slots=True)
class Environment:
    """What a step gets beside the names that every step gets: ``set`` by the file, ``secrets`` by name only."""

    id: str
    set: Mapping[str, str]
    secrets: tuple[str, ...]


def commands_of(step: Step, folder: Path) -> list[Command]:
    """What a step would run: its command, and its undo."""
    cwd = os.path.normpath(folder / step.cwd)
    words = [("", step.run), (" (undo)", step.undo)]
    return [Command(step.id + note, (SHELL, "-c", *argv) if step.shell else argv, cwd) for note, argv in words if argv]


def all_steps(plan: Plan) -> Iterator[Step]:
    """Every step of the procedures, then those of script items."""
    yield from plan.steps.values()
    for item in plan.items.values():
        if isinstance(item.spec, Script):
            yield from item.spec.step.walk()


def all_commands(plan: Plan, folder: Path) -> list[Command]:
    """Everything that a plan would run, command sources too."""
    commands = [command for step in all_steps(plan) for command in commands_of(step, folder)]
    for source in plan.sources.values():
        argv = source.target.get("argv", ())
        if source.kind is SourceKind.COMMAND and isinstance(argv, tuple) and argv:
            commands.append(Command(f"source {source.id}", argv, str(folder)))
    return commands


def environments(plan: Plan) -> tuple[Environment, ...]:
    """What the commands of a plan get in their environment, where that is anything."""
    steps = (step for step in all_steps(plan) if (step.run or step.undo) and (step.env or step.secrets))
    return tuple(Environment(step.id, dict(step.env), step.secrets) for step in steps)


def declared_names(plan: Plan) -> tuple[str, ...]:
    """The names that steps declare as secrets, and need in the supervisor's environment; sorted."""
    return tuple(sorted({name for step in all_steps(plan) for name in step.secrets}))


def missing_names(plan: Plan, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Those of them that ``environment`` does not have."""
    return tuple(name for name in declared_names(plan) if name not in environment)


def addresses(plan: Plan) -> tuple[str, ...]:
    """Every address that a plan's sources would ask."""
    named = (source.target.get("address", "") for source in plan.sources.values())
    return tuple(dict.fromkeys(address for address in named if isinstance(address, str) and address))


def credentials(plan: Plan) -> dict[str, str]:
    """The credential that each source would send, by the source's id, where it names one."""
    named = {source.id: source.target.get("credential", "") for source in plan.sources.values()}
    return {source: name for source, name in named.items() if isinstance(name, str) and name}


def files_of(command: Command, folder: Path) -> dict[str, Path]:
    """The existing regular files under ``folder`` that the words of a command name, by their path in it.

    A word that is not itself a file may name one behind its ``=`` (``--config=flags.toml``). In a text for a shell
    only programs are looked for: what else it names may be what it writes.
    """
    found: dict[str, Path] = {}
    for word in command.argv:
        for name in (word, word.partition("=")[2]):
            _add(found, name, command, folder)
        inside = dict.fromkeys(_IN_A_TEXT.findall(word))
        for name in inside if len(inside) > 1 else ():
            _add(found, name, command, folder, only_programs=True)
    return found


def _add(found: dict[str, Path], name: str, command: Command, folder: Path, *, only_programs: bool = False) -> None:
    path = Path(os.path.normpath(os.path.join(command.cwd, name)))  # noqa: PTH118  # Path() keeps "a/.."
    relative = _below(path, folder)
    if name and relative and _is_file(path) and (not only_programs or os.access(path, os.X_OK)):
        found[relative] = path


def listed_files(plan: Plan, folder: Path) -> dict[str, Path]:
    """The files that ``trusts`` lists. Raises ``ValueError`` where a pattern is none, or matches too many."""
    found: dict[str, Path] = {}
    for pattern in plan.trusts:
        try:
            # Before Python 3.13 "**" at the end means folders only.
            for path in folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern):
                relative = _below(path, folder)
                if relative and _is_file(path):
                    found[relative] = path
                if len(found) > MOST_FILES:
                    raise ValueError(f"trusts: {pattern!r} matches more than {MOST_FILES} files")
        except (NotImplementedError, OSError) as error:
            raise ValueError(f"trusts: {pattern!r} cannot be used: {error}") from error
    return found


def program_of(command: Command, folder: Path, search_path: str) -> str | None:
    """The absolute path of the program of a command; None if there is none, "" for a file of the folder (hashed)."""
    word = command.argv[0]
    if "/" not in word:
        candidates = [f"{place}/{word}" for place in search_path.split(os.pathsep) if place.startswith("/")]
        return next((each for each in candidates if os.path.isfile(each) and os.access(each, os.X_OK)), None)  # noqa: PTH113  # a text, and often none
    path = Path(os.path.normpath(os.path.join(command.cwd, word)))  # noqa: PTH118  # Path() keeps "a/.."
    if _below(path, folder):
        return "" if _is_file(path) else None
    return str(path) if _is_file(path) else None


def program_key(command: Command) -> str:
    """Under which the program of a command is pinned: its word, or its whole path where that is written."""
    word = command.argv[0]
    return word if "/" not in word else os.path.normpath(os.path.join(command.cwd, word))  # noqa: PTH118  # a key


def hash_file(path: Path) -> str:
    """The SHA-256 of a regular file in hex. Raises ``OSError``; never waits for a pipe or a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, f"{path} is no regular file")
        if status.st_size > MOST_HASHED_BYTES:
            raise OSError(None, f"{path} is larger than {MOST_HASHED_BYTES >> 30} GiB, too large to be hashed")
        digest = sha256()
        while block := os.read(descriptor, _READ_BYTES):
            digest.update(block)
        return digest.hexdigest()
    finally:
        os.close(descriptor)


def hashes(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file. Raises ``OSError``."""
    return {name: hash_file(path) for name, path in sorted(files.items())}


def _below(path: Path, folder: Path) -> str:
    """``path`` relative to ``folder``, by its words or where its links lead; "" if it is not below it."""
    for candidate in (path, _resolved(path)):
        if candidate is not None and candidate != folder and candidate.is_relative_to(folder):
            return str(candidate.relative_to(folder))
    return ""


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # a word may be far too long to be the name of a file
