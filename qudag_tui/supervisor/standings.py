"""What is said so far: of every gate that is looked at, of triggers and metrics, for the front ends to read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from time import thread_time
from typing import Any

from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item
from qudag_tui.core.observed import SUPERVISOR
from qudag_tui.core.slots import Window
from qudag_tui.core.state import State
from qudag_tui.run.block import stamp
from qudag_tui.supervisor.forecasts import Forecasts
from qudag_tui.supervisor.grounds import KEPT_SECONDS, Grounds, metrics_of, own_window, payload
from qudag_tui.supervisor.regressions import Regressions
from qudag_tui.supervisor.triggers import Triggers

# How often so-far findings are refreshed at most, and at least: in between they take a hundredth of the time.
SO_FAR_SECONDS = 0.5
_SLOWEST_SECONDS = 5.0
_SHARE = 100


class Standings:
    """Refreshes them where there are new samples and it is time."""

    def __init__(self, grounds: Grounds, triggers: Triggers, regressions: Regressions) -> None:
        self._grounds = grounds
        self._triggers = triggers
        self._regressions = regressions
        self._forecasts = Forecasts(grounds)
        self._seen = -1
        self._next_ns = 0

    def refresh(self, state: State, now: Instant) -> None:
        """Write what is new, and drop from memory what nothing looks back to any more."""
        sampler = self._grounds.sampler
        if self._seen == sampler.changes or now.boot_ns < self._next_ns:
            return
        began = thread_time()
        self._seen = sampler.changes
        now_ns = state.clock.at(now)
        kept: dict[str, int] = {}
        for item in self._grounds.plan.items.values():
            if isinstance(item.spec, Gate):
                window = self._window_of(item, item.spec, state, now_ns)
                if window is not None:
                    found = self._grounds.judge(item, item.spec, window, now_ns, state)
                    said = payload(found, now) | self._said_in(item, state)
                    self._grounds.evidence.stand("gate", item.id, now_ns, said)
                    for name in metrics_of(item.spec.condition):
                        kept[name] = min(kept.get(name, window.start_ns), window.start_ns)
        self._triggers.stand(state, now, now_ns)
        self._metrics(now_ns)
        for name, start in chain(self._triggers.starts(now_ns), self._regressions.starts(state, now_ns)):
            kept[name] = min(kept.get(name, start), start)
        self._forget(kept, state, now_ns)
        pause = min(max(SO_FAR_SECONDS, (thread_time() - began) * _SHARE), _SLOWEST_SECONDS)
        self._next_ns = now.boot_ns + round(pause * NANOSECONDS)
        self._forecasts.stand(state, now, now_ns)

    def _metrics(self, now_ns: int) -> None:
        for metric, reading in self._grounds.sampler.readings.items():
            said: dict[str, Any] = {"value": reading.value, "unit": self._grounds.plan.metrics[metric].unit.value}
            said["error"] = reading.error
            if reading.at is not None:
                said["at"] = stamp(reading.at.wall)
            self._grounds.evidence.stand("metric", metric, now_ns, said)

    def _said_in(self, gate: Item, state: State) -> dict[str, int]:
        """Which start of its soak this is said in: the next one begins with nothing said."""
        soak = self._grounds.soak_of.get(gate.id)
        return {"soak": state.soaks[soak.id].seq} if soak is not None else {}

    def _window_of(self, gate: Item, spec: Gate, state: State, now_ns: int) -> Window | None:
        end_ns = self._grounds.settled(metrics_of(spec.condition), now_ns)
        soak = self._grounds.soak_of.get(gate.id)
        if soak is None:
            return own_window(spec, end_ns)
        progress = state.soaks.get(soak.id)
        if progress is None or progress.completed is not None:
            return None
        return Window(progress.started_run_ns, max(progress.started_run_ns, end_ns))

    def _forget(self, kept: Mapping[str, int], state: State, now_ns: int) -> None:
        slack = round(KEPT_SECONDS * NANOSECONDS)
        soaking = [soak.started_run_ns for _, soak in state.counting_soaks]
        starts: dict[str, int] = {}
        for name, start in kept.items():
            for series in (*self._grounds.ids([name]), *self._grounds.sampler.ids_beside(name)):
                starts[series] = min(start - slack, starts.get(series, start))
        starts[SUPERVISOR] = min([now_ns, *soaking]) - slack
        self._grounds.evidence.keep_from(starts, now_ns - slack)
