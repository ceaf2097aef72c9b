"""How an adopted plan changes the state; total, like all of the fold."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.adoption import RESTORED, Adoption, Carried, Restart, carry
from qudag_tui.core.checklist import plan_key
from qudag_tui.core.definition import metric_change
from qudag_tui.core.fold_arming import disarm
from qudag_tui.core.fold_box import open_next_phases, set_mark
from qudag_tui.core.item import Comment, ItemState, Mark, Script
from qudag_tui.core.phase import PhaseProgress, SoakProgress

if TYPE_CHECKING:
    from qudag_tui.core.adoption_event import PlanAdopted
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Event
    from qudag_tui.core.state import State


def adopted(state: State, event: Event, fact: PlanAdopted) -> None:
    """Go on with the plan that ``fact`` names. One that is not there makes the run read-only."""
    new = state.plans.get(plan_key(fact.plan, fact.vars))
    if new is None:
        state.read_only = f"event {event.seq} adopts a plan that is not among its plans ({fact.plan[:12]})"
        return
    old, carried = state.plan, carry(state, new, fact.same)
    # What may start by itself was shown of the former plan, and its triggers may be others now.
    disarm(state, "another plan was adopted")
    state.plan, state.file = new, fact.file.replace("\0", "\u2400") or state.file
    state.adoptions.append(Adoption(event.seq, new, event.actor.by, event.at, carried.restarts, carried.same.table))
    _carry_marks(state, event, carried)
    _carry_comments(state, carried)
    _carry_phases(state, old, carried)
    _carry_observed(state, event, old, carried)
    for execution in state.executions.values():
        there = new.items.get(carried.same.boxes.get(execution.target, ""))
        if there is not None and isinstance(there.spec, Script):
            execution.target = there.id
    for removed in carried.removed:
        state.removed[removed.id] = replace(removed, seq=event.seq)
    _restore(state, carried)
    state.count_again()
    for restart in carried.restarts:
        _start_again(state, event, restart)
    open_next_phases(state)


def _carry_marks(state: State, event: Event, carried: Carried) -> None:
    marks: dict[str, list[Mark]] = {}
    for id_, said in state.marks.items():
        there = carried.same.boxes.get(id_)
        if there is None:
            continue
        marks[there] = [replace(mark, to=carried.same.section(mark.to)) if mark.to else mark for mark in said]
        if said and said[-1].state is ItemState.DEFERRED:
            to = marks[there][-1].to
            if not to or to == state.plan.items[there].section:
                why = "the section that it was deferred to is gone" if not to else "it is where it was deferred to"
                marks[there].append(Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, why))
    state.marks = marks


def _carry_comments(state: State, carried: Carried) -> None:
    comments: defaultdict[str, list[Comment]] = defaultdict(list)
    for id_, said in state.comments.items():
        # Those of a box that is gone stay under its id, as the journal has them.
        comments[carried.same.boxes.get(id_, id_)].extend(said)
    for remarks in comments.values():
        remarks.sort(key=lambda comment: comment.seq)
    state.comments = comments


def _carry_phases(state: State, old: Plan, carried: Carried) -> None:
    phases = {phase.id: PhaseProgress() for phase in state.plan.phases}
    for phase in old.phases:
        progress, there = state.phases[phase.id], carried.same.section(phase.id)
        if there in phases:
            phases[there] = progress
        elif progress.started is not None and (
            state.began is None or state.clock.at(progress.started) < state.clock.at(state.began)
        ):
            # The deployment goes on although the phase that it began with is gone.
            state.began = progress.started
    state.phases = phases
    if state.plan.phases:
        phases[state.plan.phases[0].id].opened = True


def _carry_observed(state: State, event: Event, old: Plan, carried: Carried) -> None:
    new, ids = state.plan, carried.same.boxes
    state.soaks = {ids[id_]: soak for id_, soak in state.soaks.items() if id_ in ids}
    state.looks = {ids[id_]: look for id_, look in state.looks.items() if id_ in ids}
    state.look_requests = {ids[id_]: asked for id_, asked in state.look_requests.items() if id_ in ids}
    state.regressions = {ids[id_]: seen for id_, seen in state.regressions.items() if id_ in ids}
    state.fired = {ids[id_]: fired for id_, fired in state.fired.items() if id_ in ids}
    state.trigger_since = {ids[id_]: since for id_, since in state.trigger_since.items() if id_ in ids}
    state.baselines = {
        name: baseline
        for name, baseline in state.baselines.items()
        if name in new.metrics and not metric_change(name, old, new)
    }
    now_ns = state.clock.at(event.at)
    state.metric_since = {name: since for name, since in state.metric_since.items() if name in new.metrics}
    state.metric_since |= dict.fromkeys(carried.metrics, now_ns)
    state.source_since = {name: since for name, since in state.source_since.items() if name in new.sources}
    state.source_since |= {
        name: now_ns for name, source in new.sources.items() if old.sources.get(name, source) != source
    }
    state.trigger_since |= dict.fromkeys(carried.triggers, now_ns)


def _restore(state: State, carried: Carried) -> None:
    """A box that comes back under its old id has what people said of it."""
    for id_, item in state.plan.items.items():
        gone = state.removed.get(id_)
        is_back = gone is not None and id_ not in carried.same.came_from
        if gone is not None and is_back and gone.kind is item.kind and item.kind in RESTORED and gone.marks:
            sections = state.plan.sections
            state.marks[id_] = [mark for mark in gone.marks if not mark.to or mark.to in sections]
            del state.removed[id_]


def _start_again(state: State, event: Event, restart: Restart) -> None:
    if restart.is_running:
        soak = state.soaks[restart.id]
        state.soaks[restart.id] = SoakProgress(event.at, state.clock.at(event.at), soak.by, event.seq)
    else:
        state.soaks.pop(restart.id, None)
    for id_ in (restart.id, *restart.gates):
        state.looks.pop(id_, None)
        state.look_requests.pop(id_, None)
        item = state.plan.items[id_]
        standing = state.item_state(item)
        if standing is ItemState.DONE or (standing is ItemState.OPEN and id_ == restart.id):
            set_mark(state, item, Mark(ItemState.OPEN, event.actor.by, event.at, event.seq, restart.why))
