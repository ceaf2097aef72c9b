"""Every metric as a plot across the width, with its value, its age, its ends and its limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qudag_tui.core.condition import Threshold, terms
from qudag_tui.core.duration import spoken
from qudag_tui.core.item import Gate
from qudag_tui.core.unit import show
from qudag_tui.tui.widgets.line import Piece, cut, spread
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.plot import plot

if TYPE_CHECKING:
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.snapshot import Snapshot

_PLOT = 4
_TALL_PLOT = 6
# A column stands for so long at least: a plot that moves with every sample of a second writes twice as much as a slow
# link should carry.
_COLUMN_SECONDS = 4


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

    def limits(self, shot: Snapshot) -> dict[str, float]:
        """The limit of each metric: of the gates of the current phase first, then of any gate, then of a trigger."""
        found: dict[str, float] = {}
        current = shot.state.current_phase
        sections = [current] if current else []
        items = [item for section in [*sections, *shot.plan.sections.values()] for item in section.items]
        conditions = [item.spec.condition for item in items if isinstance(item.spec, Gate)]
        conditions.extend(trigger.condition for trigger in shot.plan.triggers if trigger.condition is not None)
        for condition in conditions:
            for term in terms(condition):
                if isinstance(term, Threshold):
                    found.setdefault(term.metric, term.limit)
        return found

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """All blocks are laid out, and those in sight drawn."""
        shot = self.shot
        if shot is None:
            return []
        limits = self.limits(shot)
        measured: list[Metric] = []
        unknown: list[Metric] = []
        for metric in shot.plan.metrics.values():
            series = shot.readings.series.get(metric.id)
            (measured if series is not None and series.newest is not None else unknown).append(metric)
        lines: list[list[Piece]] = []
        self._starts = []
        tall = _TALL_PLOT if height >= (len(measured) * (_TALL_PLOT + 2) + len(unknown) + 2) else _PLOT
        for metric in measured:
            self._starts.append((len(lines), metric.title))
            lines.extend(self._block(metric, shot, width, tall, limits.get(metric.id)))
        if unknown:
            self._starts.append((len(lines), " ".join(metric.title for metric in unknown)))
            lines.append([(" not measured", self.colours.strong)])
            lines.extend(self._unknown(metric, shot, width) for metric in unknown)
        if not lines:
            lines.append([(" this plan has no metrics", self.colours.dim)])
        self._total = len(lines)
        self.top = max(0, min(self.top, self._total - height))
        return lines[self.top : self.top + height]

    def _block(self, metric: Metric, shot: Snapshot, width: int, tall: int, limit: float | None) -> list[list[Piece]]:
        series = shot.readings.series[metric.id]
        newest, known = series.newest or 0.0, [value for value in series.values if value is not None]
        age = f"{spoken(series.age)} old" if series.age is not None else ""
        stale = series.age is not None and series.age > 3 * metric.every_seconds + 1
        span = f"{spoken(len(series.values) * series.seconds)} shown"
        ends = f"{show(min(known), metric.unit)} to {show(max(known), metric.unit)}"
        said = f"limit {show(limit, metric.unit)}   " if limit is not None else ""
        beyond = self._is_beyond(metric, shot)
        title: list[Piece] = [
            (f" {cut(metric.title, max(10, width // 3), self.glyphs)}", self.colours.strong),
            (f"  {show(newest, metric.unit)}", self.colours.wrong if beyond else self.colours.accent),
        ]
        right = cut(f"{said}{ends}   {span}   {age}", width * 2 // 3 - 14, self.glyphs)
        drawn = plot(
            series.values,
            width - 2,
            tall,
            lambda value: show(value, metric.unit),
            glyphs=self.glyphs,
            limit=limit,
            first=series.first,
            least=math.ceil(_COLUMN_SECONDS / series.seconds),
        )
        return [
            spread(title, [(f"{right} ", self.colours.wrong if stale else self.colours.dim)], width, self.glyphs),
            *([(f" {line}", self.colours.plain)] for line in drawn.lines),
            [],
        ]

    def _is_beyond(self, metric: Metric, shot: Snapshot) -> bool:
        failing = (shot.plan.items.get(id_) for id_, seen in shot.readings.gates.items() if seen.verdict == "fail")
        specs = [item.spec for item in failing if item is not None and isinstance(item.spec, Gate)]
        return any(term.metric == metric.id for spec in specs for term in terms(spec.condition))

    def _unknown(self, metric: Metric, shot: Snapshot, width: int) -> list[Piece]:
        standing = shot.readings.metrics.get(metric.id)
        why = (standing.error or standing.line) if standing else ""
        said = f"unknown: {why or 'no sample yet'}"
        return spread(
            [(f"   {cut(metric.title, width // 2, self.glyphs)}", self.colours.plain)],
            [(f"{cut(said, width // 2, self.glyphs)} ", self.colours.dim)],
            width,
            self.glyphs,
        )
