"""What gates say of metrics, and as a soak begins, as the widgets need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from qudag_tui.core.condition import AgainstBaseline, Threshold
from qudag_tui.core.event import SoakStarted
from qudag_tui.core.gate_said import by_metric, of_metric
from qudag_tui.core.item import Item, Kind
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.fact import Fact
    from qudag_tui.tui.snapshot import Snapshot


def too_short(fact: Fact, shot: Snapshot) -> str:
    """What is said as a soak starts whose gates, by the forecast, will not pass in it; "" of anything else."""
    if not isinstance(fact, SoakStarted):
        return ""
    soak = shot.plan.items.get(fact.item)
    short = shot.standings.too_short(soak, shot.state) if soak is not None else []
    return f"the soak has started; {'; '.join(short)}" if short else ""


def verdicts_of(gates: Iterable[Item], shot: Snapshot) -> Mapping[str, Verdict]:
    """The worst that ``gates`` say of each metric; what is no gate among them says nothing."""
    sensed = (gate for gate in gates if gate.kind is Kind.GATE)
    return by_metric(((gate, shot.standings.said(gate, shot.state)) for gate in sensed), shot.state)


def verdict_of(metric: str, said: Mapping[str, Verdict], shot: Snapshot) -> Verdict | None:
    """What stands beside a metric whose gates ``said`` this: nothing better than unknown where it is not measured now."""
    series = shot.readings.series.get(metric)
    is_measured = series is not None and series.newest is not None and not series.is_stale
    return of_metric(said.get(metric), is_measured=is_measured and shot.standings.is_live)


def limit_of(term: object, baseline: float | None) -> float | None:
    """The level at which a comparison turns, in the metric's base unit; None where it has none, or none is known."""
    from qudag_tui.core.against import limit_from  # imported where something is compared

    if isinstance(term, Threshold):
        return term.limit
    return limit_from(term, baseline) if isinstance(term, AgainstBaseline) and baseline is not None else None
