"""``[metrics.*]``: named series."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import east_asian_width

from qudag_tui.core.condition import ConditionError, Threshold, parse_condition
from qudag_tui.core.host_series import JSON_PREFIX, KNOWN_SERIES
from qudag_tui.core.metric import Metric, MetricKind, Series, SourceKind
from qudag_tui.core.printable import visible
from qudag_tui.core.selector import SelectorError, parse_selector
from qudag_tui.core.unit import Unit
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.problem import quoted
from qudag_tui.plan.source import NAME, NAME_RULE, SHORTEST_SECONDS
from qudag_tui.plan.table import Table

CONDITION_WORDS = {"and", "or", "baseline", "stable", "within", "growing", "x"}
FORMS: dict[tuple[str, ...], MetricKind] = {
    ("gauge",): MetricKind.GAUGE,
    ("rate",): MetricKind.RATE,
    ("errors", "total"): MetricKind.RATIO,
    ("hits", "total"): MetricKind.RATIO,
    ("hits", "misses"): MetricKind.RATIO,
    ("histogram", "quantile"): MetricKind.QUANTILE,
}
FORM_KEYS = ("gauge", "rate", "errors", "hits", "total", "misses", "histogram", "quantile")
MOST_SHORT_CELLS = 6
_ENDINGS = {
    "_bytes_per_second": Unit.BYTES_PER_SECOND,
    "_bytes": Unit.BYTES,
    "_seconds": Unit.SECONDS,
    "_percent": Unit.PERCENT,
}
_WORD = re.compile(r"[^\W_]+")


def read_metrics(values: dict[str, Any], draft: Draft) -> None:
    """Every metric of the file, into ``draft.metrics``."""
    for name, entry in values.items():
        path = ("metrics", name)
        if not NAME.fullmatch(name) or name in CONDITION_WORDS:
            words = ", ".join(sorted(CONDITION_WORDS))
            message = f"the name of a metric is {NAME_RULE}, and none of {words}; not {quoted(name)}"
            draft.problems.add(message, path, at_key=True)
        if not isinstance(entry, dict):
            draft.problems.add(f"a metric must be a table, not {quoted(entry)}", path)
            continue
        metric = _metric(name, Table("metric", entry, path, draft.problems), draft)
        if metric is not None:
            draft.metrics[name] = metric


def _metric(name: str, table: Table, draft: Draft) -> Metric | None:
    form = tuple(key for key in FORM_KEYS if key in table)
    kind = FORMS.get(form)
    if kind is None:
        forms = ", ".join(" + ".join(keys) for keys in FORMS)
        have = f"; this one has {' + '.join(form)}" if form else ""
        draft.problems.add(f"a metric has exactly one of {forms}{have}", table.path, absence=not form)
        series = next((read for key in form if key != "quantile" and (read := _series(key, table, draft))), None)
        kind = MetricKind.GAUGE
    else:
        series = _series(form[0], table, draft)
    if series is None:
        series = Series("", "")
    if "burst" in table and kind is not MetricKind.RATIO:
        table.refuse("burst", "burst has a meaning only beside errors or hits")
    unit = _unit(kind, series, table, draft)
    every = table.seconds("every", SHORTEST_SECONDS / 2)
    source = draft.sources.get(series.source)
    concurrent = _series("concurrent", table, draft)
    if concurrent is not None and "baseline" in table:
        table.refuse("concurrent", "a metric has one baseline: baseline or concurrent, not both")
    if concurrent is not None and kind is MetricKind.RATIO:
        table.refuse("concurrent", "counts cannot be compared with one series beside them; capture a baseline instead")
    quantile = table.number("quantile", 0.0, 1.0)
    if quantile in {0.0, 1.0}:
        table.wrong("quantile")
    return Metric(
        id=name,
        title=table.string("title", name.replace("_", " ")),
        kind=kind,
        series=series,
        unit=unit,
        short=_short(name, table),
        total=_series("total", table, draft),
        rest=_series("misses", table, draft),
        quantile=quantile,
        baseline=_baseline(unit, table),
        concurrent=concurrent,
        burst=table.number("burst", 1.0, 1e9) or 1.0,
        every_seconds=every or (source.every_seconds if source else 5.0),
    )


def _series(key: str, table: Table, draft: Draft) -> Series | None:
    text = table.string(key)
    if not text:
        return None
    source_name, colon, name = text.partition(":")
    if not colon or not name.strip():
        table.wrong(key)
        return None
    source = draft.sources.get(source_name)
    if source is None:
        end = draft.problems.nearest(source_name, list(draft.sources))
        message = f"no source has the name {quoted(source_name)}{end}"
        draft.problems.add(message, (*table.path, key), offset=0, absence=True)
        return Series(source_name, name)
    if source.kind is SourceKind.SCRAPE:
        try:
            parse_selector(name)
        except SelectorError as error:
            table.refuse(key, str(error), len(source_name) + 1 + error.offset)
        return Series(source_name, name)
    if source.kind is SourceKind.HTTP and name.startswith(JSON_PREFIX):
        return _page_series(key, source_name, name, table)
    known = list(source.target) if source.kind is SourceKind.SCRIPTED else list(KNOWN_SERIES.get(source.kind, ()))
    if known and name not in known:
        end = draft.problems.nearest(name, known)
        table.refuse(key, f"{source_name} has no series {quoted(name)}{end}", len(source_name) + 1)
    return Series(source_name, name)


def _page_series(key: str, source: str, name: str, table: Table) -> Series:
    # Only a plan that reads numbers out of pages needs it.
    import jmespath

    expression = name.removeprefix(JSON_PREFIX)
    try:
        jmespath.compile(expression)
    except (jmespath.exceptions.JMESPathError, RecursionError):
        table.refuse(key, f"not a JMESPath expression: {quoted(expression)}", len(source) + 1 + len(JSON_PREFIX))
    return Series(source, name)


def _unit(kind: MetricKind, series: Series, table: Table, draft: Draft) -> Unit:
    if "unit" in table:
        value = table.values["unit"]
        if isinstance(value, str) and value in set(Unit):
            unit = Unit(value)
            if kind is MetricKind.RATIO and unit is not Unit.PERCENT:
                table.refuse("unit", 'a ratio is a percentage; leave unit out, or write "%"')
            return unit
        table.wrong("unit")
        return Unit.NUMBER
    if kind is MetricKind.RATIO:
        return Unit.PERCENT
    source = draft.sources.get(series.source)
    known = KNOWN_SERIES.get(source.kind, {}).get(series.name) if source else None
    if known is not None:
        unit = known
    elif source is not None and source.kind is SourceKind.PROMQL:
        unit = Unit.NUMBER
    else:
        name = series.name.partition("{")[0].strip().removesuffix("_total")
        unit = next((unit for ending, unit in _ENDINGS.items() if name.endswith(ending)), Unit.NUMBER)
    if kind is MetricKind.RATE:
        return Unit.BYTES_PER_SECOND if unit is Unit.BYTES else Unit.PER_SECOND
    return unit


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _short(name: str, table: Table) -> str:
    given = table.string("short")
    if given and _cells(visible(given)) > MOST_SHORT_CELLS:
        table.wrong("short")
    if given:
        return given
    word = _WORD.search(name)
    label = word[0] if word else name
    while _cells(label) > MOST_SHORT_CELLS:
        label = label[:-1]
    return label


def _baseline(unit: Unit, table: Table) -> float | None:
    value = table.values.get("baseline")
    if value is None or value == "captured":
        return None
    if isinstance(value, str):
        try:
            condition = parse_condition(f"m < {value}")
        except ConditionError:
            condition = None
        if not isinstance(condition, Threshold):
            table.wrong("baseline")
            return None
        if condition.unit is not unit:
            table.refuse(
                "baseline", f"the metric's unit is {unit_name(unit)}, and this is in {unit_name(condition.unit)}"
            )
            return None
        return condition.limit
    return table.number("baseline", -1e150, 1e150)


def unit_name(unit: Unit) -> str:
    """A unit for a message."""
    return f'"{unit.value}"' if unit.value else "a plain number"
