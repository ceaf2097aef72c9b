"""What the supervisor last said of gates, triggers and metrics; nothing where there is no supervisor or no sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qudag_tui.core.condition import terms
from qudag_tui.core.item import Gate
from qudag_tui.core.observed import MOST_PERIODS, SUPERVISOR, SUPERVISOR_EVERY_SECONDS, observed_seconds
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.run.samples import SampleReader


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word on one gate, trigger or metric.

    ``value`` and ``limit`` are in the metric's base unit, ``error`` says why there is no value, and ``at`` (RFC 3339)
    when the value was measured.
    """

    verdict: Verdict = Verdict.UNKNOWN
    line: str = ""
    value: float | None = None
    limit: float | None = None
    error: str = ""
    at: str | None = None


class Standings:
    """The supervisor's last words, read once.

    ``holder`` is the supervisor there is, as its lock names it; ``supervised`` whether there is one, without which no
    verdict so far counts; ``observed_seconds`` is by soak that counts.
    """

    def __init__(self, session: Session) -> None:
        """Of the run of ``session``."""
        from qudag_tui.run.samples import SampleReader  # noqa: PLC0415  # SQLite is loaded only for verbs that need it
        from qudag_tui.run.supervision import supervisor_alive, supervisor_holder  # noqa: PLC0415

        self.supervised = supervisor_alive(session.opened)
        self.holder = supervisor_holder(session.opened) if self.supervised else None
        reader = SampleReader(session.opened)
        try:
            self.gates = _all(reader.standings("gate"))
            self.triggers = _all(reader.standings("trigger"))
            self.metrics = _all(reader.standings("metric"))
            self.observed_seconds = dict(_observed(session, reader))
        finally:
            reader.close()


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
    )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name, "")
    return value if isinstance(value, str) else ""


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
