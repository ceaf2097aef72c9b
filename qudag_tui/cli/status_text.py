"""``status`` for people: the run, what runs, and every box with its id; and one line for tmux."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.readiness import readiness_lines, readiness_of
from qudag_tui.cli.status_json import run_state, who_and_when
from qudag_tui.cli.trigger_json import blind_because
from qudag_tui.core.approval import alone_executions, alone_words, waits_words
from qudag_tui.core.arming import armed_words, counting, offered_only
from qudag_tui.core.duration import clock, relative, spoken
from qudag_tui.core.ending import ended_words, outcome_words
from qudag_tui.core.execution import Execution, StepState
from qudag_tui.core.item import Item, ItemState, Kind, Soak
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.printable import for_tmux
from qudag_tui.core.readiness import is_called_for
from qudag_tui.core.regression import outstanding, unanswered
from qudag_tui.core.step import Outcome
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.adoption import Removed
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State
    from qudag_tui.run.folder import RunFolder
    from qudag_tui.run.lock import Holder
    from qudag_tui.run.standings import Standings

_MARKS = {
    ItemState.OPEN: " ",
    ItemState.DONE: "x",
    ItemState.CLAIMED: "?",
    ItemState.NOT_APPLICABLE: "-",
    ItemState.DEFERRED: ">",
    ItemState.OVERRIDDEN: "!",
}
_TEXT_COLUMNS = 56


def status_lines(session: Session, standings: Standings, now: Instant) -> Iterator[str]:
    """The whole run, a line a box: mark, text, what is known of it, and its id last."""
    state, plan = session.state, session.plan
    yield from _head(session, standings, now)
    yield from _alarms(state, standings, now)
    yield from _unready(session, bool(standings.supervised), now)
    for execution in state.executions.values():
        if not execution.state.is_over:
            hint = " (approve --show)" if execution.awaits_approval else ""
            yield f"  {execution_line(execution, now, supervised=standings.supervised)}{hint}"
            for one in execution.approvals.given:
                yield f"    approved by {one.principal} at {one.at.wall:%H:%M:%S}, key {one.key}"
            yield from (f"    {line}" for line in failure_of(execution, session.opened))
    for execution in alone_executions(state):
        yield f"  {execution.target}, started by {alone_words(execution)}"
    for checklist in plan.checklists:
        yield ""
        yield f"{checklist.title}  {state.done[checklist.id]}/{state.total[checklist.id]}"
        for section in checklist.sections:
            indent = "  "
            if not section.implicit:
                count = f"{state.done[section.id]}/{state.total[section.id]}"
                phase = f"  {_phase_words(session, section.id)}" if section.is_phase else ""
                yield f"  {section.title}{phase}  {count}  {section.id}"
                indent = "    "
            yield from (_box_line(item, indent, session, standings, now) for item in section.items)
    if plan.triggers:
        yield ""
        yield "Triggers"
        boxes = plan.boxes
        yield from (_box_line(boxes[trigger.id], "  ", session, standings, now) for trigger in plan.triggers)
    for procedure in plan.procedures.values():
        yield ""
        yield f"{procedure.title}  {procedure.id}"
        for step in procedure.walk():
            yield _box_line(plan.boxes[step.id], "  ", session, standings, now)
    if state.removed:
        yield ""
        yield "No longer in the plan"
        yield from (f"  {_gone_words(removed)}" for removed in state.removed.values())
    if plan.notes:
        yield ""
        yield "Notes"
        yield from (f"  {note}" for note in plan.notes)


def _head(session: Session, standings: Standings, now: Instant) -> Iterator[str]:
    from qudag_tui.run.supervision import supervisor_holder

    state, created = session.state, session.state.run
    release = created.release if created else ""
    over = f" over {created.previous}" if created and created.previous else ""
    yield f"{session.plan.title}  {release}{over}  {run_state(state)}  {session.opened.id}"
    supervisor = "supervised" if standings.supervised else "" if session.opened.is_unknown else "no supervisor"
    holder = supervisor_holder(session.opened) if standings.supervised else None
    if holder is not None:
        supervisor += f" ({held_by(holder)})"
    yield f"{state.done['']} of {state.total['']} done  {since_start(state, now)}  {supervisor}".rstrip()
    read_only = state.read_only or session.opened.read_only
    if read_only:
        yield f"read-only: {read_only}"
    if session.run.altered:
        yield f"{len(session.run.altered)} events of the journal were altered: verify names them"


def held_by(holder: Holder) -> str:
    """Which process executes, as whom, since when, and what for."""
    return f"process {holder.pid} of {holder.login} since {holder.since[:19].replace('T', ' ')} UTC, to {holder.aim}"


def _alarms(state: State, standings: Standings, now: Instant) -> Iterator[str]:
    """What is armed, what counts down, what fired or regressed, and what keeps the supervisor from telling anything."""
    if state.armed is not None:
        alone = "; without a supervisor no trigger starts anything" if standings.supervised is False else ""
        yield f"{armed_words(state)} ({state.armed.at.wall:%H:%M}){alone}: arm --off disarms it"
    counted = counting(state, now) if standings.supervised else []
    for countdown in counted:
        text = state.plan.trigger_index[countdown.trigger].text
        yield f"ROLLBACK IN {spoken(countdown.left_seconds(now))}: {text}, {countdown.line}; abort stops it"
    if state.closed is None:
        for trigger, fired in offering(state):
            if any(countdown.trigger == trigger.id for countdown in counted):
                continue
            how = "FIRED" if fired.breached else f"REPORTED by {fired.by}"
            yield f"{how} {fired.at.wall:%H:%M}: {reason_of(trigger, fired.line)}; rollback starts it"
        for gate, regression in unanswered(state):
            yield f"REGRESSED after the Go, {regression.at.wall:%H:%M}: {gate.text}, {regression.seen.line}"
    if standings.trouble:
        yield standings.trouble


def _gone_words(removed: Removed) -> str:
    when = f" {removed.at.wall:%H:%M}" if removed.at is not None else ""
    return f"{removed.text}  {removed.state}  {removed.by}{when}  {removed.id}"


def _unready(session: Session, supervised: bool, now: Instant) -> Iterator[str]:
    if session.state.closed is None:
        mark = "!! " if is_called_for(session.state, session.state.starts, now) else ""
        found = readiness_of(session, supervised=supervised)
        yield from (f"{mark}{line}" for line in readiness_lines(found, session.opened.id))


def since_start(state: State, now: Instant) -> str:
    """``T+00:52``; nothing where T cannot be read."""
    return relative((now.wall - state.starts).total_seconds()) if state.starts else ""


def _phase_words(session: Session, phase_id: str) -> str:
    state = session.state
    phase_state = state.phase_state(session.plan.sections[phase_id])
    return f"held: {state.phases[phase_id].held}" if phase_state is PhaseState.HELD else str(phase_state)


def _box_line(box: Item, indent: str, session: Session, standings: Standings, now: Instant) -> str:
    state = session.state
    standing = state.box_state(box)
    head = f"{indent}{'  ' * box.depth}[{_MARKS[standing]}] {box.text}"
    facts = "  ".join(part for part in (_words(box, session, standings, now), _who(box, state)) if part)
    return f"{head:<{_TEXT_COLUMNS}}  {facts + '  ' if facts else ''}{box.id}"


def _who(box: Item, state: State) -> str:
    by, at = who_and_when(box, state)
    return f"{by} {at[11:16]}" if by and at and state.box_state(box) is not ItemState.OPEN else ""


def _words(box: Item, session: Session, standings: Standings, now: Instant) -> str:
    state = session.state
    standing, mark = state.box_state(box), state.mark(box.id)
    if standing in {ItemState.NOT_APPLICABLE, ItemState.OVERRIDDEN, ItemState.DEFERRED, ItemState.CLAIMED}:
        to = f" to {mark.to}" if mark and mark.to else ""
        return f"{standing}{to}{f': {mark.reason}' if mark and mark.reason else ''}"
    if box.kind is Kind.GATE:
        return gate_words(box, state, standings)
    if box.kind is Kind.SOAK and isinstance(box.spec, Soak):
        return soak_words(box, state, standings)
    if box.kind is Kind.TRIGGER:
        return _trigger_words(box, state, standings, now)
    if box.kind in {Kind.STEP, Kind.SCRIPT}:
        return _step_words(box, state, now, supervised=standings.supervised)
    return ""


def gate_words(gate: Item, state: State, standings: Standings) -> str:
    """What a gate says; before its soak, what it is going to need."""
    said, ahead = standings.said(gate, state), standings.forecast(gate, state)
    if said is None:
        return ahead.line if ahead else ""
    head = "regressed" if said.has_regressed else f"final {said.verdict}" if said.is_final else str(said.verdict)
    return f"{head}: {said.line}"


def _trigger_words(box: Item, state: State, standings: Standings, now: Instant) -> str:
    trigger, seen, fired = state.plan.trigger_index[box.id], standings.triggers.get(box.id), state.fired.get(box.id)
    if fired is not None:
        only = offered_only(state, box.id, now)
        line = f": {fired.line}" if fired.line else ""
        return f"{'FIRED' if fired.breached else 'REPORTED'}{line}{f'; offered only: {only}' if only else ''}"
    blind = blind_because(trigger, state, standings)
    if blind:
        return f"cannot be told: {blind}"
    if seen is None:
        return ""
    return f"{'HOLDS NOW: ' if seen.verdict is Verdict.FAIL else ''}{seen.line or seen.verdict}"


def soak_words(box: Item, state: State, standings: Standings) -> str:
    """``11:38 of 30:00 observed`` of a soak that counts."""
    soak = state.soaks.get(box.id)
    if soak is None or soak.completed is not None or not isinstance(box.spec, Soak):
        return ""
    observed = standings.observed_seconds.get(box.id, 0.0)
    wanted = box.spec.seconds + (soak.extended_seconds if soak is not None else 0.0)
    extended = f", extended {soak.looks} times" if soak is not None and soak.looks else ""
    return f"{clock(min(observed, wanted))} of {clock(wanted)} observed{extended}"


def _step_words(box: Item, state: State, now: Instant, *, supervised: bool | None) -> str:
    target = box.section if box.kind is Kind.STEP else box.id
    execution = state.last_execution(target)
    progress = execution.progress.get(box.id) if execution else None
    waits = execution.waits_for if execution else None
    if waits is not None and waits.id == box.id:
        ended = f"{outcome_words(progress.outcome)}, " if progress and progress.outcome else ""
        return (
            f"{ended}waits for {'its confirmation' if execution and execution.waits_for_confirmation else 'a person'}"
        )
    step = execution.step(box.id) if execution else None
    if execution is None or step is None or execution.standing(step) is StepState.PENDING:
        return ""
    if execution.standing(step) is StepState.NOT_NEEDED:
        return "not needed"
    if progress is None or progress.state is StepState.PENDING:
        return "" if execution.standing(step) is StepState.ENDED else "under way"
    if progress.undone:
        return "undone"
    if progress.state is StepState.SKIPPED:
        return f"skipped: {progress.reason}"
    if progress.state in {StepState.RUNNING, StepState.WATCHING} and progress.since:
        most = step.until.within_seconds if step.until is not None else step.target_seconds
        word = str(progress.state) if supervised else _unfollowed(progress.state, supervised)
        return f"{word} {clock(now.seconds_since(progress.since))}{f' of {clock(most)}' if most else ''}"
    why = (
        f": {progress.line}" if step.until is not None and progress.outcome is Outcome.FAILED and progress.line else ""
    )
    return f"{outcome_words(progress.outcome or progress.state, of_watch=step.until is not None)}{why}"


def failure_of(execution: Execution, folder: RunFolder) -> list[str]:
    """How the step that waits for a person failed, with the last line that it wrote; nothing where none did."""
    from qudag_tui.run.step_output import last_lines  # only where something failed

    waits = execution.waits_for
    progress = execution.of(waits.id) if waits is not None else None
    if waits is None or progress is None or progress.state is not StepState.ENDED:
        return []
    attempt = progress.attempts[-1] if progress.attempts and progress.outcome is not Outcome.NEVER_STARTED else None
    if attempt is None:
        ended = outcome_words(progress.outcome or Outcome.UNKNOWN, of_watch=waits.until is not None)
        why = progress.reason or progress.line
        return [f"“{waits.text}” {ended}{f': {why}' if why else ''}"]
    last = last_lines(folder, attempt.log, 1)
    return [f"“{waits.text}” {ended_words(attempt)}{f'; it last wrote: {last[0]}' if last else ''}"]


def _unfollowed(standing: StepState, supervised: bool | None) -> str:
    """What a step that was started is where nobody can say how it goes on; a supervisor may be there if it is None."""
    if supervised is None:
        return "is watched, or has ended" if standing is StepState.WATCHING else "runs, or has ended"
    return "not watched: no supervisor" if standing is StepState.WATCHING else "runs, or has ended: no supervisor"


def execution_line(execution: Execution, now: Instant, *, supervised: bool | None) -> str:
    """What runs, and for how long; what it waits for."""
    step, waits = execution.running_step, execution.waits_for
    if execution.awaits_approval:
        return f"{execution.target}, asked for by {execution.by}: {waits_words(execution, now)}"
    if execution.held:
        what = "waits since the supervisor's restart: resume lets it go on"
    elif step is not None:
        progress = execution.of(step.id)
        what = f"“{step.text}”, {spoken(now.seconds_since(progress.since)) if progress.since else ''}"
        what += "" if supervised else f", {_unfollowed(progress.state, supervised)}"
    elif waits is not None:
        word = "a confirmation of" if execution.waits_for_confirmation else "a person:"
        what = f"waits for {word} “{waits.text}” ({waits.id})"
    else:
        what = str(execution.state)
    return f"{execution.label}, started by {execution.by}: {what}"


def tmux_line(session: Session, standings: Standings, now: Instant) -> str:
    """One line for a status bar: release, progress, what goes on, whether it is supervised."""
    state = session.state
    parts = [state.run.release if state.run else "", f"{state.done['']}/{state.total['']}", since_start(state, now)]
    active, phase = state.active_execution or state.awaiting_approval, state.current_phase
    if state.closed is not None:
        parts.append(state.closed.outcome)
    elif active is not None:
        parts.append(execution_line(active, now, supervised=standings.supervised))
    elif phase is not None:
        parts.append(f"{phase.title}: {state.phase_state(phase)}")
        soak = state.running_soak(phase)
        parts.append(soak_words(soak, state, standings) if soak else "")
    soonest = next(iter(counting(state, now)), None) if standings.supervised else None
    if soonest is not None:
        parts.append(f"ROLLBACK IN {spoken(soonest.left_seconds(now))}")
    if session.opened.is_unknown:
        parts.append("NOT YOURS")
    elif is_called_for(state, state.starts, now):
        parts.append("" if _is_trusted(session) else "not trusted")
        known = state.supervisor if standings.supervised else None
        parts.append(f"missing {', '.join(known.missing)}" if known is not None and known.missing else "")
    if state.fired:
        parts.append(f"{len(state.fired)} fired")
    regressed = [] if state.closed else outstanding(state)
    parts.append(f"{len(regressed)} regressed" if regressed else "")
    parts.append("armed" if state.armed else "")
    parts.append("nothing is stored" if standings.trouble else "")
    is_told = state.closed is None and not session.opened.is_unknown
    parts.append("" if not is_told else "supervised" if standings.supervised else "NO SUPERVISOR")
    return for_tmux("  ".join(part for part in parts if part))


def _is_trusted(session: Session) -> bool:
    """Whether its plan is trusted, or runs nothing; without hashing anything: a status bar asks every few seconds."""
    from qudag_tui.plan.named_files import addresses, all_commands
    from qudag_tui.plan.real_path import real_path
    from qudag_tui.plan.trust import trusted

    file = real_path(Path(session.state.file))
    runs_nothing = not all_commands(session.plan, file.parent) and not addresses(session.plan)
    return runs_nothing or trusted(session.plan, file) is not None
