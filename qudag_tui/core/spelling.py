"""Conditions as people would write them, from what was understood."""

from __future__ import annotations

from qudag_tui.core.condition import AgainstBaseline, Relation, Term, Threshold, Trend
from qudag_tui.core.unit import show


def spelled(term: Term) -> str:
    """``error_rate < 0.1%``, ``latency < baseline + 10%``, ``memory stable within 5%``."""
    if isinstance(term, Trend):
        within = f" within {term.budget_percent:g}%" if term.budget_percent is not None else ""
        return f"{term.metric} {'growing' if term.growing else 'stable'}{within}"
    return f"{term.metric} {term.comparison} {spelled_limit(term)}"


def spelled_limit(term: Threshold | AgainstBaseline) -> str:
    """What stands behind the comparison: ``0.1%``, ``3.2x baseline``, ``baseline + 10%``."""
    if isinstance(term, Threshold):
        return show(term.limit, term.unit)
    if term.relation is Relation.TIMES:
        return f"{term.amount:g}x baseline"
    if not term.amount:
        return "baseline"
    amount = f"{abs(term.amount):g}%" if term.relation is Relation.PERCENT else show(abs(term.amount), term.unit)
    return f"baseline {'-' if term.amount < 0 else '+'} {amount}"
