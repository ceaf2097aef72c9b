"""What the samples say of gates, triggers and watches: standings while it is open, facts when it is final."""

from __future__ import annotations

from collections.abc import Iterator

from qudag_tui.core import event as ev
from qudag_tui.core.checklist import Plan
from qudag_tui.core.due import JudgeWatch
from qudag_tui.core.instant import Instant
from qudag_tui.core.judge import holds
from qudag_tui.core.slots import Window
from qudag_tui.core.state import State
from qudag_tui.core.verdict import Verdict
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.grounds import Grounds, metrics_of, payload
from qudag_tui.supervisor.looks import Looks
from qudag_tui.supervisor.regressions import Regressions
from qudag_tui.supervisor.sampler import Sampler
from qudag_tui.supervisor.standings import Standings
from qudag_tui.supervisor.triggers import Triggers


class Judging:
    """Looks at the samples of one run; records nothing itself."""

    def __init__(self, plan: Plan, sampler: Sampler, evidence: Evidence) -> None:
        self._grounds = Grounds(plan, sampler, evidence)
        self._looks = Looks(self._grounds)
        self._triggers = Triggers(self._grounds)
        self._regressions = Regressions(self._grounds)
        self._standings = Standings(self._grounds, self._triggers, self._regressions)

    def final(self, state: State, now: Instant) -> Iterator[ev.Fact]:
        """The facts that are ready to be recorded: looks that were asked for, and soaks that are complete."""
        return self._looks.ready(state, now)

    def breached(self, state: State, now: Instant) -> Iterator[ev.TriggerBreached]:
        """The triggers that fire: watched from the first phase to the run's close, each until somebody reopens it."""
        return self._triggers.breached(state, now)

    def regressed(self, state: State, now: Instant) -> Iterator[ev.GateRegressed]:
        """The gates whose final look passed and that surely fail now."""
        return self._regressions.seen(state, now)

    def so_far(self, state: State, now: Instant) -> None:
        """Refresh the standings, where there are new samples and it is time."""
        self._standings.refresh(state, now)

    def watch(self, action: JudgeWatch, state: State, now: Instant) -> ev.WatchEnded | None:
        """How a watched step ended, or None while it is watched."""
        step, until = action.step, action.step.until
        since = action.execution.of(step.id).since
        if until is None or since is None:
            return None
        grounds, now_ns = self._grounds, state.clock.at(now)
        names = metrics_of(until.condition)
        window = Window(state.clock.at(since), grounds.settled(names, now_ns))
        found = holds(
            until.condition,
            window,
            grounds.series(names, window),
            grounds.plan.metrics,
            errors=grounds.sampler.errors,
            baselines=state.captured,
            restarts=grounds.sampler.restarts(names, window),
        )
        grounds.evidence.stand("watch", step.id, now_ns, payload(found, now))
        if found.verdict is Verdict.PASS:
            outcome = "passed"
        elif action.left_seconds <= 0:
            outcome = "failed"
        else:
            return None
        return ev.WatchEnded(step.id, action.execution.request, outcome, found.verdict.value, found.line)
