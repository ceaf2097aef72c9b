"""Steps: of procedures, and of items that run a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qudag_tui.core.procedure import Procedure
from qudag_tui.core.step import OnFailure, Step, Until
from qudag_tui.plan.condition import read_condition
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.keys import KEYS, RUN_KEYS
from qudag_tui.plan.problem import Path, quoted
from qudag_tui.plan.slug import is_id
from qudag_tui.plan.table import Table

MOST_LEVELS = 32
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_procedures(values: dict[str, Any], draft: Draft) -> dict[str, Procedure]:
    """Every procedure of the file by its id, which is the key of its table."""
    procedures: dict[str, Procedure] = {}
    for name, entry in values.items():
        path = ("procedures", name)
        if not is_id(name) or "/" in name:
            message = f"the name of a procedure has letters, digits, -, _ and .; not {quoted(name)}"
            draft.problems.add(message, path, at_key=True)
        if not isinstance(entry, dict):
            draft.problems.add(f"a procedure must be a table, not {quoted(entry)}", path)
            continue
        draft.ids.claim(name, path)
        table = Table("procedure", entry, path, draft.problems)
        if "steps" not in table or table.values["steps"] == []:
            draft.problems.add(f"a procedure needs steps: [[procedures.{name}.steps]]", path, absence=True)
        steps = _Steps(name, draft).read(table, name, 0, None)
        title = table.string("title", name[:1].upper() + name[1:].replace("-", " ").replace("_", " "))
        started_by, approvals = table.strings("started_by"), table.whole("approvals", 1, 5) or 1
        procedures[name] = Procedure(name, title, steps, started_by, approvals)
    return procedures


class _Steps:
    """The steps of one procedure; ``watches`` are those read so far that have ``until``."""

    def __init__(self, procedure: str, draft: Draft) -> None:
        self.procedure = procedure
        self.draft = draft
        self.watches: list[str] = []

    def read(self, table: Table, prefix: str, depth: int, parent: str | None) -> tuple[Step, ...]:
        if depth >= MOST_LEVELS and "steps" in table:
            table.refuse("steps", f"steps may nest at most {MOST_LEVELS} deep")
            return ()
        return tuple(self.step(entry, prefix, depth, parent) for entry in table.tables("steps", "step"))

    def step(self, table: Table, prefix: str, depth: int, parent: str | None) -> Step:
        text = table.text("text")
        step_id = read_id(table, prefix, text, self.draft)
        does = [key for key in ("run", "until", "steps") if key in table]
        if len(does) > 1:
            message = f"a step has one of run, until and steps, not {' and '.join(does)}"
            self.draft.problems.add(message, (*table.path, does[-1]), at_key=True)
        until = self.until(table)
        unless = self.unless(table)
        if until is not None:
            self.watches.append(step_id)
        return read_run(
            table,
            self.draft,
            id=step_id,
            text=text,
            depth=depth,
            parent=parent,
            until=until,
            unless=unless,
            steps=self.read(table, step_id, depth + 1, step_id),
            claimed=table.flag("done"),
        )

    def until(self, table: Table) -> Until | None:
        condition = read_condition("until", table, self.draft, trends=False)
        within = table.seconds("within")
        table.only_with(("within",), "until")
        if "until" in table and "within" not in table:
            message = 'until needs a deadline: within = "5m"'
            self.draft.problems.add(message, (*table.path, "until"), at_key=True, absence=True)
        if condition is None:
            return None
        return Until(*condition, within or 0.0)

    def unless(self, table: Table) -> str | None:
        wanted = table.string("unless")
        if not wanted:
            return None
        table.only_with(("unless",), "steps")
        found = [w for w in self.watches if w == wanted] or [
            w for w in self.watches if w == f"{self.procedure}/{wanted}" or w.rpartition("/")[2] == wanted
        ]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"several earlier steps are meant by {quoted(wanted)}: {', '.join(found)}; give the whole id"
            table.refuse("unless", message)
            return None
        end = self.draft.problems.nearest(wanted, self.watches)
        message = f"no earlier step with until has the id {quoted(wanted)}{end}"
        self.draft.problems.add(message, (*table.path, "unless"), absence=True)
        return None


def read_id(table: Table, prefix: str, text: str, draft: Draft) -> str:
    """The id of the box that a table describes: given, or made from its text; ``prefix`` if it has neither."""
    if "id" in table:
        given = table.values["id"]
        if isinstance(given, str):
            return draft.ids.given(given, table.path)
        table.wrong("id")
    return draft.ids.of(prefix, text, table.path) if text else prefix


def read_run(table: Table, draft: Draft, **fields: Any) -> Step:
    """A step from the keys that say how a command runs, and ``fields`` that are known already."""
    table.only_with(RUN_KEYS, "run")
    shell = table.flag("shell")
    attempts = table.whole("attempts", 1, 100) or 1
    idempotent = table.flag("idempotent")
    if attempts > 1 and not idempotent:
        table.refuse("attempts", "attempts of more than 1 need idempotent = true: a second try must do no harm")
    on_failure = table.values.get("on_failure", "ask")
    if not isinstance(on_failure, str) or on_failure not in set(OnFailure):
        table.wrong("on_failure")
        on_failure = "ask"
    grace = table.seconds("grace")
    env = _env(table, draft)
    return Step(
        **fields,
        run=_argv("run", shell, table, draft),
        shell=shell,
        target_seconds=table.seconds("target"),
        timeout_seconds=table.seconds("timeout"),
        attempts=attempts,
        idempotent=idempotent,
        undo=_argv("undo", shell, table, draft),
        required=table.flag("required"),
        confirm=table.flag("confirm"),
        on_failure=OnFailure(on_failure),
        cwd=table.string("cwd", "."),
        grace_seconds=10.0 if grace is None else grace,
        env={**draft.variables.values, **env} if shell else env,
        secrets=_secrets(table),
    )


def _argv(key: str, shell: bool, table: Table, draft: Draft) -> tuple[str, ...]:
    """The words of a command; with ``shell`` the one string, in which nothing is replaced."""
    value = table.values.get(key)
    path = (*table.path, key)
    if value is None:
        return ()
    if isinstance(value, str) and shell:
        return (table.string(key),)
    if isinstance(value, str):
        table.refuse(key, f"{key} must be {KEYS['step']['run']}; this string has no shell = true beside it")
        return ()
    if isinstance(value, list) and shell:
        table.refuse(key, f"{key} must be one string where shell = true")
        return ()
    if not isinstance(value, list) or not value:
        table.wrong(key)
        return ()
    words: list[str] = []
    for index, word in enumerate(value):
        if isinstance(word, str) and "\0" not in word and (word or index):
            words.append(draft.variables.fill(word, (*path, index)))
        else:
            message = f"a word of a command must be a string, the first not empty, none with a NUL; not {quoted(word)}"
            draft.problems.add(message, (*path, index))
    return tuple(words)


def _env(table: Table, draft: Draft) -> Mapping[str, str]:
    env: dict[str, str] = {}
    for name, value in table.entries("env").items():
        path: Path = (*table.path, "env", name)
        if not _ENV_NAME.fullmatch(name):
            message = f"the name of an environment variable has letters, digits and _; not {quoted(name)}"
            draft.problems.add(message, path, at_key=True)
        elif not isinstance(value, str) or "\0" in value:
            draft.problems.add(f"an environment variable must be a string, not {quoted(value)}", path)
        else:
            env[name] = draft.variables.fill(value, path)
    return env


def _secrets(table: Table) -> tuple[str, ...]:
    names = table.strings("secrets")
    for index, name in enumerate(names):
        if not _ENV_NAME.fullmatch(name):
            message = f"the name of a secret has letters, digits and _; not {quoted(name)}"
            table.problems.add(message, (*table.path, "secrets", index))
    return names
