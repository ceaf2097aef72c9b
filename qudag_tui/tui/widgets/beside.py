"""The sparklines beside a phase: which metrics, in which order, and each as one piece of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from qudag_tui.core.phase import PhaseState
from qudag_tui.core.unit import Unit, show
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.verdicts import verdict_of, verdicts_of
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

CELLS = 8
_LABEL = 6
_VALUE = 6
_VERDICT = 8
_SHORT_LABEL = 4
NARROW = _SHORT_LABEL + 1 + CELLS + 1 + _VERDICT
SLOT = _LABEL + 1 + CELLS + 1 + _VALUE + 1 + _VERDICT + 2
# A column of words that stays where it is: the longest verdict is cut to it.
_WORDS = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.INCONCLUSIVE: "inconcl.", Verdict.UNKNOWN: "unknown"}
_RANK = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.INCONCLUSIVE: 2}
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


def ordered(section: Section, shot: Snapshot, room: int) -> list[Metric]:
    """The metrics of a phase as in the plan, those that fail first; where there is ``room`` for fewer, the worst first.

    What all have room for keeps its place, so that columns do not jump with every verdict.
    """
    known = [shot.plan.metrics[name] for name in section.metrics if name in shot.plan.metrics]
    verdicts = verdicts_of(section.items, shot)

    def rank(metric: Metric) -> tuple[int, int]:
        series, verdict = shot.readings.series.get(metric.id), verdict_of(metric.id, verdicts, shot)
        is_blind = series is None or series.newest is None
        worse = _RANK.get(verdict, 3) if verdict is not None else 3
        if len(known) > room:
            return worse, int(is_blind)
        return min(worse, 1), int(is_blind)

    return sorted(known, key=rank)


def telling(section: Section, shot: Snapshot) -> Metric | None:
    """The metric of a phase that says the most: the worst; before it is open, the first that is measured."""
    found = ordered(section, shot, 1)
    if shot.state.phase_state(section) is PhaseState.LOCKED:
        series = shot.readings.series
        found.sort(key=lambda metric: metric.id not in series or series[metric.id].newest is None)
    return found[0] if found else None


def places(width: int, titles: int) -> int:
    """How many sparklines stand on the row of a phase, ``titles`` being the widest title (cells)."""
    return max(0, _left(width, titles) // SLOT)


def has_narrow(width: int, titles: int) -> bool:
    """Whether the row of a phase has room for a narrow sparkline, and for no other."""
    return NARROW <= _left(width, titles) < SLOT


def _left(width: int, titles: int) -> int:
    return width - 4 - titles - 1 - FACT


def line_places(width: int) -> int:
    """How many stand on a line of their own."""
    return max(1, (width - 6) // SLOT)


def extra_lines(section: Section, shot: Snapshot, width: int, titles: int) -> int:
    """How many lines of their own the sparklines of an unfolded phase need below its row."""
    if shot.state.phase_state(section) in {PhaseState.LOCKED, PhaseState.GO}:
        return 0
    left = len([name for name in section.metrics if name in shot.plan.metrics]) - places(width, titles)
    return min(2 if width >= 70 else 1, -(-left // line_places(width))) if left > 0 else 0


def room_for(section: Section, shot: Snapshot, width: int, titles: int) -> int:
    """How many sparklines a phase has room for, on its row and below it."""
    return places(width, titles) + extra_lines(section, shot, width, titles) * line_places(width)


def slot(metric: Metric, verdict: Verdict | None, shot: Snapshot, glyphs: Glyphs, colours: Palette) -> list[Piece]:
    """One sparkline: label, cells, value, verdict; exactly ``SLOT`` cells, in two pieces at the most."""
    label = cut(metric.short or metric.id, _LABEL, glyphs).ljust(_LABEL)
    series = shot.readings.series.get(metric.id)
    newest = series.newest if series else None
    if series is None or newest is None:
        return [(f"{label} unknown".ljust(SLOT), colours.dim)]
    drawn = sparkline(series.values[-CELLS * 3 :], CELLS, glyphs)
    value = glyphs.text(compact(newest, metric.unit)).rjust(_VALUE)
    word = (_WORDS[verdict] if verdict is not None else "").ljust(_VERDICT + 2)
    seen = (f"{label} {drawn} {value} ", colours.dim if series.is_stale else colours.plain)
    return [seen, (word, colours.wrong if verdict is Verdict.FAIL else seen[1])]


def narrow(metric: Metric, verdict: Verdict | None, shot: Snapshot, glyphs: Glyphs, colours: Palette) -> Piece:
    """One sparkline for a folded phase, exactly ``NARROW`` cells: what is not a pass stands in place of the value."""
    label = cut(metric.short or metric.id, _SHORT_LABEL, glyphs).ljust(_SHORT_LABEL)
    series = shot.readings.series.get(metric.id)
    newest = series.newest if series else None
    if series is None or newest is None:
        return f"{label} unknown".ljust(NARROW), colours.dim
    drawn = sparkline(series.values[-CELLS * 3 :], CELLS, glyphs)
    worse = verdict if verdict is not Verdict.PASS else None
    said = glyphs.text(compact(newest, metric.unit)) if worse is None else _WORDS[worse]
    style = colours.wrong if verdict is Verdict.FAIL else colours.dim if series.is_stale else colours.plain
    return f"{label} {drawn} {said.rjust(_VALUE)}".ljust(NARROW), style


def compact(value: float, unit: Unit) -> str:
    """A value in at most six cells: ``84ms``, ``412MB``, ``0.04%``."""
    text = show(value, unit).replace(" ", "")
    if cell_len(text) > _VALUE:
        text = text.removesuffix("/s")
    return text if cell_len(text) <= _VALUE else f"{value:.0e}"[:_VALUE]
