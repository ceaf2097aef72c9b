"""Gates that passed, watched on: over a window of their soak's length that ends now."""

from __future__ import annotations

from collections.abc import Iterator

from qudag_tui.core import event as ev
from qudag_tui.core.condition import AllOf
from qudag_tui.core.extension import REPEATED_ALPHA
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item, Soak
from qudag_tui.core.regression import can_regress
from qudag_tui.core.requirement import plain
from qudag_tui.core.slots import Window
from qudag_tui.core.state import State
from qudag_tui.core.verdict import Verdict
from qudag_tui.supervisor.grounds import Grounds, metrics_of, own_window

# A window is looked at so often while it passes by, but not more than once a second, nor less than once a minute.
_LOOKS_A_WINDOW = 60
_LEAST_SECONDS = 1.0
_MOST_SECONDS = 60.0


class Regressions:
    """Which gates regressed. Only a sure ``fail`` counts, at a trigger's level; to be blind is none."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._next_ns: dict[str, int] = {}

    def seen(self, state: State, now: Instant) -> Iterator[ev.GateRegressed]:
        """Those that are to be recorded, each once a final look."""
        for gate, spec in self._watched(state):
            if now.boot_ns < self._next_ns.get(gate.id, 0):
                continue
            window = self._window(gate, spec, state, state.clock.at(now))
            seconds = (window.end_ns - window.start_ns) / NANOSECONDS / _LOOKS_A_WINDOW
            pause = min(max(seconds, _LEAST_SECONDS), _MOST_SECONDS)
            self._next_ns[gate.id] = now.boot_ns + round(pause * NANOSECONDS)
            # Of several by “and” any fails the gate: together they may err no more often than one.
            joined = len(spec.condition.terms) if isinstance(spec.condition, AllOf) else 1
            found = self._grounds.judge(gate, spec, window, window.end_ns, state, alpha=REPEATED_ALPHA / joined)
            if found.verdict is Verdict.FAIL:
                evidence = {**found.evidence, "requirements": plain(found.requirements)}
                look = state.looks[gate.id].seq
                yield ev.GateRegressed(gate.id, look, found.line, found.value, found.limit, evidence)

    def _watched(self, state: State) -> Iterator[tuple[Item, Gate]]:
        for item_id in list(state.looks):
            gate = self._grounds.plan.items.get(item_id)
            if gate is not None and isinstance(gate.spec, Gate) and can_regress(state, gate):
                soak = self._grounds.soak_of.get(gate.id)
                progress = state.soaks.get(soak.id) if soak is not None else None
                if soak is None or (progress is not None and progress.completed is not None):
                    yield gate, gate.spec

    def _window(self, gate: Item, spec: Gate, state: State, now_ns: int) -> Window:
        end_ns = self._grounds.settled(metrics_of(spec.condition), now_ns)
        soak = self._grounds.soak_of.get(gate.id)
        if soak is None or not isinstance(soak.spec, Soak):
            return own_window(spec, end_ns)
        progress = state.soaks[soak.id]
        long_ns = round((soak.spec.seconds + progress.extended_seconds) * NANOSECONDS)
        return Window(min(end_ns, max(progress.started_run_ns, end_ns - long_ns)), end_ns)

    def starts(self, state: State, now_ns: int) -> Iterator[tuple[str, int]]:
        """The metrics that are looked at, and back to when."""
        for gate, spec in self._watched(state):
            start = self._window(gate, spec, state, now_ns).start_ns
            yield from ((metric.id, start) for metric in self._grounds.metrics(metrics_of(spec.condition)))
