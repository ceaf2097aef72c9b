"""A checklist file, from bytes to a plan."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Any

from qudag_tui.core.checklist import TRIGGERS, Plan
from qudag_tui.plan.checklist import read_checklist
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.error import PlanError, PlanErrors
from qudag_tui.plan.ids import Ids
from qudag_tui.plan.metric import read_metrics
from qudag_tui.plan.problem import OTHER, Path, Problem, Problems, quoted
from qudag_tui.plan.source import read_sources
from qudag_tui.plan.step import read_procedures
from qudag_tui.plan.syntax import Spelled, spell
from qudag_tui.plan.table import Table
from qudag_tui.plan.trigger import read_trigger
from qudag_tui.plan.variables import Variables

MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS_NOT_UTF8 = 20
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_plan(path: FilePath, overrides: Mapping[str, str] | None = None) -> Plan:
    """The plan in the file at ``path``. ``OSError`` if it cannot be read, :class:`PlanErrors` if it is no plan."""
    return parse_plan(read_bytes(path), str(path), overrides)


def read_bytes(path: FilePath) -> bytes:
    """The bytes of a checklist file, at most one more than are allowed; never waits for a pipe or a device.

    Raises ``OSError``, and :class:`PlanErrors` for what is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PlanErrors([PlanError(str(path), 1, 1, "this is no regular file; a checklist file is one")])
        parts: list[bytes] = []
        left = MOST_BYTES + 1
        while left and (part := os.read(descriptor, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
    finally:
        os.close(descriptor)
    return b"".join(parts)


def parse_plan(data: bytes, name: str, overrides: Mapping[str, str] | None = None) -> Plan:
    """The plan that ``data`` says; ``name`` is the file's in messages. :class:`PlanErrors` with all errors at once."""
    return parse_with_places(data, name, overrides)[0]


def parse_with_places(
    data: bytes, name: str, overrides: Mapping[str, str] | None = None
) -> tuple[Plan, dict[str, Path], Spelled]:
    """The plan, the path of every id, and what was spelled; :class:`PlanErrors` with all errors at once."""
    text, errors = _decode(data, name)
    spelled = spell(text)
    errors += [PlanError(name, slip.line, slip.column, slip.message) for slip in spelled.slips]
    if spelled.values is None:
        raise PlanErrors(sorted(errors))
    problems = Problems()
    ids = Ids(problems)
    plan = _plan(spelled.values, sha256(data).hexdigest(), overrides or {}, ids)
    if problems.found or errors:
        # What a line that could not be read may have said is not missed.
        found = [problem for problem in problems if not (problem.absence and errors)]
        errors += [PlanError(name, *spot, message) for spot, message in place(found, spelled, name)]
        if problems.left_out:
            last = max(errors)
            errors.append(PlanError(name, last.line, last.column, f"… and {problems.left_out} more errors"))
        raise PlanErrors(sorted(errors))
    return plan, ids.taken, spelled


def place(problems: list[Problem], spelled: Spelled, name: str) -> list[tuple[tuple[int, int], str]]:
    """Line, column and message of each problem."""
    from qudag_tui.plan.place import Places  # slow to load, and only for a file with an error

    wanted = [problem.path for problem in problems]
    wanted += [problem.other for problem in problems if problem.other is not None]
    places = Places(spelled.text, wanted)
    placed: list[tuple[tuple[int, int], str]] = []
    for problem in problems:
        message = problem.message
        if problem.other is not None:
            line, column = spelled.spot(*places.of_value(problem.other))
            message = message.replace(OTHER, f"{name}:{line}:{column}")
        at_key, path = problem.at_key, problem.path
        spot = places.of_key(path) if at_key else places.of_value(path, problem.offset)
        placed.append((spelled.spot(*spot), message))
    return placed


def _decode(data: bytes, name: str) -> tuple[str, list[PlanError]]:
    """The text of a file, a byte order mark at its start left out, and what is not UTF-8 in it."""

    def refusal(message: str) -> PlanErrors:
        return PlanErrors([PlanError(name, 1, 1, message)])

    if len(data) > MOST_BYTES:
        raise refusal(f"the file is larger than {MOST_BYTES // 1024 // 1024} MiB, the most that is allowed")
    if data.startswith(_OTHER_BOMS):
        raise refusal("the file is UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise refusal("this is a binary file; a checklist file is TOML, as UTF-8 text")
    data = data.removeprefix(_BOM)
    if not data.strip():
        raise refusal("the file is empty; qudag-tui init writes one to start from")
    try:
        return data.decode(), []
    except UnicodeDecodeError:
        errors: list[PlanError] = []
        for number, row in enumerate(data.split(b"\n"), 1):
            try:
                row.decode()
            except UnicodeDecodeError as error:
                if len(errors) < MOST_ROWS_NOT_UTF8:
                    column = len(row[: error.start].decode()) + 1
                    message = f"byte 0x{row[error.start]:02x} is not UTF-8; save the file as UTF-8"
                    errors.append(PlanError(name, number, column, message))
        return data.decode(errors="replace"), errors


def _plan(values: dict[str, Any], digest: str, overrides: Mapping[str, str], ids: Ids) -> Plan:
    problems = ids.problems
    table = Table("file", values, (), problems)
    draft = Draft(problems, ids, Variables(table.entries("vars"), overrides, problems))
    read_sources(table.entries("sources"), draft)
    read_metrics(table.entries("metrics"), draft)
    if "triggers" in table:
        ids.claim(TRIGGERS, ("triggers",))
    title = table.text("title")
    if "checklists" not in table or table.values["checklists"] == []:
        problems.add("there are no checklists; one starts with [[checklists]]", (), absence=True)
    checklists = tuple(read_checklist(entry, draft) for entry in table.tables("checklists", "checklist"))
    procedures = read_procedures(table.entries("procedures"), draft)
    triggers = tuple(read_trigger(entry, draft) for entry in table.tables("triggers", "trigger"))
    return Plan(
        title=title,
        sha256=digest,
        checklists=checklists,
        vars=draft.variables.values,
        sources=draft.sources,
        metrics=draft.metrics,
        triggers=triggers,
        procedures=procedures,
        notes=table.strings("notes"),
        trusts=_trusts(table),
    )


def _trusts(table: Table) -> tuple[str, ...]:
    globs = table.strings("trusts")
    for index, glob in enumerate(globs):
        path = PurePosixPath(glob)
        if path.is_absolute() or ".." in path.parts:
            message = f"what is trusted lies below the checklist file's folder; {quoted(glob)} does not"
            table.problems.add(message, ("trusts", index))
    return globs
