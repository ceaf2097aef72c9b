"""Builders for the tests of the plan: a short text in, a plan or all its errors out."""

from __future__ import annotations

from collections.abc import Mapping

from qudag_tui.core.checklist import Plan
from qudag_tui.plan.error import PlanErrors
from qudag_tui.plan.file import parse_plan
from qudag_tui.plan.warning import warnings

TOP = 'title = "T"\n'
ONE_CHECKLIST = '[[checklists]]\ntitle = "L"\nitems = ["x"]\n'
CPU = '[metrics.cpu]\ngauge = "host:cpu_percent"\n'


def items(*lines: str) -> str:
    """A file with one checklist, ``list``, whose items stand one a line from line 6 on."""
    return 'title = "T"\n[[checklists]]\nid = "list"\ntitle = "L"\nitems = [\n' + ",\n".join(lines) + "\n]\n"


def plan_of(text: str, overrides: Mapping[str, str] | None = None) -> Plan:
    return parse_plan(text.encode(), "f.toml", overrides)


def errors_of(text: str | bytes, overrides: Mapping[str, str] | None = None) -> list[str]:
    """Every error as it is printed, without the name of the file; an empty list if there is none."""
    try:
        parse_plan(text if isinstance(text, bytes) else text.encode(), "f.toml", overrides)
    except PlanErrors as errors:
        return [str(error).removeprefix("f.toml:") for error in errors.errors]
    return []


def warnings_of(text: str) -> list[str]:
    return [str(w).removeprefix("f.toml:") for w in warnings(plan_of(text), text.encode(), "f.toml")]
