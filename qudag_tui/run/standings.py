"""Everything that the supervisor last said, and whether that still counts: what every front end shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from qudag_tui.core.compared import baseline_level
from qudag_tui.core.gate_said import UNSUPERVISED, GateSaid, gate_said
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.observed import MOST_PERIODS, observed_seconds
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.core.verdict import Verdict
from qudag_tui.run.standing import Standing, standing_of

if TYPE_CHECKING:
    from qudag_tui.core.item import Item
    from qudag_tui.core.metric import Metric
    from qudag_tui.core.state import State
    from qudag_tui.core.trigger import Trigger
    from qudag_tui.run.samples import SampleReader, StandingKind


@lean_dataclass(frozen=True, slots=True)
class Standings:
    """The last words, by the id of what they are about; ``beside`` is the newest value of each concurrent baseline.

    ``observed_seconds`` is how much of each soak that counts was observed. ``supervised`` says whether there is a
    supervisor, without which no verdict so far counts; it is None where nobody has looked, or where it cannot be told.
    ``trouble`` is since when it has stored nothing, and why; then all of this is as old.
    """

    gates: Mapping[str, Standing] = field(default_factory=dict)
    triggers: Mapping[str, Standing] = field(default_factory=dict)
    metrics: Mapping[str, Standing] = field(default_factory=dict)
    watches: Mapping[str, Standing] = field(default_factory=dict)
    forecasts: Mapping[str, Standing] = field(default_factory=dict)
    beside: Mapping[str, float] = field(default_factory=dict)
    observed_seconds: Mapping[str, float] = field(default_factory=dict)
    supervised: bool | None = None
    trouble: str = ""

    @property
    def is_live(self) -> bool:
        """Whether what is said is of now: there is a supervisor, and it stores what it measures."""
        return bool(self.supervised) and not self.trouble

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
        return self.forecasts.get(gate.id)

    def too_short(self, soak: Item, state: State) -> list[str]:
        """What is said as ``soak`` starts: the forecast of each of its gates that will not pass in it."""
        if not self.supervised:
            return []
        open_gates = (gate for gate in state.plan.gates_of(soak) if not state.item_state(gate).is_settled)
        ahead = ((gate, self.forecasts.get(gate.id)) for gate in open_gates)
        return [f"“{gate.text}”: {said.line}" for gate, said in ahead if said and said.verdict is Verdict.FAIL]

    def blind(self, trigger: Trigger) -> str:
        """Why it cannot be told whether ``trigger`` fires; "" where it can, was not looked at yet, or only a person tells."""
        if trigger.condition is None:
            return ""
        if not self.supervised:
            return UNSUPERVISED
        seen = self.triggers.get(trigger.id)
        return self.trouble or (seen.error if seen is not None else "")

    def baseline(self, metric: Metric, state: State) -> float | None:
        """What ``metric`` is compared with now, in its base unit; None where that is not known."""
        kept = state.baselines.get(metric.id)
        return baseline_level(metric, kept.captured.level if kept else None, self.beside.get(metric.id))


def read_standings(
    samples: SampleReader,
    *,
    beside: Mapping[str, float],
    observed_seconds: Mapping[str, float],
    supervised: bool | None,
    trouble: str,
) -> Standings:
    """All of them, with what else is known. Reads the disk; what cannot be read is left out."""

    def of(kind: StandingKind) -> dict[str, Standing]:
        return {name: standing_of(said) for name, said in samples.standings(kind).items()}

    each = (of("gate"), of("trigger"), of("metric"), of("watch"), of("forecast"))
    return Standings(*each, beside, observed_seconds, supervised, trouble)


def read_observed(samples: SampleReader, periods: Mapping[str, float], window: Window, until_ns: int) -> float:
    """Seconds of ``window`` that the metrics of ``periods`` (seconds) observed, by their samples up to ``until_ns``.

    Reads the disk.
    """
    series = {
        name: samples.window(name, max(0, window.start_ns - MOST_PERIODS * period_ns(every)), until_ns)
        for name, every in periods.items()
    }
    return observed_seconds(series, periods, window)
