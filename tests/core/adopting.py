"""A run in memory that goes on with other plans, and plans to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.checklist import Plan
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.item import Gate, Item
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.unit import Unit
from tests.core.building import Told, decision, gate, manual, plan, section, soak

OTHER = "1" * 64


def measured(followed: Plan, *, counter: str = "cpu", address: str = "http://a", every: float = 5.0) -> Plan:
    """``followed`` with the metric that gates look at, from a source."""
    metric = Metric("cpu", "CPU", MetricKind.GAUGE, Series("node", counter), Unit.PERCENT, every_seconds=every)
    return replace(
        followed, metrics={"cpu": metric}, sources={"node": Source("node", SourceKind.SCRAPE, {"address": address})}
    )


def other(followed: Plan) -> Plan:
    return replace(followed, sha256=OTHER)


class Adopting(Told):
    """A run in memory that may go on with another plan."""

    def __init__(self, followed: Plan) -> None:
        super().__init__(followed)
        self.known: dict[object, Plan] = {followed.key: followed}
        self.state.plans = self.known  # type: ignore[assignment]  # the run's registry, which grows

    def adopt(self, new: Plan, same: Mapping[str, str] | None = None, by: str = "bo") -> ev.Fact | Refusal:
        self.known[new.key] = new
        return self.ask(ask.Adopt(new, self.state.plan.key, "/srv/checklists.toml", same or {}), by)

    def must_adopt(self, new: Plan, same: Mapping[str, str] | None = None) -> None:
        answer = self.adopt(new, same)
        assert isinstance(answer, ev.PlanAdopted), answer

    def soaked(self, *gates: str) -> None:
        """Start the soak ``watch``, and let it complete with a pass of each gate, acknowledged."""
        self.must(ask.Tick("watch"))
        started = self.state.head_seq
        for name in gates:
            assert not isinstance(self.record(ev.GateJudged(name, started, "pass", "fine")), Refusal)
        assert not isinstance(self.record(ev.SoakCompleted("watch", started, 1800.0)), Refusal)
        self.must(*(ask.Tick(name) for name in gates))


def canary(*more: Item, seconds: float = 1800.0, condition: str = "cpu < 80%") -> Plan:
    inner = replace(gate("cpu-ok", under="watch"), spec=Gate(parse_condition(condition), condition))
    items = (manual("deploy"), soak("watch", seconds), inner, *more, decision("go"))
    return measured(plan(section("canary", *items, traffic="10%"), section("after", manual("report"), manual("rest"))))
