"""Capturing a baseline: over how long, whether there are samples enough, and what it replaces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Input

from qudag_tui.core.against import lacking
from qudag_tui.core.baseline import LEAST_SAMPLES
from qudag_tui.core.duration import parse_duration
from qudag_tui.core.unit import show
from qudag_tui.run.capturing import captures
from qudag_tui.tui.screens.dialog import Dialog
from qudag_tui.tui.widgets.gate_lines import baseline_words
from qudag_tui.tui.widgets.line import Piece, cut, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qudag_tui.core.baseline import Captured
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.folder import RunFolder

WINDOW = "10m"
_NAME = 26


class BaselineDialog(Dialog[float]):
    """The answer is the window in seconds."""

    def __init__(self, folder: RunFolder, metrics: Sequence[Metric], soaks: Sequence[str]) -> None:
        """Of ``metrics``; ``soaks`` names those that count now, whose gates could not be compared with it."""
        super().__init__("Capture the baseline", [], {"enter": "capture"})
        self.folder, self.metrics, self.soaks = folder, metrics, soaks
        self.seconds: float | None = None
        self.found: dict[str, Captured] = {}

    def fields(self) -> ComposeResult:
        """How far back."""
        yield self.field("window", "10m", WINDOW)

    def on_mount(self) -> None:
        """Look at once; before there is an answer the list says so."""
        super().on_mount()
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look again."""
        event.stop()
        try:
            self.seconds = parse_duration(event.value)
        except ValueError:
            self.seconds = None
        self.found = {}
        self._draw()
        if self.seconds:
            self.run_worker(self._look(self.seconds), group="look", exclusive=True, exit_on_error=False)

    async def _look(self, seconds: float) -> None:
        shot = self.desk.shot
        if shot is None:
            return
        now_ns, since_ns = shot.state.clock.at(shot.now), dict(shot.state.metric_since)
        found = await asyncio.to_thread(captures, self.folder, self.metrics, seconds, now_ns, since_ns)
        self.found = {captured.metric: captured for captured in found}
        self._draw()

    def _draw(self) -> None:
        shot, glyphs, colours = self.desk.shot, self.desk.glyphs, self.desk.colours
        lines: list[list[Piece]] = []
        for metric in self.metrics:
            captured = self.found.get(metric.id)
            is_few = captured is not None and bool(lacking(captured))
            name = cut(metric.title, _NAME - 2, glyphs).ljust(_NAME)
            lines.append([(name, colours.plain), (self._words(metric), colours.wrong if is_few else colours.plain)])
            before = baseline_words(metric, shot) if shot is not None and metric.id in shot.state.baselines else ""
            if before:
                lines.append([(f"  now: {cut(before, self.inner_width - 7, glyphs)}", colours.dim)])
        lines.append([])
        for soak in self.soaks:
            said = f"“{soak}” is counting: its gates cannot be compared with a baseline captured now"
            lines.extend([(part, colours.wrong)] for part in wrapped(said, self.inner_width, glyphs, 4))
        lines.append([(f"recorded as {glyphs.text(self.desk.actor.by)}", colours.dim)])
        # The field is filled in, so that its own hint is never seen.
        self.words.put([*lines, [], [("how far back, such as 10m or 90s:", colours.dim)]])

    def _words(self, metric: Metric) -> str:
        captured = self.found.get(metric.id)
        if captured is None:
            return "" if self.seconds else "a duration is wanted"
        many = f"{captured.samples:,} of {captured.slots:,} samples"
        if captured.samples < LEAST_SAMPLES:
            return f"{many}, {LEAST_SAMPLES} are needed"
        if lacking(captured):
            return f"{many}, too many gaps" if not captured.unobserved else captured.unobserved
        return f"{many}, enough" + (f", {show(captured.level, metric.unit)}" if captured.level is not None else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Only what was measured can be captured."""
        event.stop()
        try:
            seconds = parse_duration(event.value)
        except ValueError as error:
            self.say(str(error))
            return
        if self.found and not any(captured.samples for captured in self.found.values()):
            self.say("nothing was measured of these in that window")
        elif self.desk.pace.is_deliberate:
            self.dismiss(seconds)
