"""The sparklines beside a phase: which metrics, in which order, and each as one piece of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from qudag_tui.core.phase import PhaseState
from qudag_tui.core.unit import Unit, show
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

CELLS = 8
_LABEL = 4
_VALUE = 6
SLOT = _LABEL + 1 + CELLS + 1 + _VALUE + 2
FACT = 18


def phase_title(title: str, checklist: str) -> str:
    """``title`` without leading words that the checklist's title says already."""
    said = set(checklist.casefold().split())
    words = title.split()
    while len(words) > 1 and words[0].casefold() in said:
        words.pop(0)
    return " ".join(words)


def short_title(section: Section, shot: Snapshot) -> str:
    """How a phase is called where its sparklines need the room."""
    holder = next((c.title for c in shot.plan.checklists if c.id == section.checklist), "")
    return phase_title(section.title, holder)


def ordered(section: Section, shot: Snapshot) -> list[Metric]:
    """The metrics of a phase: those that fail first, then those with values, then the others; else as in the plan."""
    known = [shot.plan.metrics[name] for name in section.metrics if name in shot.plan.metrics]
    gates = {item.id for item in section.items}
    failing = {
        name
        for item_id, standing in shot.readings.gates.items()
        if item_id in gates and standing.verdict == "fail"
        for name in _metrics_of(item_id, shot)
    }

    def rank(metric: Metric) -> int:
        series = shot.readings.series.get(metric.id)
        if metric.id in failing:
            return 0
        return 1 if series is not None and series.newest is not None else 2

    return sorted(known, key=rank)


def _metrics_of(item_id: str, shot: Snapshot) -> set[str]:
    from qudag_tui.core.condition import terms  # noqa: PLC0415  # needed only while a gate fails
    from qudag_tui.core.item import Gate  # noqa: PLC0415  # as above

    spec = shot.plan.items[item_id].spec
    return {term.metric for term in terms(spec.condition)} if isinstance(spec, Gate) else set()


def places(width: int, titles: int) -> int:
    """How many sparklines stand on the row of a phase, ``titles`` being the widest title (cells)."""
    return max(0, (width - 4 - titles - 1 - FACT) // SLOT)


def line_places(width: int) -> int:
    """How many stand on a line of their own."""
    return max(1, (width - 6) // SLOT)


def extra_lines(section: Section, shot: Snapshot, width: int, titles: int) -> int:
    """How many lines of their own the sparklines of an unfolded phase need below its row."""
    if shot.state.phase_state(section) in {PhaseState.LOCKED, PhaseState.GO}:
        return 0
    left = len([name for name in section.metrics if name in shot.plan.metrics]) - places(width, titles)
    return min(2 if width >= 70 else 1, -(-left // line_places(width))) if left > 0 else 0


def slot(metric: Metric, shot: Snapshot, glyphs: Glyphs, colours: Palette) -> list[Piece]:
    """One sparkline: label, cells, value; exactly ``SLOT`` cells, in two pieces at the most."""
    label = cut(metric.short or metric.id, _LABEL, glyphs).ljust(_LABEL)
    series = shot.readings.series.get(metric.id)
    newest = series.newest if series else None
    if series is None or newest is None:
        return [(f"{label} unknown".ljust(SLOT), colours.dim)]
    drawn = sparkline(series.values[-CELLS * 3 :], CELLS, glyphs)
    value = glyphs.text(compact(newest, metric.unit)).rjust(_VALUE)
    stale = series.age is not None and series.age > 3 * metric.every_seconds + 1
    return [(f"{label} {drawn} {value}  ", colours.dim if stale else colours.plain)]


def compact(value: float, unit: Unit) -> str:
    """A value in at most six cells: ``84ms``, ``412MB``, ``0.04%``."""
    text = show(value, unit).replace(" ", "")
    if cell_len(text) > _VALUE:
        text = text.removesuffix("/s")
    return text if cell_len(text) <= _VALUE else f"{value:.0e}"[:_VALUE]
