"""Final looks: those that somebody asked for, and those at the end of a soak."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from qudag_tui.core import event as ev
from qudag_tui.core.execution import EXPIRES_SECONDS
from qudag_tui.core.extension import AfterLook, after_look
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.item import Gate, Item, Soak
from qudag_tui.core.metric import Metric, MetricKind
from qudag_tui.core.observed import observers_of
from qudag_tui.core.part import Part, part
from qudag_tui.core.phase import SoakProgress
from qudag_tui.core.requirement import plain
from qudag_tui.core.slots import Window, period_ns
from qudag_tui.core.state import State
from qudag_tui.core.verdict import Verdict
from qudag_tui.supervisor.grounds import Grounds, metrics_of, own_window, patience_ns

# A look that somebody asked for expires, and has to say what it can before.
_ASKED_SECONDS = EXPIRES_SECONDS * 2 / 3


class Looks:
    """Which final looks are due, and what they say."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._due: dict[tuple[str, int], int] = {}

    def ready(self, state: State, now: Instant) -> Iterator[ev.Fact]:
        """The facts that are ready to be recorded: looks that were asked for, and soaks that are complete."""
        grounds = self._grounds
        for item_id, asked in list(state.look_requests.items()):
            gate = grounds.plan.items.get(item_id)
            if gate is not None and isinstance(gate.spec, Gate):
                names, now_ns = metrics_of(gate.spec.condition), state.clock.at(now)
                window = own_window(gate.spec, grounds.settled(names, now_ns))
                if self._is_ready(item_id, asked.seq, names, window, now_ns, most_seconds=_ASKED_SECONDS):
                    number = state.next_look(item_id)
                    yield self._look(gate, gate.spec, asked.seq, window, state, look=number)
        for item, soak in state.counting_soaks:
            if isinstance(item.spec, Soak):
                yield from self._soak(item, item.spec, soak, state, state.clock.at(now))

    def _soak(self, item: Item, spec: Soak, soak: SoakProgress, state: State, now_ns: int) -> Iterator[ev.Fact]:
        wanted = spec.seconds + soak.extended_seconds
        if now_ns - soak.started_run_ns < wanted * NANOSECONDS:
            return
        periods = observers_of(self._grounds.plan, item)
        gates = [gate.spec for gate in self._grounds.plan.gates_of(item) if isinstance(gate.spec, Gate)]
        names = dict.fromkeys(name for gate in gates for name in metrics_of(gate.condition))
        window = Window(soak.started_run_ns, self._grounds.settled(names, now_ns))
        observed = self._grounds.observed(periods, window, now_ns)
        if observed < wanted or not self._is_ready(item.id, soak.seq, names, window, now_ns):
            return
        look, open_ = soak.looks + 1, []
        for gate in self._grounds.plan.gates_of(item):
            if not isinstance(gate.spec, Gate):
                continue
            known = self._known(gate, gate.spec, soak, state)
            if known is None:
                fact = self._look(gate, gate.spec, soak.seq, window, state, look=look)
                yield fact
                known = fact
            longer = known.look == look and _is_open(known, gate.spec)
            if longer and not state.item_state(gate).is_settled:
                open_.append(gate.id)
        if open_:
            yield ev.SoakExtended(item.id, soak.seq, look, max(1.0, spec.seconds / 2), tuple(open_))
        else:
            yield ev.SoakCompleted(item.id, soak.seq, round(observed, 3))

    @staticmethod
    def _known(gate: Item, spec: Gate, soak: SoakProgress, state: State) -> ev.GateJudged | None:
        """The look at ``gate`` that stands at this end of ``soak``, or None where one is due."""
        before = state.looks.get(gate.id)
        if before is None or before.judged.request != soak.seq:
            return None
        judged = before.judged
        return None if judged.look <= soak.looks and _is_open(judged, spec) else judged

    def _is_ready(
        self,
        item: str,
        request: int,
        names: Iterable[str],
        window: Window,
        now_ns: int,
        *,
        most_seconds: float = math.inf,
    ) -> bool:
        """Whether a final look may be taken: gaps are filled, and the last slot of what is counted has its sample.

        For a slot that fails it waits for the next one, but not for ever, nor longer than ``most_seconds``: then what is
        missing is missing.
        """
        due_ns = self._due.setdefault((item, request), now_ns)
        metrics = self._grounds.metrics(names)
        if self._grounds.sampler.is_filling([metric.id for metric in metrics]):
            return False
        waited_ns, most_ns = now_ns - due_ns, most_seconds * NANOSECONDS
        return all(self._has_last(one, window) or waited_ns > min(patience_ns(one), most_ns) for one in metrics)

    def _has_last(self, metric: Metric, window: Window) -> bool:
        if metric.kind is not MetricKind.RATIO:
            return True
        every = period_ns(metric.every_seconds)
        last = window.end_ns // every * every
        return bool(self._grounds.series([metric.id], Window(last, last))[part(metric.id, Part.EVENTS)])

    def _look(self, gate: Item, spec: Gate, request: int, window: Window, state: State, *, look: int) -> ev.GateJudged:
        found = self._grounds.judge(gate, spec, window, window.end_ns, state)
        evidence = {**found.evidence, "requirements": plain(found.requirements)}
        return ev.GateJudged(
            gate.id, request, found.verdict.value, found.line, found.value, found.limit, evidence, look
        )


def _is_open(judged: ev.GateJudged, spec: Gate) -> bool:
    """Whether this final look may be followed by another one."""
    if judged.verdict not in set(Verdict):
        return False
    return after_look(Verdict(judged.verdict), judged.look, spec.extend) is AfterLook.EXTENDED
