"""A condition in the file: parsed, and held against the metrics it names and their units."""

from __future__ import annotations

import re

from qudag_tui.core.condition import (
    AgainstBaseline,
    Condition,
    ConditionError,
    Relation,
    Threshold,
    Trend,
    parse_condition,
    terms,
)
from qudag_tui.core.unit import SUFFIXES, Unit
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.metric import unit_name
from qudag_tui.plan.problem import quoted
from qudag_tui.plan.table import Table

_LIMIT = re.compile(r"\s*(?:<=|>=|<|>)\s*(?:baseline\s*)?")


def read_condition(key: str, table: Table, draft: Draft, *, trends: bool = True) -> tuple[Condition, str] | None:
    """The condition under ``key`` with the text that says it; None if there is none or it is wrong.

    Without ``trends`` one that asks for a trend is wrong: what is looked at for minutes at most has none.
    """
    text = table.string(key)
    if not text:
        return None
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        table.refuse(key, f"{key}: {error}", error.offset)
        return None
    position = 0
    for term in terms(condition):
        name = re.compile(rf"(?<![\w.-]){re.escape(term.metric)}(?![\w.-])").search(text, position)
        start, position = name.span() if name else (0, position)
        if isinstance(term, Trend) and not trends:
            message = (
                f"{key}: a trend is judged over a soak, and cannot be waited for; compare {term.metric} with a limit"
            )
            table.refuse(key, message, start)
        metric = draft.metrics.get(term.metric)
        if metric is None:
            end = draft.problems.nearest(term.metric, list(draft.metrics))
            message = f"no metric has the name {quoted(term.metric)}{end}"
            draft.problems.add(message, (*table.path, key), offset=start, absence=True)
            continue
        in_units = isinstance(term, Threshold) or (isinstance(term, AgainstBaseline) and term.relation is Relation.PLUS)
        if in_units and isinstance(term, Threshold | AgainstBaseline) and term.unit is not metric.unit:
            limit = _LIMIT.match(text, position)
            message = (
                f"{term.metric} is measured in {unit_name(metric.unit)}, and the limit is in {unit_name(term.unit)}; "
                f"allowed here: {_suffixes(metric.unit)}"
            )
            table.refuse(key, message, limit.end() if limit else start)
    return condition, text


def _suffixes(unit: Unit) -> str:
    return ", ".join(suffix or "no unit" for suffix, (base, _) in SUFFIXES.items() if base is unit)
