"""What gates say, as the widgets need it: by gate, by metric, and before a soak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from qudag_tui.core.compared import baseline_level
from qudag_tui.core.condition import AgainstBaseline, Threshold
from qudag_tui.core.event import SoakStarted
from qudag_tui.core.gate_said import UNSUPERVISED, GateSaid, by_metric, gate_said, of_metric
from qudag_tui.core.item import Item, Kind
from qudag_tui.core.part import Part, part
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.fact import Fact
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.standing import Standing
    from qudag_tui.tui.snapshot import Snapshot


def said_of(gate: Item, shot: Snapshot) -> GateSaid | None:
    """What a gate says now, or None where nobody has looked."""
    seen, soak = shot.readings.gates.get(gate.id), shot.plan.soak_of(gate)
    so_far = None
    if seen is not None:
        so_far = GateSaid(seen.verdict, seen.error or seen.line, seen.needs, seen.requirements, soak=seen.soak)
    return gate_said(
        gate,
        shot.state,
        so_far,
        unlooked=shot.readings.unstored if shot.readings.supervised else UNSUPERVISED,
        observed_seconds=shot.readings.observed.get(soak.id) if soak is not None else None,
    )


def forecast_of(gate: Item, shot: Snapshot) -> Standing | None:
    """Whether its soak, which has not begun, will do: seconds needed as value, those of the soak as limit."""
    soak = shot.plan.soak_of(gate)
    if soak is None or soak.id in shot.state.soaks or not shot.readings.supervised:
        return None
    return None if shot.state.item_state(gate).is_settled else shot.readings.forecasts.get(gate.id)


def too_short(fact: Fact, shot: Snapshot) -> str:
    """What is said as a soak starts whose gates, by the forecast, will not pass in it; "" of anything else."""
    if not isinstance(fact, SoakStarted):
        return ""
    soak = shot.plan.items.get(fact.item)
    gates = shot.plan.gates_of(soak) if soak is not None else ()
    ahead = [(gate, shot.readings.forecasts.get(gate.id)) for gate in gates]
    short = [f"“{gate.text}”: {said.line}" for gate, said in ahead if said is not None and said.verdict is Verdict.FAIL]
    return f"the soak has started; {'; '.join(short)}" if short else ""


def verdicts_of(gates: Iterable[Item], shot: Snapshot) -> Mapping[str, Verdict]:
    """The worst that ``gates`` say of each metric; what is no gate among them says nothing."""
    sensed = (gate for gate in gates if gate.kind is Kind.GATE)
    return by_metric(((gate, said_of(gate, shot)) for gate in sensed), shot.state)


def verdict_of(metric: str, said: Mapping[str, Verdict], shot: Snapshot) -> Verdict | None:
    """What stands beside a metric whose gates ``said`` this: nothing better than unknown where it is not measured now."""
    series, readings = shot.readings.series.get(metric), shot.readings
    is_measured = series is not None and series.newest is not None and not series.is_stale
    return of_metric(said.get(metric), is_measured=is_measured and bool(readings.supervised) and not readings.unstored)


def baseline_of(metric: Metric, shot: Snapshot) -> float | None:
    """What ``metric`` is compared with now, in its base unit."""
    kept = shot.state.baselines.get(metric.id)
    beside = shot.readings.series.get(part(metric.id, Part.BASELINE))
    return baseline_level(metric, kept.captured.level if kept else None, beside.newest if beside else None)


def limit_of(term: object, baseline: float | None) -> float | None:
    """The level at which a comparison turns, in the metric's base unit; None where it has none, or none is known."""
    from qudag_tui.core.against import limit_from  # imported where something is compared

    if isinstance(term, Threshold):
        return term.limit
    return limit_from(term, baseline) if isinstance(term, AgainstBaseline) and baseline is not None else None
