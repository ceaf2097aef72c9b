"""What stands at the right of a row: words first, then who and when."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from qudag_tui.core.condition import terms
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.execution import StepState
from qudag_tui.core.gate_said import LAST_SAID
from qudag_tui.core.item import Gate, Item, ItemState, Kind, Soak
from qudag_tui.core.phase import Decision, PhaseState
from qudag_tui.core.regression import unanswered
from qudag_tui.core.rows import Row, RowKind
from qudag_tui.core.step import Outcome
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.core.checklist import Section
    from qudag_tui.core.gate_said import GateSaid
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.item import Mark
    from qudag_tui.tui.snapshot import Snapshot

_COUNTS = re.compile(r" \([\d,]+ in [\d,]+\)")


class Tone(StrEnum):
    """How a fact is drawn."""

    PLAIN = "plain"
    DIM = "dim"
    CURRENT = "current"
    WRONG = "wrong"


class Fact(NamedTuple):
    """``wordings`` say the same, the fullest first; the first that fits is shown. ``column`` is the count at the very right."""

    wordings: tuple[str, ...] = ("",)
    tone: Tone = Tone.PLAIN
    column: str = ""


NOTHING = Fact()


def time_of(moment: datetime, now: datetime) -> str:
    """``20:51``, with the day before it where that is not today's."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment.day} {moment:%b %H:%M}"


def who_and_when(by: str, at: Instant, now: Instant) -> str:
    """``ana 20:51``."""
    return f"{by} {time_of(at.wall, now.wall)}"


def fact_of(row: Row, shot: Snapshot) -> Fact:
    """What stands at the right of ``row``."""
    if row.kind is RowKind.BOX:
        return box_fact(shot.plan.items[row.id], shot)
    if row.kind is RowKind.REFERENCE:
        item = shot.plan.items[row.id]
        mark = shot.state.mark(item.id)
        origin = shot.plan.sections[item.section].title
        return Fact((f"deferred from {origin} by {mark.by}" if mark else "deferred", "deferred here"), Tone.PLAIN)
    if row.kind is RowKind.SECTION:
        return section_fact(shot.plan.sections[row.id], shot)
    if row.kind is RowKind.CHECKLIST:
        return _counted(row.id, shot)
    return NOTHING


def _count(id_: str, shot: Snapshot) -> str:
    return f"{shot.state.done[id_]}/{shot.state.total[id_]}"


def _counted(id_: str, shot: Snapshot) -> Fact:
    done = shot.state.total[id_] and shot.state.done[id_] == shot.state.total[id_]
    claimed = shot.claimed.get(id_, 0)
    words = f"{claimed} claimed" if claimed else "done" if done else ""
    return Fact((words,), Tone.DIM if done else Tone.PLAIN, _count(id_, shot))


def section_fact(section: Section, shot: Snapshot) -> Fact:
    """The state of a phase, when a section is due, or how much of it is claimed; and its count."""
    state, count = shot.state, _count(section.id, shot)
    complete = state.total[section.id] and state.done[section.id] == state.total[section.id]
    due = due_fact(section, shot) if not complete else None
    if section.id in state.phases:
        phase = state.phase_state(section)
        if phase is PhaseState.HELD:
            return Fact((f"held, {state.phases[section.id].held}", "held"), Tone.WRONG, count)
        regressed = unanswered(state) if section is state.current_phase else []
        if regressed:
            many = "1 gate" if len(regressed) == 1 else f"{len(regressed)} gates"
            return Fact((f"{phase} · {many} regressed", "regressed"), Tone.WRONG, count)
        if phase in {PhaseState.LOCKED, PhaseState.GO}:
            return Fact((phase,), Tone.DIM, count)
        if phase is not PhaseState.OPEN or state.phases[section.id].started:
            return Fact((phase,), Tone.CURRENT, count)
        return Fact((phase,), Tone.PLAIN, count) if due is None else Fact(due.wordings, due.tone, count)
    if due is not None:
        return Fact(due.wordings, due.tone, count)
    return _counted(section.id, shot)


