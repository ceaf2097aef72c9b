"""The checklist file: bytes to a plan, with the place of every error; and what is meant by an id."""

from __future__ import annotations

from qudag_tui.plan.error import PlanError, PlanErrors, PlanWarning
from qudag_tui.plan.file import parse_plan, read_plan
from qudag_tui.plan.lookup import NothingFound, SeveralFound

__all__ = [
    "NothingFound",
    "PlanError",
    "PlanErrors",
    "PlanWarning",
    "SeveralFound",
    "parse_plan",
    "read_plan",
]
