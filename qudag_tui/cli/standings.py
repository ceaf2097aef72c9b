"""What the supervisor last said of gates, triggers and metrics; nothing where there is no supervisor or no sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qudag_tui.core.compared import baseline_level
from qudag_tui.core.gate_said import UNSUPERVISED, GateSaid, gate_said
from qudag_tui.core.item import Item
from qudag_tui.core.observed import MOST_PERIODS, observed_seconds, observers_of
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.run import clock
from qudag_tui.run.standing import Standing, read_standings

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.metric import Metric
    from qudag_tui.core.state import State
    from qudag_tui.run.samples import SampleReader


class Standings:
    """The supervisor's last words, read once.

    ``holder`` is the supervisor there is, as its lock names it; ``supervised`` whether there is one, without which no
    verdict so far counts; ``trouble`` says why they do not although there is one; ``observed_seconds`` is by soak that
    counts.
    """

    def __init__(self, session: Session) -> None:
        """Of the run of ``session``."""
        from qudag_tui.run.samples import SampleReader  # SQLite is loaded only for verbs that need it
        from qudag_tui.run.sampling import sampling_trouble
        from qudag_tui.run.supervision import supervisor_alive, supervisor_holder

        self.supervised = supervisor_alive(session.opened)
        self.holder = supervisor_holder(session.opened) if self.supervised else None
        reader = SampleReader(session.opened)
        try:
            self.gates = read_standings(reader, "gate")
            self.triggers = read_standings(reader, "trigger")
            self.metrics = read_standings(reader, "metric")
            self._forecasts = read_standings(reader, "forecast")
            self._beside = {
                metric.id: newest[0][1]
                for metric in session.plan.metrics.values()
                if metric.concurrent is not None and (newest := reader.latest(part(metric.id, Part.BASELINE)))
            }
            now = clock.now()
            self.trouble = sampling_trouble(reader, session.opened, session.state, now) if self.supervised else ""
            self.observed_seconds = dict(_observed(session, reader))
        finally:
            reader.close()

    def said(self, gate: Item, state: State) -> GateSaid | None:
        """What a gate says now, or None where nobody has looked."""
        seen, soak = self.gates.get(gate.id), state.plan.soak_of(gate)
        so_far = None
        if seen is not None:
            so_far = GateSaid(seen.verdict, seen.error or seen.line, seen.needs, seen.requirements, soak=seen.soak)
        observed = self.observed_seconds.get(soak.id) if soak is not None else None
        unlooked = self.trouble if self.supervised else UNSUPERVISED
        return gate_said(gate, state, so_far, unlooked=unlooked, observed_seconds=observed)

    def forecast(self, gate: Item, state: State) -> Standing | None:
        """Whether a soak that has not begun will do for ``gate``: seconds needed as value, the soak's as limit."""
        soak = state.plan.soak_of(gate)
        if soak is None or soak.id in state.soaks or not self.supervised or state.item_state(gate).is_settled:
            return None
        return self._forecasts.get(gate.id)

    def baseline(self, metric: Metric, state: State) -> float | None:
        """What ``metric`` is compared with now, in its base unit."""
        kept = state.baselines.get(metric.id)
        return baseline_level(metric, kept.captured.level if kept else None, self._beside.get(metric.id))


def _observed(session: Session, reader: SampleReader) -> Iterator[tuple[str, float]]:
    """How much of each soak that counts was observed up to now."""
    state, plan = session.state, session.plan
    for item, soak in state.counting_soaks:
        periods = observers_of(plan, item)
        window = Window(soak.started_run_ns, state.clock.at(clock.now()))
        before = {name: MOST_PERIODS * period_ns(every) for name, every in periods.items()}
        series = {name: reader.window(name, max(0, window.start_ns - before[name]), window.end_ns) for name in periods}
        yield item.id, observed_seconds(series, periods, window)
