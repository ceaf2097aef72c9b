"""Events in words: one sentence each, of plain text that still has to pass ``visible`` where it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.ending import ended_words, outcome_words
from qudag_tui.core.execution import UNDO_OF, label
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.undoing import undone_id

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Event


def _box(plan: Plan, box_id: str) -> str:
    box = plan.boxes.get(box_id)
    return f"“{box.text}”" if box else f"“{box_id}”, which this plan does not have"


def _step(plan: Plan, step_id: str) -> str:
    base = plan.boxes.get(undone_id(step_id))
    return f"“Undo: {base.text}”" if base and step_id != base.id else _box(plan, step_id)


def _section(plan: Plan, section_id: str) -> str:
    section = plan.sections.get(section_id)
    return f"“{section.title}”" if section else f"“{section_id}”"


def _target(plan: Plan, target: str) -> str:
    if target.startswith(UNDO_OF):
        return f"the undo of {_target(plan, target.removeprefix(UNDO_OF))}"
    if target == ROLLBACK:
        return "the rollback"
    procedure = plan.procedures.get(target)
    return f"“{procedure.title}”" if procedure else _box(plan, target)


def _request(plan: Plan, request: int, targets: dict[int, str]) -> str:
    # A final look is asked for as well, and is no execution with a name.
    return _target(plan, targets[request]) if request in targets else f"request {request}"


def _because(reason: str) -> str:
    return f": “{reason}”" if reason else ""


def words(event: Event, plan: Plan, targets: dict[int, str]) -> str:
    """What happened, without who and when. ``targets`` remembers from call to call what each request asked for."""
    fact = event.fact
    match fact:
        case ev.RunCreated():
            over = f" over {fact.previous}" if fact.previous else ""
            return f"opened the run {fact.run}: {fact.release}{over}"
        case ev.RunClosed():
            left = f", {len(fact.left)} boxes left" if fact.left else ""
            return f"closed the run as {fact.outcome}{left}{_because(fact.reason)}"
        case ev.PlanAdopted():
            name = fact.file.rpartition("/")[2] or "a plan"
            return f"adopted {name} as it is now ({fact.plan[:12]}){f': {fact.line}' if fact.line else ''}"
        case ev.ItemTicked():
            return f"ticked {_box(plan, fact.item)}{_because(fact.line)}"
        case ev.ItemUnticked():
            return f"reopened {_box(plan, fact.item)}"
        case ev.ItemMarkedNotApplicable():
            return f"marked {_box(plan, fact.item)} not applicable{_because(fact.reason)}"
        case ev.ItemDeferred():
            return f"deferred {_box(plan, fact.item)} to {_section(plan, fact.to)}{_because(fact.reason)}"
        case ev.ItemOverridden():
            return f"overrode {_box(plan, fact.item)}{_because(fact.reason)}"
        case ev.ItemCommented():
            return f"said of {_box(plan, fact.item)}{_because(fact.text)}"
        case ev.EventUndone():
            return f"took back event {fact.event}, on {_box(plan, fact.item)}"
        case ev.SoakStarted():
            return f"started the soak {_box(plan, fact.item)}"
        case ev.SoakCompleted():
            return f"{_box(plan, fact.item)} completed, {clock(fact.observed_seconds)} observed"
        case ev.SoakExtended():
            gates = " and ".join(_box(plan, gate) for gate in fact.gates)
            return f"extended {_box(plan, fact.item)} by {spoken(fact.seconds)}: {gates} could not tell yet"
        case ev.LookRequested():
            return f"asked for the final look at {_box(plan, fact.item)}"
        case ev.GateJudged():
            return f"final look at {_box(plan, fact.item)}: {fact.verdict}, {fact.line}"
        case ev.GateRegressed():
            return f"saw that {_box(plan, fact.item)} has regressed: {fact.line}"
        case ev.BaselineCaptured():
            metric = plan.metrics.get(fact.metric)
            samples = fact.bins.get("samples", 0)
            again = f", in place of event {fact.replaces}" if fact.replaces else ""
            return f"captured the baseline of “{metric.title if metric else fact.metric}”: {samples} samples{again}"
        case ev.PhaseDecided():
            claimed = f", {len(fact.claimed)} boxes claimed" if fact.claimed else ""
            answer = "Go" if fact.decision == "go" else "No-Go"
            return f"decided {answer} for {_section(plan, fact.phase)}{claimed}{_because(fact.reason)}"
        case ev.PhaseOverridden():
            return f"opened {_section(plan, fact.phase)} out of turn{_because(fact.reason)}"
        case ev.SignedOff():
            return f"signed as {fact.role}{_because(fact.reason)}"
        case ev.UnprotectedAccepted():
            return f"accepted that a logout may end background work{_because(fact.reason)}"
        case ev.RunArmed():
            names = ", ".join(_box(plan, trigger) for trigger in fact.triggers)
            return f"armed the run: {names} may start the rollback{_because(fact.reason)}"
        case ev.RunDisarmed():
            return f"disarmed the run{_because(fact.reason)}"
        case ev.CountdownStopped():
            return f"stopped the countdown of {', '.join(_box(plan, trigger) for trigger in fact.triggers)}"
        case ev.TriggerBreached():
            return f"saw that {_box(plan, fact.trigger)} fired{_because(fact.line)}"
        case ev.TriggerFired():
            return f"saw {_box(plan, fact.trigger)}{_because(fact.line)}"
        case _:
            return _execution_words(event, plan, targets)


def _execution_words(event: Event, plan: Plan, targets: dict[int, str]) -> str:
    fact = event.fact
    match fact:
        case ev.ExecutionRequested():
            targets[event.seq] = label(fact.target, fact.undoes)
            again = " in the place of the request before" if targets.get(fact.stops) == targets[event.seq] else ""
            first = again or (" and stopped what ran" if fact.stops else "")
            alone = f", alone{_because(fact.alone)}" if fact.alone else ""
            return f"asked for {_target(plan, targets[event.seq])}{first}{_because(fact.reason)}{alone}"
        case ev.ApprovalGiven():
            target = _request(plan, fact.request, targets)
            return f"handed in the approval of {target} by {fact.principal}, key {fact.key}"
        case ev.RequestClaimed():
            return f"took on {_request(plan, fact.request, targets)}"
        case ev.RequestExpired():
            return f"{_request(plan, fact.request, targets)} expired: {fact.reason or 'nobody took it on'}"
        case ev.RequestRefused():
            return f"refused {_request(plan, fact.request, targets)}: {fact.reason}"
        case ev.StepConfirmed():
            return f"confirmed that {_step(plan, fact.step)} may start"
        case ev.StepRefused():
            return f"did not start {_step(plan, fact.step)}: {fact.reason}"
        case ev.StepStarted():
            again = f", attempt {fact.attempt}" if fact.attempt > 1 else ""
            return f"started {_step(plan, fact.step)}{again}, pid {fact.pid}"
        case ev.StepEnded():
            unseen = f", {spoken(fact.unseen_seconds)} before this was recorded" if fact.unseen_seconds >= 1 else ""
            return f"{_step(plan, fact.step)} {ended_words(fact)}{unseen}"
        case ev.WatchStarted():
            return f"watches for {_step(plan, fact.step)}"
        case ev.WatchEnded():
            return f"{_step(plan, fact.step)}: {outcome_words(fact.outcome, of_watch=True)}, {fact.line}"
        case ev.StepMarked():
            return f"marked {_step(plan, fact.step)} {fact.outcome}{_because(fact.reason)}"
        case ev.StepSkipped():
            return f"skipped {_step(plan, fact.step)}{_because(fact.reason)}"
        case ev.RetryRequested():
            return f"asked to retry {_step(plan, fact.step)}"
        case ev.AbortRequested():
            return f"aborted {_request(plan, fact.request, targets)}"
        case ev.ExecutionFinished():
            target = _request(plan, fact.request, targets)
            return f"{target} ended: {outcome_words(fact.outcome)}"
        case ev.SupervisorStarted():
            after = f", in place of pid {fact.took_over}, which did not leave in order" if fact.took_over else ""
            return f"the supervisor started, pid {fact.pid}{after}"
        case ev.EnvironmentChecked():
            if not fact.missing:
                return "found every declared name in the supervisor's environment"
            return f"found {', '.join(fact.missing)} missing in the supervisor's environment"
        case ev.SupervisorStopped():
            return "the supervisor stopped"
        case ev.ResumeConfirmed():
            return f"let {_request(plan, fact.request, targets)} go on"
        case _:
            return f"{event.kind} (a kind of event that this version does not know)"
