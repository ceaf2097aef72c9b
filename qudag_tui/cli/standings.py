"""What the supervisor last said of gates, triggers and metrics; nothing where there is no supervisor or no sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qudag_tui.core.compared import baseline_level
from qudag_tui.core.condition import terms
from qudag_tui.core.gate_said import UNSUPERVISED, GateSaid, gate_said
from qudag_tui.core.item import Gate, Item
from qudag_tui.core.observed import MOST_PERIODS, SUPERVISOR, SUPERVISOR_EVERY_SECONDS, observed_seconds
from qudag_tui.core.part import Part, part
from qudag_tui.core.requirement import Requirement, requirements_of
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.metric import Metric
    from qudag_tui.core.state import State
    from qudag_tui.run.samples import SampleReader


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word on one gate, trigger or metric.

    ``value`` and ``limit`` are in the metric's base unit, ``error`` says why there is no value (of a trigger: why it
    cannot be told whether it fires), and ``at`` (RFC 3339) when the value was measured. ``needs``, ``requirements`` and
    ``soak`` (the start of the soak in which it was said; 0 if not told) are a gate's.
    """

    verdict: Verdict = Verdict.UNKNOWN
    line: str = ""
    value: float | None = None
    limit: float | None = None
    error: str = ""
    at: str | None = None
    needs: str = ""
    requirements: tuple[Requirement, ...] = ()
    soak: int = 0


class Standings:
    """The supervisor's last words, read once.

    ``holder`` is the supervisor there is, as its lock names it; ``supervised`` whether there is one, without which no
    verdict so far counts; ``trouble`` says why they do not although there is one; ``observed_seconds`` is by soak that
    counts.
    """

    def __init__(self, session: Session) -> None:
        """Of the run of ``session``."""
        from qudag_tui.run.samples import SampleReader  # noqa: PLC0415  # SQLite is loaded only for verbs that need it
        from qudag_tui.run.sampling import sampling_trouble  # noqa: PLC0415
        from qudag_tui.run.supervision import supervisor_alive, supervisor_holder  # noqa: PLC0415

        self.supervised = supervisor_alive(session.opened)
        self.holder = supervisor_holder(session.opened) if self.supervised else None
        reader = SampleReader(session.opened)
        try:
            self.gates = _all(reader.standings("gate"))
            self.triggers = _all(reader.standings("trigger"))
            self.metrics = _all(reader.standings("metric"))
            self._forecasts = _all(reader.standings("forecast"))
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
            so_far = GateSaid(seen.verdict, seen.line, seen.needs, seen.requirements, soak=seen.soak)
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
    for soak_id, soak in state.soaks.items():
        item = plan.items.get(soak_id)
        if item is None or soak.completed is not None:
            continue
        gates = [below for below in plan.sections[item.section].below(soak_id) if isinstance(below.spec, Gate)]
        named = [term.metric for gate in gates if isinstance(gate.spec, Gate) for term in terms(gate.spec.condition)]
        periods = {name: plan.metrics[name].every_seconds for name in named if name in plan.metrics}
        periods = periods if gates else {SUPERVISOR: SUPERVISOR_EVERY_SECONDS}
        window = Window(soak.started_run_ns, state.clock.at(clock.now()))
        before = {name: MOST_PERIODS * period_ns(every) for name, every in periods.items()}
        series = {name: reader.window(name, max(0, window.start_ns - before[name]), window.end_ns) for name in periods}
        yield soak_id, observed_seconds(series, periods, window)


def _all(payloads: Mapping[str, Mapping[str, Any]]) -> dict[str, Standing]:
    return {name: _standing(payload) for name, payload in payloads.items()}


def _standing(payload: Mapping[str, Any]) -> Standing:
    # A file of the run may hold anything: what is not of the right type is left out.
    verdict = payload.get("verdict")
    return Standing(
        Verdict(verdict) if isinstance(verdict, str) and verdict in set(Verdict) else Verdict.UNKNOWN,
        _text(payload, "line"),
        _number(payload, "value"),
        _number(payload, "limit"),
        _text(payload, "error"),
        _text(payload, "at") or None,
        _text(payload, "needs"),
        requirements_of(payload.get("requirements")),
        round(_number(payload, "soak") or 0),
    )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name, "")
    return value if isinstance(value, str) else ""


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
