"""Every metric as a plot across the width: value, verdict, age, its ends, its limit and its baseline."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.duration import spoken
from qudag_tui.core.item import Gate
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.verdicts import verdict_of, verdicts_of
from qudag_tui.tui.widgets.gate_lines import baseline_words, levels_of, most_of
from qudag_tui.tui.widgets.line import Piece, cut, spread
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.plot import plot

if TYPE_CHECKING:
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.widgets.plot import Level

_PLOT = 4
_TALL_PLOT = 6
# A column stands for so long at least: a plot that moves with every sample of a second writes twice as much as a slow
# link should carry.
_COLUMN_SECONDS = 4
# Two lines of words above a plot, and a blank one below it.
_BESIDE = 3


class MetricList(Lines, can_focus=True):
    """Blocks below one another: those that are measured first, then those that are not, with the reason."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Empty until :meth:`show`."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.shot: Snapshot | None = None
        self.top = 0
        self.needle = ""
        self._starts: list[tuple[int, str]] = []
        self._total = 0

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.shot = shot
        self.repaint()

    def scroll(self, by: int) -> None:
        """By lines."""
        self.top = max(0, min(self.top + by, self._total - self.size.height))
        self.repaint()

    def step(self, by: int) -> None:
        """To the start of the next block, or the one before."""
        starts = [start for start, _ in self._starts]
        wanted = [s for s in starts if s > self.top] if by > 0 else [s for s in reversed(starts) if s < self.top]
        if wanted:
            self.scroll(wanted[0] - self.top)

    def find(self, needle: str, direction: int) -> bool:
        """To the next block whose title holds ``needle``."""
        self.needle = needle
        found = [start for start, title in self._starts if needle.casefold() in title.casefold()] if needle else []
        wanted = (
            [s for s in found if s > self.top] or found
            if direction > 0
            else [s for s in reversed(found) if s < self.top] or found
        )
        if wanted:
            self.scroll(wanted[0] - self.top)
        return bool(wanted)

    def levels(self, metric: Metric, shot: Snapshot) -> list[Level]:
        """Limit and baseline: the limit of the gates of the current phase first, then of any gate, then of a trigger."""
        current = shot.state.current_phase
        gates = sorted(shot.plan.gates, key=lambda gate: current is None or gate.section != current.id)
        conditions = [gate.spec.condition for gate in gates if isinstance(gate.spec, Gate)]
        conditions.extend(trigger.condition for trigger in shot.plan.triggers if trigger.condition is not None)
        mine: list[object] = [term for each in conditions for term in terms(each) if term.metric == metric.id]
        return levels_of(metric, mine, shot, self.glyphs)

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """All blocks are laid out, and those in sight drawn."""
        shot = self.shot
        if shot is None:
            return []
        verdicts = verdicts_of(shot.plan.gates, shot)
        measured: list[Metric] = []
        unknown: list[Metric] = []
        for metric in shot.plan.metrics.values():
            series = shot.readings.series.get(metric.id)
            (measured if series is not None and series.newest is not None else unknown).append(metric)
        lines: list[list[Piece]] = []
        self._starts = []
        tall = _TALL_PLOT if height >= (len(measured) * (_TALL_PLOT + _BESIDE) + len(unknown) + 2) else _PLOT
        for metric in measured:
            self._starts.append((len(lines), metric.title))
            lines.extend(self._block(metric, shot, (width, tall), verdict_of(metric.id, verdicts, shot)))
        if unknown:
            self._starts.append((len(lines), " ".join(metric.title for metric in unknown)))
            lines.append([(" not measured", self.colours.strong)])
            lines.extend(self._unknown(metric, shot, width) for metric in unknown)
        if not lines:
            lines.append([(" this plan has no metrics", self.colours.dim)])
        self._total = len(lines)
        self.top = max(0, min(self.top, self._total - height))
        return lines[self.top : self.top + height]

    def _block(
        self, metric: Metric, shot: Snapshot, size: tuple[int, int], verdict: Verdict | None
    ) -> list[list[Piece]]:
        series, colours, (width, tall) = shot.readings.series[metric.id], self.colours, size
        newest, known = series.newest or 0.0, [value for value in series.values if value is not None]
        age = f"{spoken(series.age)} old" if series.age is not None else ""
        stale = series.is_stale
        levels = self.levels(metric, shot)
        fails = verdict is Verdict.FAIL
        title: list[Piece] = [
            (f" {cut(metric.title, max(10, width // 3), self.glyphs)}", colours.strong),
            (f"  {show(newest, metric.unit)}", colours.wrong if fails else colours.accent),
            (f"  {verdict}" if verdict is not None else "", colours.wrong if fails else colours.plain),
        ]
        seen = shot.standings.metrics.get(metric.id)
        error = seen.error if stale and seen is not None and seen.error else ""
        right = cut(f"{error}   {age}".strip(), width // 2, self.glyphs)
        drawn = plot(
            series.values,
            width - 2,
            tall,
            lambda value: show(value, metric.unit),
            glyphs=self.glyphs,
            levels=levels,
            first=series.first,
            least=math.ceil(_COLUMN_SECONDS / series.seconds),
            most=most_of(metric),
        )
        baseline = baseline_words(metric, shot)
        said = [
            *(f"limit {show(level.value, metric.unit)}" for level in levels if level.name == "limit"),
            f"baseline {baseline}" if baseline else "",
            f"{show(min(known), metric.unit)} to {show(max(known), metric.unit)}",
            f"{spoken(len(series.values) * series.seconds)} shown",
            f"{series.backfilled} backfilled" if series.backfilled else "",
        ]
        return [
            spread(title, [(f"{right} ", colours.wrong if stale else colours.dim)], width, self.glyphs),
            [(f" {cut('   '.join(part for part in said if part), width - 2, self.glyphs)}", colours.dim)],
            *([(f" {line}", colours.plain)] for line in drawn),
            [],
        ]

    def _unknown(self, metric: Metric, shot: Snapshot, width: int) -> list[Piece]:
        standing = shot.standings.metrics.get(metric.id)
        why = (standing.error or standing.line) if standing else ""
        said = f"unknown: {why or 'no sample yet'}"
        return spread(
            [(f"   {cut(metric.title, width // 2, self.glyphs)}", self.colours.plain)],
            [(f"{cut(said, width // 2, self.glyphs)} ", self.colours.dim)],
            width,
            self.glyphs,
        )
