"""The pane at the right: all that is known of the row under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.duration import spoken
from qudag_tui.core.item import Gate, Item, ItemState, Kind, Script, Signoff, Soak
from qudag_tui.core.narration import words
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.regression import unanswered
from qudag_tui.core.rows import Row, RowKind
from qudag_tui.core.unit import show
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.facts import box_fact, due_fact, section_fact, time_of
from qudag_tui.tui.widgets.line import NO_STYLE, Piece, cut, wrapped
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.plot import plot
from qudag_tui.tui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.event import Event
    from qudag_tui.core.metric import Metric
    from qudag_tui.tui.history import History
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.widgets.plot import Level

_PLOT_LINES = 7
_MOST_LISTED = 8


class Detail(Lines):
    """Draws beside the tree; follows its cursor a little later, so that a held key costs nothing here."""

    DEFAULT_CSS = "Detail { width: 46; height: 1fr; }"

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Empty until :meth:`show`."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.row: Row | None = None
        self.shot: Snapshot | None = None
        self.history: History | None = None
        self.plots = True

    def show(self, row: Row | None, shot: Snapshot, history: History) -> None:
        """Draw what is known of ``row``."""
        self.row, self.shot, self.history = row, shot, history
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The rule at the left, then the text."""
        inner = width - 3
        lines = self.text(inner, height) if self.shot is not None and self.row is not None and inner > 8 else []
        lines = lines[:height] + [[] for _ in range(height - len(lines))]
        return [[(f"{self.glyphs.upright} ", self.colours.dim), *line] for line in lines]

    def text(self, width: int, height: int, *, plots: bool = True) -> list[list[Piece]]:
        """All that is known of the row, in lines of ``width`` cells; ``height`` is what it may take."""
        self.plots = plots
        row, shot = self.row, self.shot
        if row is None or shot is None:
            return []
        title = [[(line, self.colours.strong)] for line in wrapped(row.text, width, self.glyphs, 4)]
        if row.kind in {RowKind.BOX, RowKind.REFERENCE}:
            return [*title, *self._box(shot.plan.items[row.id], width, height - len(title))]
        if row.kind in {RowKind.SECTION, RowKind.SERIES} and row.id in shot.plan.sections:
            return [*title, *self._section(shot.plan.sections[row.id], width)]
        if row.kind is RowKind.CHECKLIST:
            return [*title, self._pair("done", f"{shot.state.done[row.id]} of {shot.state.total[row.id]}", width)]
        return title

    # Parts

    def _pair(self, name: str, value: str, width: int) -> list[Piece]:
        return [(f"{name:<10}", self.colours.dim), (cut(value, width - 10, self.glyphs), NO_STYLE)]

    def _paragraph(self, name: str, text: str, width: int, at_most: int = 4) -> list[list[Piece]]:
        lines = wrapped(text, width - 10, self.glyphs, at_most)
        return [
            [(f"{name if number == 0 else '':<10}", self.colours.dim), (line, NO_STYLE)]
            for number, line in enumerate(lines)
        ]

    def _box(self, item: Item, width: int, height: int) -> list[list[Piece]]:
        shot = self.shot
        if shot is None:
            return []
        lines: list[list[Piece]] = [[]]
        state, mark = shot.state.item_state(item), shot.state.mark(item.id)
        if isinstance(item.spec, Gate):
            lines.extend(self._gate(item, item.spec, width))
        elif isinstance(item.spec, Soak):
            lines.append(self._pair("soak", f"{spoken(item.spec.seconds)} of observed time", width))
            if item.id in shot.state.soaks and not state.is_settled:
                lines.append(self._pair("so far", box_fact(item, shot).wordings[0], width))
        elif isinstance(item.spec, Script):
            lines.extend(self._paragraph("runs", " ".join(item.spec.step.run) or "a watch", width))
            execution = shot.state.last_execution(item.id)
            if execution is not None and execution.of(item.id).attempts:
                lines.extend(self._paragraph("printed", f"qudag-tui output {item.id}", width))
        elif isinstance(item.spec, Signoff):
            lines.append(self._pair("role", item.spec.role, width))
        if item.kind is Kind.DECISION:
            lines.extend(self._needed(shot.plan.sections[item.section], width))
        lines.append(self._pair("is", state, width))
        if mark is not None and state is not ItemState.OPEN:
            lines.append(self._pair("by", f"{mark.by}, {time_of(mark.at.wall, shot.now.wall)} UTC", width))
        if mark is not None and mark.reason:
            lines.extend(self._paragraph("because", mark.reason, width))
        if mark is not None and mark.to and mark.to in shot.plan.sections:
            lines.extend(self._paragraph("to", shot.plan.sections[mark.to].title, width))
        if item.note:
            lines.extend(self._paragraph("note", item.note, width, 8))
        lines.extend(self._past(item, width, max(3, height - len(lines) - 1)))
        return lines

    def _gate(self, item: Item, gate: Gate, width: int) -> list[list[Piece]]:
        shot = self.shot
        if shot is None:
            return []
        from qudag_tui.tui.widgets.gate_lines import gate_lines, levels_of  # when a gate is looked at

        each: list[object] = list(terms(gate.condition))
        first = next(iter(terms(gate.condition)))
        metric = shot.plan.metrics.get(first.metric)
        lines: list[list[Piece]] = []
        if metric is not None and self.plots:
            mine = [term for term in each if getattr(term, "metric", "") == metric.id]
            lines.extend(self._plot(metric, levels_of(metric, mine, shot, self.glyphs), width))
        return [*lines, *gate_lines(item, shot, self.glyphs, self.colours, width)]

    def _plot(self, metric: Metric, levels: list[Level], width: int) -> list[list[Piece]]:
        shot = self.shot
        series = shot.readings.series.get(metric.id) if shot else None
        newest = series.newest if series else None
        if shot is None or series is None or newest is None:
            why = shot.standings.metrics.get(metric.id) if shot else None
            return self._paragraph(
                metric.short or "metric", f"unknown: {why.error if why and why.error else 'no sample yet'}", width
            )
        from qudag_tui.tui.widgets.gate_lines import most_of

        drawn = plot(
            series.values,
            width,
            _PLOT_LINES,
            lambda value: show(value, metric.unit),
            glyphs=self.glyphs,
            levels=levels,
            most=most_of(metric),
        )
        lines: list[list[Piece]] = [[(line, NO_STYLE)] for line in drawn]
        now = show(newest, metric.unit)
        limit = next((level.value for level in levels if level.name == "limit"), None)
        said = f"{now}, limit {show(limit, metric.unit)}" if limit is not None else now
        age = f", {spoken(series.age)} old" if series.age is not None and series.age > 3 * metric.every_seconds else ""
        return [*lines, [], self._pair("now", said + age, width)]

    def _section(self, section: Section, width: int) -> list[list[Piece]]:
        shot = self.shot
        if shot is None:
            return []
        fact = section_fact(section, shot)
        lines: list[list[Piece]] = [[]]
        if section.id in shot.state.phases:
            lines.append(self._pair("is", shot.state.phase_state(section), width))
            lines.append(self._pair("traffic", section.traffic, width))
            held = shot.state.phases[section.id].held
            if held:
                lines.extend(self._paragraph("held by", held, width))
        elif fact.wordings[0]:
            lines.append(self._pair("is", fact.wordings[0], width))
        lines.append(self._pair("done", f"{shot.state.done[section.id]} of {shot.state.total[section.id]}", width))
        due = due_fact(section, shot)
        if due is not None:
            lines.append(self._pair("time", due.wordings[0], width))
        for name in section.metrics:
            metric = shot.plan.metrics.get(name)
            if metric is not None:
                lines.append(self._metric(metric, shot, width))
        if section.id in shot.state.phases:
            lines.extend(self._warned(section, shot, width))
        if section.id in shot.state.phases:
            lines.extend([[], *self._needed(section, width)])
        lines.extend(self._past_of(section.id, width, 6))
        return lines

    def _warned(self, section: Section, shot: Snapshot, width: int) -> list[list[Piece]]:
        """Gates that regressed after their Go, on the current phase; and gates that the coming soak is too short for."""
        lines: list[list[Piece]] = []
        for gate, regression in unanswered(shot.state) if section is shot.state.current_phase else []:
            when = time_of(regression.at.wall, shot.now.wall)
            said = f"{when} “{gate.text}” of {shot.plan.sections[gate.section].title}: {regression.seen.line}"
            lines.extend(self._paragraph("regressed", said, width))
        told = [
            (gate, shot.standings.forecast(gate, shot.state)) for gate in section.items if isinstance(gate.spec, Gate)
        ]
        for gate, ahead in told:
            if ahead is not None and ahead.verdict is Verdict.FAIL:
                lines.extend(self._paragraph("forecast", f"“{gate.text}”: {ahead.line}", width))
        needed = [
            ahead.value for _, ahead in told if ahead and ahead.verdict is Verdict.PASS and ahead.value is not None
        ]
        if needed:
            others = "the others need" if len(needed) < len(told) else "its gates need"
            said = f"at today's rate {others} at most {spoken(max(needed))} of the soak"
            lines.extend(self._paragraph("forecast", said, width))
        return [[], *lines] if lines else []

    def _metric(self, metric: Metric, shot: Snapshot, width: int) -> list[Piece]:
        series = shot.readings.series.get(metric.id)
        name = cut(metric.short or metric.id, 9, self.glyphs)
        newest = series.newest if series else None
        if series is None or newest is None:
            return self._pair(name, "unknown", width)
        cells = max(8, width - 20)
        return self._pair(
            name, f"{sparkline(series.values[-cells * 2 :], cells, self.glyphs)} {show(newest, metric.unit):>9}", width
        )

    def _needed(self, section: Section, width: int) -> list[list[Piece]]:
        shot = self.shot
        if shot is None or shot.state.phase_state(section) in {PhaseState.GO, PhaseState.LOCKED}:
            return []
        left = shot.state.unsettled(section)
        if not left:
            return [[("all its boxes are settled", NO_STYLE)], []]
        lines: list[list[Piece]] = [[(f"a Go needs {len(left)} more:", self.colours.dim)]]
        lines.extend([(f"  {cut(item.text, width - 2, self.glyphs)}", NO_STYLE)] for item in left[:_MOST_LISTED])
        if len(left) > _MOST_LISTED:
            lines.append([(f"  and {len(left) - _MOST_LISTED} more", self.colours.dim)])
        return [*lines, []]

    def _past(self, item: Item, width: int, room: int) -> list[list[Piece]]:
        shot = self.shot
        comments = shot.state.comments.get(item.id, []) if shot else []
        lines: list[list[Piece]] = []
        if shot is not None and comments:
            lines.append([])
            for comment in comments[-4:]:
                when = time_of(comment.at.wall, shot.now.wall)
                lines.append([(cut(f"{when}  {comment.by}", width, self.glyphs), self.colours.dim)])
                lines.extend(
                    [(f"  {line}", NO_STYLE)] for line in wrapped(f"“{comment.text}”", width - 2, self.glyphs, 3)
                )
        return [*lines, *self._past_of(item.id, width, max(2, room - len(lines)))]

    def _past_of(self, id_: str, width: int, room: int) -> list[list[Piece]]:
        shot, history = self.shot, self.history
        events: list[Event] = history.of(id_) if history else []
        if shot is None or not events:
            return []
        lines: list[list[Piece]] = [[]]
        title = shot.plan.boxes[id_].text if id_ in shot.plan.boxes else shot.plan.sections[id_].title
        for event in events[-room:]:
            when = time_of(event.at.wall, shot.now.wall)
            said = words(event, shot.state.plan_at(event.seq), {}).replace(f"“{title}”", "it")
            said = said.replace("the soak it", "the soak")
            lines.append([(cut(f"{when}  {event.actor.by}  {said}", width, self.glyphs), self.colours.dim)])
        return lines
