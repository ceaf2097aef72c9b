"""Every key of the checklist file and what it takes: read by the parser, and held against the documentation."""

from __future__ import annotations

from collections.abc import Mapping

_ID = "a string of letters, digits, -, _, . and /"
_DURATION = 'a duration such as "30s", "5m" or "1h 30m"'
_FLAG = "true or false"
_TEXT = "a string that is not empty"
_SERIES = 'a series written "source:name", such as "host:cpu_percent"'
_CONDITION = 'a condition such as "cpu < 80%" or "memory stable within 5%"'
_HELD = 'a condition such as "cpu < 80%" or "errors < 0.5%"; not a trend'
_STRINGS = "a list of strings"
_ITEMS = "a list of items: strings, or tables with text"
_ARGV = 'a list of words such as ["./flags", "off"], or one string with shell = true'

_RUN: Mapping[str, str] = {
    "run": _ARGV,
    "shell": _FLAG,
    "target": _DURATION,
    "timeout": _DURATION,
    "attempts": "a whole number from 1 to 100",
    "idempotent": _FLAG,
    "undo": _ARGV,
    "required": _FLAG,
    "confirm": _FLAG,
    "on_failure": '"ask" or "continue"',
    "cwd": "a folder, relative to the checklist file's",
    "grace": _DURATION,
    "env": "a table of strings, by the name of the environment variable",
    "secrets": "a list of names",
}

KEYS: Mapping[str, Mapping[str, str]] = {
    "file": {
        "title": _TEXT,
        "vars": "a table of strings",
        "sources": "a table of sources",
        "metrics": "a table of metrics",
        "checklists": "an array of tables: [[checklists]]",
        "triggers": "an array of tables: [[triggers]]",
        "procedures": "a table of procedures: [[procedures.rollback.steps]]",
        "notes": _STRINGS,
        "trusts": 'a list of paths below the file\'s folder, such as ["scripts/**"]',
    },
    "source": {
        "scrape": "an address that answers in the Prometheus text format",
        "promql": "the address of a Prometheus server",
        "http": "an address that is asked, and timed",
        "command": "a list of words: the command and its arguments",
        "process": '{ pid_file = "…" } or { name = "…" }',
        "scripted": "a table of lists of numbers, by series",
        "credential": "the name of a credential in your own config.toml",
        "every": _DURATION,
        "timeout": _DURATION,
    },
    "process": {
        "pid_file": "the path of a file that holds the number of the process",
        "name": "the name of the process",
    },
    "metric": {
        "title": _TEXT,
        "short": "a label of at most six cells",
        "gauge": _SERIES,
        "rate": _SERIES,
        "errors": _SERIES,
        "hits": _SERIES,
        "total": _SERIES,
        "misses": _SERIES,
        "histogram": _SERIES,
        "quantile": "a number between 0 and 1, such as 0.99",
        "unit": 'one of "", "%", "s", "B", "/s" and "B/s"',
        "burst": "a number of at least 1",
        "baseline": 'a number, a number with its unit such as "84 ms", or "captured"',
        "concurrent": _SERIES,
        "every": _DURATION,
    },
    "checklist": {
        "id": _ID,
        "title": _TEXT,
        "sections": "an array of tables: [[checklists.sections]]",
        "items": _ITEMS,
    },
    "section": {
        "id": _ID,
        "title": _TEXT,
        "traffic": 'a share such as "10%"',
        "metrics": "a list of names of metrics",
        "at": 'an offset from T such as "T-2h" or "T+24h"',
        "ordered": _FLAG,
        "items": _ITEMS,
    },
    "item": {
        "id": _ID,
        "text": _TEXT,
        "done": _FLAG,
        "gate": _CONDITION,
        "window": _DURATION,
        "tolerate": 'a share such as "1%"',
        "extend": "a whole number from 0 to 10",
        "soak": _DURATION,
        "decision": _FLAG,
        "signoff": "the role that signs",
        "note": "a string",
        "items": _ITEMS,
        **_RUN,
    },
    "trigger": {
        "id": _ID,
        "text": _TEXT,
        "when": _CONDITION,
        "for": _DURATION,
        "then": '"offer" or "start"',
        "countdown": _DURATION,
        "done": _FLAG,
    },
    "procedure": {
        "title": _TEXT,
        "approvals": "a whole number from 1 to 5",
        "started_by": "a list of roles",
        "steps": "an array of tables: [[procedures.rollback.steps]]",
    },
    "step": {
        "id": _ID,
        "text": _TEXT,
        "done": _FLAG,
        "until": _HELD,
        "within": _DURATION,
        "unless": "the id of an earlier step that has until",
        "steps": "a list of steps",
        **_RUN,
    },
}

NOUNS: Mapping[str, str] = {name: f"a {name}" for name in KEYS} | {"file": "the file", "item": "an item"}

# What only means something beside a command.
RUN_KEYS = tuple(key for key in _RUN if key not in {"run", "target", "required", "confirm"})
