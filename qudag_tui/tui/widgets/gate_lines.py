"""A gate as the list of what it asks for: what holds, what does not, what cannot be told yet and what it needs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.item import Gate
from qudag_tui.core.requirement import Requirement, needs_of_all
from qudag_tui.core.unit import Unit, show
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.facts import time_of
from qudag_tui.tui.verdicts import limit_of
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, cut, wrapped
from qudag_tui.tui.widgets.plot import Level

if TYPE_CHECKING:
    from rich.style import Style

    from qudag_tui.core.item import Item
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

_WORD = 14
_NAME = 10


def levels_of(metric: Metric, terms_: list[object], shot: Snapshot, glyphs: Glyphs) -> list[Level]:
    """The lines in a plot of ``metric``: the limit of the first comparison that has one, and what it is compared with."""
    baseline = shot.standings.baseline(metric, shot.state)
    limits = (limit_of(term, baseline) for term in terms_)
    limit = next((limit for limit in limits if limit is not None), None)
    found = [Level(limit, "limit", glyphs.limit)] if limit is not None else []
    if baseline is not None:
        found.append(Level(baseline, baseline_name(metric, shot), glyphs.baseline))
    return found


def most_of(metric: Metric) -> float:
    """Where the axis of its plot ends at the latest: a machine that is busy at 100 % is not nearly at 106 %."""
    return 100.0 if metric.unit is Unit.PERCENT else math.inf


def baseline_name(metric: Metric, shot: Snapshot) -> str:
    """``baseline, 20:10`` of what was captured then; of the others only what they are."""
    kept = shot.state.baselines.get(metric.id)
    if metric.concurrent is not None or kept is None:
        return "baseline"
    return f"baseline, {time_of(kept.at.wall, shot.now.wall)}"


def baseline_words(metric: Metric, shot: Snapshot) -> str:
    """What ``metric`` is compared with, in words; "" where it has no baseline."""
    level, kept = shot.standings.baseline(metric, shot.state), shot.state.baselines.get(metric.id)
    value = f"{show(level, metric.unit)}, " if level is not None else ""
    if metric.concurrent is not None:
        return f"{value}concurrent: {metric.concurrent.source}:{metric.concurrent.name}"
    if kept is not None:
        again = f" ({kept.times} times)" if kept.times > 1 else ""
        when = time_of(kept.at.wall, shot.now.wall)
        return f"{value}captured{again} {when} by {kept.by}, {kept.captured.samples} samples"
    return f"{value}a fixed number" if metric.baseline is not None else ""


def gate_lines(gate: Item, shot: Snapshot, glyphs: Glyphs, colours: Palette, width: int) -> list[list[Piece]]:
    """The requirements, then what is needed, what the forecast says, and the baseline."""
    lines: list[list[Piece]] = []
    spec = gate.spec
    if not isinstance(spec, Gate):
        return lines

    def paragraph(name: str, text: str, style: Style = NO_STYLE, at_most: int = 4) -> None:
        for number, line in enumerate(wrapped(text, width - _NAME, glyphs, at_most)):
            lines.append([(f"{name if number == 0 else '':<{_NAME}}", colours.dim), (line, style)])

    said, ahead = shot.standings.said(gate, shot.state), shot.standings.forecast(gate, shot.state)
    if said is not None:
        paragraph("says", said.words, colours.wrong if said.verdict is Verdict.FAIL else NO_STYLE)
        regression = shot.state.regression(gate.id)
        if regression is not None:
            paragraph("since", f"{time_of(regression.at.wall, shot.now.wall)} UTC; its final look had passed")
        asked = said.requirements or (Requirement(spec.source, said.verdict, said.line),)
        lines.append([])
        for each in asked:
            lines.extend(_requirement(each, glyphs, colours, width))
        if said.needs and said.needs != needs_of_all(asked):
            paragraph("needs", said.needs, colours.strong)
    if ahead is not None:
        paragraph("forecast", ahead.line, colours.wrong if ahead.verdict is Verdict.FAIL else NO_STYLE)
    if said is None or not said.requirements:
        paragraph("condition", spec.source)
    for name in dict.fromkeys(term.metric for term in terms(spec.condition)):
        metric = shot.plan.metrics.get(name)
        words = baseline_words(metric, shot) if metric is not None else ""
        if words:
            paragraph("baseline", words)
    return lines


def _requirement(asked: Requirement, glyphs: Glyphs, colours: Palette, width: int) -> list[list[Piece]]:
    """``pass  cpu < 80%``, and below it what was seen, and what it needs."""
    style = {Verdict.PASS: colours.plain, Verdict.FAIL: colours.wrong}.get(asked.verdict, colours.accent)
    lines: list[list[Piece]] = [
        [(f"{asked.verdict:<{_WORD}}", style), (cut(asked.text, width - _WORD, glyphs), colours.strong)]
    ]
    lines.extend([(f"  {line}", NO_STYLE)] for line in wrapped(asked.line, width - 2, glyphs, 4))
    if asked.needs:
        lines.extend([(f"  {line}", colours.accent)] for line in wrapped(f"needs {asked.needs}", width - 2, glyphs, 2))
    return lines
