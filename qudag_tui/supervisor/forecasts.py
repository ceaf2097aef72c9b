"""How long gates will need, told before their soak has begun."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import thread_time

from qudag_tui.core.forecast import beside_soak, forecast
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item, ItemState, Soak
from qudag_tui.core.slots import Window
from qudag_tui.core.state import State
from qudag_tui.core.verdict import Verdict
from qudag_tui.supervisor.grounds import KEPT_SECONDS, Grounds, metrics_of, payload

# How often, at most: a forecast is of minutes, and takes a thousandth of the time. Where nothing tells yet, sooner.
EVERY_SECONDS = 30.0
_AGAIN_SECONDS = 2.0
_SHARE = 1000
_AT_ONCE_SECONDS = 0.02
# What is called today's rate: no more than is kept in memory anyway.
_RECENT_SECONDS = KEPT_SECONDS


class Forecasts:
    """Looks at the recent past of every gate whose soak is still to come, as if it were the soak."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._waiting: deque[tuple[Item, Gate, Soak]] = deque()
        self._next_ns = 0
        self._every = EVERY_SECONDS
        self._spent = 0.0
        self._known: object = None

    def stand(self, state: State, now: Instant, now_ns: int) -> None:
        """Write them into the standings: whether the soak will do as verdict, seconds needed and seconds given.

        A few gates at a time: nothing else is looked at meanwhile.
        """
        # What somebody has just captured, or a soak that began or was stopped, makes other forecasts at once.
        known = (tuple(each.seq for each in state.baselines.values()), tuple(state.soaks))
        if known != self._known or (not self._waiting and now.boot_ns >= self._next_ns):
            self._waiting, self._known = deque(self._ahead(state)), known
            self._every, self._spent = EVERY_SECONDS, 0.0
        began = thread_time()
        while self._waiting and thread_time() - began < _AT_ONCE_SECONDS:
            self._look(self._waiting.popleft(), state, now, now_ns)
        self._spent += thread_time() - began
        if not self._waiting and self._next_ns <= now.boot_ns:
            self._next_ns = now.boot_ns + round(max(self._every, self._spent * _SHARE) * NANOSECONDS)

    def _look(self, ahead: tuple[Item, Gate, Soak], state: State, now: Instant, now_ns: int) -> None:
        gate, spec, soak = ahead
        window = self._window(spec, soak, state, now_ns)
        found = forecast(
            spec.condition,
            window,
            self._grounds.series(metrics_of(spec.condition), window),
            self._grounds.plan.metrics,
            tolerate=spec.tolerate,
            extend=spec.extend,
            errors=self._grounds.sampler.errors,
            baselines=state.captured,
            phase_seconds=soak.seconds,
        )
        told = beside_soak(found, soak.seconds, spec.extend)
        if told.verdict is Verdict.UNKNOWN:
            self._every = _AGAIN_SECONDS
        self._grounds.evidence.stand("forecast", gate.id, now_ns, payload(told, now))

    def _ahead(self, state: State) -> Iterator[tuple[Item, Gate, Soak]]:
        open_ = {ItemState.OPEN, ItemState.CLAIMED}
        for gate_id, soak in self._grounds.soak_of.items():
            gate = self._grounds.plan.items[gate_id]
            if soak.id in state.soaks or not isinstance(gate.spec, Gate) or not isinstance(soak.spec, Soak):
                continue
            if state.item_state(gate) in open_ and state.item_state(soak) in open_:
                yield gate, gate.spec, soak.spec

    def _window(self, spec: Gate, soak: Soak, state: State, now_ns: int) -> Window:
        """The recent past, at most as long as the soak: from the first sample in it, and after what was captured."""
        names = metrics_of(spec.condition)
        end_ns = self._grounds.settled(names, now_ns)
        start_ns = max(0, end_ns - round(min(soak.seconds, _RECENT_SECONDS) * NANOSECONDS))
        captured = [state.baselines[name].captured.to_ns for name in names if name in state.baselines]
        start_ns = max([start_ns, *captured])
        seen = self._grounds.evidence.series(names, start_ns, end_ns)
        firsts = [samples[0][0] for samples in seen.values() if samples]
        return Window(min(end_ns, max([start_ns, *(first - 1 for first in firsts)])), end_ns)