def due_fact(section: Section, shot: Snapshot) -> Fact | None:
    """When a section is to be done by, red once that has passed; None where it has no time."""
    if section.due_seconds is None or shot.starts is None:
        return None
    due = shot.starts + timedelta(seconds=section.due_seconds)
    late = (shot.now.wall - due).total_seconds()
    if late >= 60:
        return Fact((f"overdue {spoken(late)}", "overdue"), Tone.WRONG)
    return Fact((f"due {time_of(due, shot.now.wall)}",), Tone.PLAIN)


def _marked(word: str, mark: Mark, shot: Snapshot, tone: Tone = Tone.DIM) -> Fact:
    signed = who_and_when(mark.by, mark.at, shot.now)
    return Fact((f"{word} · {signed}", f"{word} · {mark.by}", word) if word else (signed, mark.by), tone)


def box_fact(item: Item, shot: Snapshot) -> Fact:
    """What is known of a box: who did it and when, what its gate says, how far its soak is."""
    standing, mark = shot.state.item_state(item), shot.state.mark(item.id)
    if standing is ItemState.CLAIMED:
        return Fact(("claimed",), Tone.PLAIN)
    if mark is not None and standing is ItemState.DEFERRED:
        target = shot.plan.sections.get(mark.to)
        where = target.title if target else mark.to
        signed = who_and_when(mark.by, mark.at, shot.now)
        return Fact((f"deferred to {where} · {signed}", f"deferred · {signed}", "deferred"), Tone.PLAIN)
    if mark is not None and standing in {ItemState.OVERRIDDEN, ItemState.NOT_APPLICABLE}:
        return _marked(standing, mark, shot, Tone.PLAIN if standing is ItemState.OVERRIDDEN else Tone.DIM)
    if item.kind is Kind.DECISION:
        return _decision_fact(item, shot)
    regression = shot.state.regression(item.id)
    if mark is not None and standing is ItemState.DONE and regression is not None:
        when, signed = time_of(regression.at.wall, shot.now.wall), who_and_when(mark.by, mark.at, shot.now)
        return Fact((f"regressed {when} · pass · {signed}", f"regressed {when}", "regressed"), Tone.WRONG)
    if mark is not None and standing is ItemState.DONE:
        words = {Kind.GATE: "pass", Kind.SIGNOFF: "signed", Kind.SCRIPT: "passed", Kind.SOAK: "soaked"}
        return _marked(words.get(item.kind, ""), mark, shot)
    if item.kind is Kind.SOAK:
        return _soak_fact(item, shot)
    if item.kind is Kind.GATE:
        return _gate_fact(item, shot)
    if item.kind is Kind.SCRIPT:
        return _script_fact(item, shot)
    return Fact(("s signs",), Tone.DIM) if item.kind is Kind.SIGNOFF else NOTHING


def observed_seconds(item: Item, shot: Snapshot) -> float | None:
    """How much of a running soak was observed so far, as the supervisor last said."""
    return shot.standings.observed_seconds.get(item.id)


def _soak_fact(item: Item, shot: Snapshot) -> Fact:
    wanted = item.spec.seconds if isinstance(item.spec, Soak) else 0.0
    soak = shot.state.soaks.get(item.id)
    if soak is None:
        return Fact((f"soak {spoken(wanted)}",), Tone.DIM)
    wanted += soak.extended_seconds
    observed = observed_seconds(item, shot)
    if observed is None:
        return Fact((f"nothing observed yet of {clock(wanted)}", f"00:00 of {clock(wanted)}"), Tone.CURRENT)
    shown = f"{clock(min(observed, wanted))} of {clock(wanted)}"
    return Fact((f"{shown} observed", shown), Tone.CURRENT)


def _gate_fact(item: Item, shot: Snapshot) -> Fact:
    if item.id in shot.state.look_requests:
        return Fact(("its final look is asked for", "looking"), Tone.CURRENT)
    said = shot.standings.said(item, shot.state)
    if said is None:
        return _forecast_fact(item, shot)
    head = said.deciding.partition(" · ")[0]
    # The value and its limit say more than how many it was counted from.
    heads = tuple(dict.fromkeys((head, _COUNTS.sub("", head))))
    if said.is_final:
        tone = Tone.CURRENT if said.verdict is Verdict.PASS else Tone.WRONG
        shorter = _reasons(item, said, shot) if said.verdict is Verdict.UNKNOWN else heads
        return Fact((*(f"{each} · {said.words}" for each in (said.line, *shorter)), said.words), tone)
    tone = {Verdict.FAIL: Tone.WRONG, Verdict.PASS: Tone.PLAIN}.get(said.verdict, Tone.DIM)
    if said.verdict is Verdict.UNKNOWN:
        needs = [f"unknown: needs {said.needs}"] if said.needs else []
        whole = [said.line] if said.line else []
        return Fact((*(f"unknown: {each}" for each in (*whole, *_reasons(item, said, shot))), *needs, "unknown"), tone)
    if not said.line:
        return Fact((said.words, said.verdict), tone)
    wordings = [f"{said.line} · {said.words}", *(f"{each} · {said.words}" for each in heads), said.words, said.verdict]
    if said.needs and said.verdict is Verdict.INCONCLUSIVE:
        # What it waits for says more than that it waits.
        wordings[1:1] = [f"{head} · needs {said.needs}", f"needs {said.needs}"]
    return Fact(tuple(wordings), tone)


