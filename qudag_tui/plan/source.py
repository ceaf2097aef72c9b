"""``[sources.*]``: where numbers come from."""

from __future__ import annotations

import math
import re
from typing import Any

from qudag_tui.core.host_series import HOST
from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.problem import quoted
from qudag_tui.plan.table import Table

NAME = re.compile(r"[^\W\d][\w.-]*")
NAME_RULE = "a letter, then letters, digits, _, . and -"
FORMS = ("scrape", "promql", "http", "command", "process", "scripted")
WITH_ADDRESS = (SourceKind.SCRAPE, SourceKind.PROMQL, SourceKind.HTTP)
SHORTEST_SECONDS = 0.1
_ADDRESS = re.compile(r"https?://[^\s/?#@]*(@[^\s/?#@]+)?[^\s\x00-\x1f\x7f-\x9f]*")


def read_sources(values: dict[str, Any], draft: Draft) -> None:
    """Every source of the file, into ``draft.sources``; the host is there without an entry."""
    draft.sources[HOST] = Source(HOST, SourceKind.HOST)
    for name, entry in values.items():
        path = ("sources", name)
        if name == HOST:
            draft.problems.add("the host is a source without an entry; give this one another name", path, at_key=True)
            continue
        if not NAME.fullmatch(name):
            draft.problems.add(f"the name of a source is {NAME_RULE}; not {quoted(name)}", path, at_key=True)
        if not isinstance(entry, dict):
            draft.problems.add(f"a source must be a table, not {quoted(entry)}", path)
            draft.sources[name] = Source(name, SourceKind.COMMAND)
            continue
        draft.sources[name] = _source(name, Table("source", entry, path, draft.problems), draft)


def _source(name: str, table: Table, draft: Draft) -> Source:
    forms = [form for form in FORMS if form in table]
    if len(forms) != 1:
        have = f"; this one has {' and '.join(forms)}" if forms else ""
        message = f"a source has exactly one of {', '.join(FORMS)}{have}"
        draft.problems.add(message, table.path, absence=not forms)
    every, timeout = table.seconds("every", SHORTEST_SECONDS / 2), table.seconds("timeout")
    kind = SourceKind(forms[0]) if forms else SourceKind.COMMAND
    target = _target(kind, table, draft) if forms else {}
    credential = table.string("credential")
    if credential and kind in WITH_ADDRESS:
        target["credential"] = credential
    elif credential and forms:
        table.refuse("credential", f"a credential has a meaning only beside {', '.join(WITH_ADDRESS)}")
    return Source(name, kind, target, every or 5.0, timeout or 5.0)


def _target(kind: SourceKind, table: Table, draft: Draft) -> dict[str, str | tuple[str, ...]]:
    key, path = kind.value, (*table.path, kind.value)
    if kind is SourceKind.COMMAND:
        words = table.strings(key)
        if not words and table.values[key] == []:
            table.wrong(key)
        return {"argv": tuple(draft.variables.fill(word, (*path, index)) for index, word in enumerate(words))}
    if kind is SourceKind.PROCESS:
        return _process(table, draft)
    if kind is SourceKind.SCRIPTED:
        return _scripted(table, draft)
    before = len(draft.problems.found)
    address = draft.variables.fill(table.string(key), path)
    if address and len(draft.problems.found) == before and not is_address(address):
        table.refuse(key, f"an address starts with http:// or https:// and names a host; {quoted(address)} does not")
    return {"address": address}


def is_address(address: str) -> bool:
    """Whether it is an http or https address with a host and no space or control character."""
    from urllib.parse import urlsplit  # only a file with addresses needs it

    try:
        return bool(_ADDRESS.fullmatch(address)) and bool(urlsplit(address).hostname) and urlsplit(address).port != 0
    except ValueError:
        return False


def _process(table: Table, draft: Draft) -> dict[str, str | tuple[str, ...]]:
    path = (*table.path, "process")
    if not isinstance(table.values["process"], dict):
        table.wrong("process")
        return {}
    process = Table("process", table.values["process"], path, draft.problems)
    if ("pid_file" in process) == ("name" in process):
        table.wrong("process")
    return {
        key: draft.variables.fill(process.string(key), (*path, key)) for key in ("pid_file", "name") if key in process
    }


def _scripted(table: Table, draft: Draft) -> dict[str, str | tuple[str, ...]]:
    series: dict[str, str | tuple[str, ...]] = {}
    for name, numbers in table.entries("scripted").items():
        if (
            isinstance(numbers, list)
            and numbers
            and all(isinstance(n, int | float) and not isinstance(n, bool) and _is_small(n) for n in numbers)
        ):
            series[name] = tuple(repr(float(n)) for n in numbers)
        else:
            message = "a scripted series must be a list of numbers (nan for a missing one), not "
            draft.problems.add(message + quoted(numbers), (*table.path, "scripted", name))
    return series


def _is_small(number: float) -> bool:
    return math.isnan(number) or abs(number) <= 1e300
