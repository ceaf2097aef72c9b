"""The state of a run: a fold over its plan and its events. Nothing in it is ever saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from qudag_tui.core import fold
from qudag_tui.core.adoption import Adoption, Removed
from qudag_tui.core.arming import Armed, Countdown
from qudag_tui.core.baseline import Captured
from qudag_tui.core.capture import Baseline
from qudag_tui.core.checklist import Plan, PlanKey, Section
from qudag_tui.core.event import Event, RunClosed, RunCreated
from qudag_tui.core.execution import Execution, ExecutionState, StepState
from qudag_tui.core.fold_box import open_next_phases
from qudag_tui.core.instant import Instant, RunClock, moment_of
from qudag_tui.core.item import Comment, Item, ItemState, Kind, Mark
from qudag_tui.core.observation import Fired, Look, Supervisor
from qudag_tui.core.phase import PhaseProgress, PhaseState, SoakProgress
from qudag_tui.core.regression import Regression
from qudag_tui.core.step import Outcome
from qudag_tui.core.undoing import undo_steps
from qudag_tui.core.verdict import Verdict

_MOST_LOOKS = 1000


class State:
    """Where everything stands. One owner applies events in order; everybody else only reads."""

    def __init__(self, plan: Plan, plans: Mapping[PlanKey, Plan] | None = None) -> None:
        """Start with the plan alone: every box open, or claimed where the file says it is done.

        ``plans`` has every plan that an event may adopt, before that event is applied; it is shared, and may grow.
        """
        self.plan = plan
        self.plans: Mapping[PlanKey, Plan] = {} if plans is None else plans
        self.adoptions: list[Adoption] = [Adoption(0, plan)]
        self.removed: dict[str, Removed] = {}
        self.file = ""
        self.run: RunCreated | None = None
        self.created: Instant | None = None
        self.closed: RunClosed | None = None
        self.closed_at: Instant | None = None
        self.read_only = ""
        self.head_seq = 0
        self.last: Event | None = None
        self.clock = RunClock()
        self.marks: dict[str, list[Mark]] = {}
        self.comments: defaultdict[str, list[Comment]] = defaultdict(list)
        self.phases: dict[str, PhaseProgress] = {phase.id: PhaseProgress() for phase in plan.phases}
        self.soaks: dict[str, SoakProgress] = {}
        self.looks: dict[str, Look] = {}
        self.look_requests: dict[str, Event] = {}
        self.regressions: dict[str, Regression] = {}
        self.fired: dict[str, Fired] = {}
        self.trigger_since: dict[str, int] = {}
        self.arming: Armed | None = None
        self.countdowns: dict[str, Countdown] = {}
        self.metric_since: dict[str, int] = {}
        self.source_since: dict[str, int] = {}
        self.began: Instant | None = None
        self.baselines: dict[str, Baseline] = {}
        self.executions: dict[int, Execution] = {}
        self.supervisor: Supervisor | None = None
        self.unprotected_accepted = ""
        self.done: defaultdict[str, int] = defaultdict(int)
        self.total: defaultdict[str, int] = defaultdict(int)
        self.count_again()
        if plan.phases:
            self.phases[plan.phases[0].id].opened = True
            open_next_phases(self)

    def anew(self) -> State:
        """The state of the same run before its first event."""
        return State(self.adoptions[0].plan, self.plans)

    def plan_at(self, seq: int) -> Plan:
        """The plan that was followed when event ``seq`` happened: it has the words for it."""
        return next(adoption.plan for adoption in reversed(self.adoptions) if adoption.seq <= max(seq, 0))

    def apply(self, event: Event) -> None:
        """Fold one more event in. Never raises: what this version does not know makes the run read-only."""
        fold.apply(self, event)

    @property
    def starts(self) -> datetime | None:
        """T, if the run says it in a way that can be read."""
        try:
            return moment_of(self.run.starts) if self.run else None
        except ValueError:
            return None

    @property
    def captured(self) -> dict[str, Captured]:
        """The baselines of this run, by metric, as verdicts take them."""
        return {metric: baseline.captured for metric, baseline in self.baselines.items()}

    # Boxes

    def item_state(self, item: Item) -> ItemState:
        """Where a box stands now."""
        marks = self.marks.get(item.id)
        if marks:
            return marks[-1].state
        return ItemState.CLAIMED if item.claimed else ItemState.OPEN

    def mark(self, item_id: str) -> Mark | None:
        """What was last said of a box in this run."""
        marks = self.marks.get(item_id)
        return marks[-1] if marks else None

    def box_state(self, box: Item) -> ItemState:
        """Like :meth:`item_state`, for triggers and steps of procedures as well."""
        if box.kind is Kind.TRIGGER:
            return ItemState.DONE if box.id in self.fired else self.item_state(box)
        if box.kind is Kind.STEP:
            return self._step_box_state(box)
        return self.item_state(box)

    def _step_box_state(self, box: Item) -> ItemState:
        execution = self.last_execution(box.section)
        step = execution.step(box.id) if execution else None
        if execution is None or step is None:
            return ItemState.CLAIMED if box.claimed else ItemState.OPEN
        progress = execution.of(box.id)
        if progress.undone:
            return ItemState.OPEN
        if progress.state is StepState.SKIPPED or not execution.is_needed(step):
            return ItemState.NOT_APPLICABLE
        if step.steps:
            return ItemState.DONE if execution.is_settled(step) else ItemState.OPEN
        return ItemState.DONE if progress.outcome is Outcome.PASSED else ItemState.OPEN

    def count(self, item: Item, change: int, counter: defaultdict[str, int]) -> None:
        """Add to the counts of everything that holds ``item``: parents, section, checklist and the whole (``""``)."""
        parent = item.parent
        while parent is not None:
            counter[parent] += change
            parent = self.plan.items[parent].parent
        section = self.plan.sections[item.section]
        counter[section.id] += change
        if section.checklist != section.id:
            counter[section.checklist] += change
        counter[""] += change

    def count_again(self) -> None:
        """Count every box of the plan."""
        self.done, self.total = defaultdict(int), defaultdict(int)
        for item in self.plan.items.values():
            self.count(item, 1, self.total)
            if self.item_state(item).counts_as_done:
                self.count(item, 1, self.done)

    def deferred_to(self, section_id: str) -> list[Item]:
        """The boxes that were deferred to a section and are still to be done there."""
        return [
            self.plan.items[item_id]
            for item_id, marks in self.marks.items()
            if marks and marks[-1].state is ItemState.DEFERRED and marks[-1].to == section_id
        ]

    # Phases

    def unsettled(self, section: Section) -> list[Item]:
        """The boxes of a section, but its decisions, that are still open."""
        return [
            item for item in section.items if item.kind is not Kind.DECISION and not self.item_state(item).is_settled
        ]

    def running_soak(self, section: Section) -> Item | None:
        """The soak of a section that counts now."""
        counting = {item.id for item, _ in self.counting_soaks}
        return next((item for item in section.items if item.id in counting), None)

    @property
    def counting_soaks(self) -> list[tuple[Item, SoakProgress]]:
        """The soaks that have begun and are not complete."""
        found = ((self.plan.items.get(id_), soak) for id_, soak in list(self.soaks.items()))
        return [(item, soak) for item, soak in found if item is not None and soak.completed is None]

    def phase_state(self, section: Section) -> PhaseState:
        """Where a phase stands, from its decisions and its boxes."""
        progress = self.phases[section.id]
        if progress.held:
            return PhaseState.HELD
        if not progress.opened:
            return PhaseState.LOCKED
        if progress.is_go:
            return PhaseState.GO
        if self.running_soak(section) is not None:
            return PhaseState.SOAKING
        has_decision = section.first(Kind.DECISION) is not None
        soaks = [item for item in section.items if item.kind is Kind.SOAK]
        soaked = bool(soaks) and all(self.item_state(item).is_settled for item in soaks)
        if has_decision and soaked:
            return PhaseState.DECIDING
        if self.unsettled(section):
            return PhaseState.OPEN
        return PhaseState.DECIDING if has_decision else PhaseState.GO

    @property
    def current_phase(self) -> Section | None:
        """The first phase that is neither locked nor go; the last that is go where there is none."""
        last = None
        for section in self.plan.phases:
            state = self.phase_state(section)
            if state is PhaseState.GO:
                last = section
            elif state is not PhaseState.LOCKED:
                return section
        return last

    @property
    def is_under_way(self) -> bool:
        """Whether the first phase has begun and the run is not closed: the supervisor stays from here."""
        return self.under_way_since is not None

    @property
    def under_way_since(self) -> Instant | None:
        """When the first of the phases began, from which on triggers are watched; None before, and after the close."""
        started = [progress.started for progress in self.phases.values() if progress.started]
        started += [self.began] if self.began is not None else []
        return min(started, key=self.clock.at) if started and self.closed is None else None

    @property
    def armed(self) -> Armed | None:
        """Who lets triggers start the rollback, if anybody does: arming holds for the plan that it was shown with."""
        return self.arming if self.arming is not None and self.arming.plan == self.plan.sha256 else None

    def may_breach(self, trigger_id: str) -> bool:
        """Whether the supervisor still looks for a trigger: until it has measured it, whoever may have reported it."""
        fired = self.fired.get(trigger_id)
        return fired is None or not fired.breached

    # Executing

    def last_execution(self, target: str) -> Execution | None:
        """The newest execution of a procedure or script item that was not refused and did not expire; never an undo."""
        started = (e for e in reversed(self.executions.values()) if e.target == target and not e.undoes)
        never = {ExecutionState.EXPIRED, ExecutionState.REFUSED}
        return next((e for e in started if e.state not in never), None)

    def undoable(self, target: str) -> Execution | None:
        """The newest execution of a procedure or script item that did something which can be taken back."""
        done = (e for e in reversed(self.executions.values()) if e.target == target and not e.undoes)
        return next((e for e in done if undo_steps(e)), None)

    @property
    def in_progress(self) -> Execution | None:
        """What was asked for, runs or waits, and was not aborted: there is never more than one."""
        return next((e for e in self.executions.values() if not e.state.is_over and not e.aborted_by), None)

    @property
    def active_execution(self) -> Execution | None:
        """The one that runs or waits for a person."""
        return next((e for e in self.executions.values() if e.state is ExecutionState.RUNNING), None)

    def open_requests(self) -> Iterator[Execution]:
        """What was asked for and not yet claimed, oldest first."""
        return (e for e in self.executions.values() if e.state is ExecutionState.REQUESTED)

    @property
    def awaiting_approval(self) -> Execution | None:
        """The request that waits for other people."""
        return next((e for e in self.open_requests() if e.awaits_approval), None)

    @property
    def labels(self) -> dict[int, str]:
        """What each request asked for, by its number."""
        return {request: execution.label for request, execution in self.executions.items()}

    @property
    def held_executions(self) -> list[Execution]:
        """What waits for a person since the supervisor's restart."""
        return [e for e in self.executions.values() if e.held and not e.state.is_over and not e.aborted_by]

    def execution_of_step(self, step_id: str) -> Execution | None:
        """The newest execution that holds a step."""
        never = {ExecutionState.EXPIRED, ExecutionState.REFUSED}
        return next((e for e in reversed(self.executions.values()) if e.state not in never and e.step(step_id)), None)

    # Progress

    @property
    def has_pending(self) -> bool:
        """Whether there is work that a supervisor should stay for: a soak, a look, an execution, an armed run."""
        return (
            self.armed is not None
            or any(not e.state.is_over for e in self.executions.values())
            or bool(self.look_requests)
            or bool(self.counting_soaks)
        )

    def gate_verdict(self, item_id: str) -> Verdict | None:
        """The verdict of the last final look, if there was one since the gate was last reopened."""
        look = self.looks.get(item_id)
        return Verdict(look.judged.verdict) if look and look.judged.verdict in set(Verdict) else None

    def next_look(self, item_id: str) -> int:
        """Which look at a gate outside a soak the next one is, from 1; another condition begins anew."""
        look = self.looks.get(item_id)
        # What a forged event says is no reason to leave what floats can hold.
        return min(max(0, look.judged.look), _MOST_LOOKS) + 1 if look else 1

    def regression(self, item_id: str) -> Regression | None:
        """How a gate regressed since its last final look, or None."""
        regression, look = self.regressions.get(item_id), self.looks.get(item_id)
        return regression if regression and look and regression.seen.look == look.seq else None

    def current_item(self) -> Item | None:
        """The next box to do: the first open one of the phase under way, else of all that is not locked."""
        phase = self.current_phase
        if phase is not None and self.is_under_way:
            here = next((item for item in phase.items if self.item_state(item) is ItemState.OPEN), None)
            if here is not None:
                return here
        return next(
            (
                item
                for item in self.plan.items.values()
                if self.item_state(item) is ItemState.OPEN and not self.is_locked(item.section)
            ),
            None,
        )

    def is_locked(self, section_id: str) -> bool:
        """Whether a section is a phase whose turn has not come."""
        progress = self.phases.get(section_id)
        return progress is not None and not progress.opened and not progress.held
