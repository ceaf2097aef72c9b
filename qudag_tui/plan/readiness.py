"""Finding out how ready a plan is, cheaply enough to be asked every minute."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.readiness import Readiness
from qudag_tui.plan import trust
from qudag_tui.plan.named_files import addresses, all_commands, hash_file, missing_names, program_key, program_of
from qudag_tui.plan.real_path import real_path

Stamp = tuple[int, int, int, int, int]


class Hashes:
    """Remembers the hash of every file as long as the file's inode, size and times stay as they were.

    For showing how things stand. Before anything runs, files are hashed again, whatever is remembered here.
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def __call__(self, path: Path) -> str:
        """The SHA-256 of the file at ``path``. Raises ``OSError``."""
        status = path.stat()
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, hash_file(path))
        return known[1]


def readiness(
    plan: Plan, path: Path, hashes: Hashes | None = None, environment: Mapping[str, str] = os.environ
) -> Readiness:
    """How ready the plan of the checklist file at ``path`` is to execute what it says.

    Reads files, and hashes those of a trusted plan (of another nothing): not for an event loop.
    """
    path = real_path(path)
    folder, commands = path.parent, all_commands(plan, path.parent)
    names = missing_names(plan, environment)
    if not commands and not addresses(plan):
        return Readiness(names=names)
    given = trust.trusted(plan, path)
    places = given.search_path if given is not None else environment.get("PATH", os.defpath)
    programs = {program_key(each): program_of(each, folder, places) for each in commands}
    gone = tuple(name for name in given.files if not (folder / name).exists()) if given is not None else ()
    return Readiness(
        trust.check(plan, path, hashes or hash_file),
        tuple(sorted(word for word, found in programs.items() if found is None)),
        gone,
        names,
    )