def _reasons(item: Item, said: GateSaid, shot: Snapshot) -> tuple[str, ...]:
    """Why it cannot be told, without value and age; then in fewer words: why its metric has no number now, what misses."""
    unlooked, separator, _ = said.line.partition(LAST_SAID)
    if separator:
        return (unlooked,)
    line = next((asked.line for asked in said.requirements if asked.verdict is said.verdict), said.line)
    parts = [part for part in (line.partition(" · ")[2] or line).split(", ") if part and not part.endswith(" old")]
    metrics = [term.metric for term in terms(item.spec.condition)] if isinstance(item.spec, Gate) else []
    seen = [] if said.is_final else [shot.standings.metrics.get(metric) for metric in metrics]
    errors = [each.error for each in seen if each is not None and each.error]
    return (", ".join(parts), *errors[:1], *parts[:1])


def _forecast_fact(gate: Item, shot: Snapshot) -> Fact:
    """What is said before the soak: that it will not do, plainly; anything else only where its turn has come."""
    ahead = shot.standings.forecast(gate, shot.state)
    if ahead is None or (ahead.verdict is not Verdict.FAIL and shot.state.is_locked(gate.section)):
        return NOTHING
    if ahead.verdict is Verdict.PASS and ahead.value is not None:
        return Fact((ahead.line, f"needs {spoken(ahead.value)}"), Tone.DIM)
    if ahead.verdict is not Verdict.FAIL:
        return Fact((f"no forecast: {ahead.line}", "no forecast"), Tone.DIM)
    if ahead.value is None:
        return Fact((ahead.line, "does not pass as things are"), Tone.WRONG)
    needs = f"needs {spoken(ahead.value)}"
    given = f", soak {spoken(ahead.limit)}" if ahead.limit is not None else ""
    return Fact((ahead.line, f"{needs}{given}", needs), Tone.WRONG)


def _decision_fact(item: Item, shot: Snapshot) -> Fact:
    progress = shot.state.phases.get(item.section)
    decided = progress.decision if progress else None
    if decided is not None:
        word = "Go" if decided.decision is Decision.GO else "No-Go"
        signed = who_and_when(decided.by, decided.at, shot.now)
        tone = Tone.DIM if decided.decision is Decision.GO else Tone.WRONG
        return Fact((f"{word} · {signed}", f"{word} · {decided.by}", word), tone)
    section = shot.plan.sections[item.section]
    if progress is not None and shot.state.phase_state(section) is PhaseState.DECIDING:
        return Fact(("d decides",), Tone.CURRENT)
    return NOTHING


def _script_fact(item: Item, shot: Snapshot) -> Fact:
    execution = shot.state.last_execution(item.id)
    if execution is None:
        return Fact(("e executes",), Tone.DIM)
    step = next(execution.walk())
    progress = execution.of(step.id)
    if progress.undone:
        return Fact(("undone · e executes", "undone"), Tone.PLAIN)
    if execution.waits_for_confirmation:
        return Fact(("waits to be confirmed: 3, w", "waits to be confirmed"), Tone.CURRENT)
    if progress.state is StepState.RUNNING and progress.since:
        return Fact((f"running {clock(shot.now.seconds_since(progress.since))}",), Tone.CURRENT)
    if progress.outcome is not None and progress.outcome is not Outcome.PASSED:
        return Fact((outcome_words(progress.outcome),), Tone.WRONG)
    return Fact((str(execution.state),), Tone.CURRENT)
