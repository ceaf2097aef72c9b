"""Lines that nothing pauses: a countdown, a fired trigger, what could not be saved, a supervisor that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from qudag_tui.core.approval import waits_words
from qudag_tui.core.duration import clock
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.readiness import is_called_for, names_missing
from qudag_tui.core.regression import unanswered
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.facts import time_of
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.trigger_words import blind_triggers, fired_words, running_countdowns

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

_MOST = 3
_STARTS = "R starts the rollback"
_COUNTDOWN_LINES = 2


def alarms(shot: Snapshot) -> list[str]:
    """What is wrong now, the gravest first; :func:`countdown_lines` stand before it."""
    state, found = shot.state, []
    if shot.trouble:
        found.append(shot.trouble)
    if state.read_only:
        found.append(f"read-only: {state.read_only}")
    if state.closed is not None:
        return found
    offered = {trigger.id: fired for trigger, fired in offering(state)}
    counted = {countdown.trigger for countdown in running_countdowns(shot)}
    under_way = state.active_execution
    # R is refused while the rollback itself is under way.
    offers = under_way is None or under_way.target != ROLLBACK or under_way.undoes > 0
    for trigger in shot.plan.triggers:
        if trigger.id in offered and trigger.id not in counted:
            when, more = fired_words(trigger, offered[trigger.id], shot)
            found.append(" · ".join([trigger.text, when, *([more] if more else []), *([_STARTS] if offers else [])]))
        elif trigger.id not in state.fired:
            seen = shot.standings.triggers.get(trigger.id)
            if seen is not None and shot.standings.is_live and seen.verdict is Verdict.FAIL:
                keys = f"3 shows the triggers{f', {_STARTS}' if offers else ''}"
                found.append(f"{trigger.text} · {seen.line} · {keys}")
    for gate, regression in unanswered(state):
        section = shot.plan.sections[gate.section].title
        when = time_of(regression.at.wall, shot.now.wall)
        said = shot.standings.said(gate, shot.state)
        line = said.deciding if said is not None else regression.seen.line
        found.append(f"{gate.text} · regressed {when} after the Go of {section} · {line}")
    held = state.held_executions
    if held:
        found.append("the supervisor was restarted: nothing starts · w in view 3 lets it go on")
    if _is_alarm(shot):
        found.extend(unready(shot))
    if shot.standings.supervised is False:
        found.extend(_unsupervised(shot))
    if shot.standings.trouble:
        found.append(f"{shot.standings.trouble}; what stands here is that old")
    if state.armed is not None:
        found.extend(
            f"armed, and blind: “{trigger.text}” starts nothing: {why}"
            for trigger, why in blind_triggers(shot)
            if trigger.id in state.armed.triggers
        )
    return found


def _unsupervised(shot: Snapshot) -> list[str]:
    """What nobody goes on with. A command that was started does: it runs without the supervisor as well."""
    state = shot.state
    active = state.active_execution
    if active is not None and active.running_step is not None and active.running_step.run:
        return ["the supervisor is gone: nothing follows this step · : starts it again"]
    if active is not None or state.is_under_way or state.armed is not None or any(state.open_requests()):
        return ["the supervisor is gone: nothing is measured or executed · : starts it again"]
    return []


def _is_alarm(shot: Snapshot) -> bool:
    return is_called_for(shot.state, shot.starts, shot.now)


def unready(shot: Snapshot) -> list[str]:
    """Why nothing of the plan could run, and what is missing for it."""
    if shot.readiness is None or shot.state.closed is not None:
        return []
    names = names_missing(shot.state, shot.readiness, supervised=bool(shot.standings.supervised))
    found = replace(shot.readiness, names=names)
    lines = [f"nothing can run · : trust reviews it · {found.why}"] if found.why else []
    return [*lines, f"missing: {', '.join(found.missing)}"] if found.missing else lines


def countdown_lines(shot: Snapshot, width: int, glyphs: Glyphs) -> list[str]:
    """Two lines on the countdown that ends first: the seconds that are left, in words and as a bar; and why."""
    running = running_countdowns(shot)
    if not running:
        return []
    first = running[0]
    left = first.left_seconds(shot.now)
    said = f"ROLLBACK STARTS IN {clock(left)}" if left else "ROLLBACK STARTS NOW"
    more = f" (and {len(running) - 1} more)" if len(running) > 1 else ""
    room = max(0, width - len(said) - 2)
    bar = glyphs.bars[-1] * round(room * left / first.seconds)
    why = reason_of(shot.plan.trigger_index[first.trigger], first.line)
    end = f"{more} · a in view 3 stops it"
    return [f"{said}  {bar}", f"{cut(why, max(10, width - len(end)), glyphs)}{end}"]


def waiting(shot: Snapshot, where: Where = Where.EVERYWHERE) -> list[str]:
    """What goes on elsewhere, and what waits for a person; last, and no alarm, that the checklist file was edited.

    ``where`` it is said: the rollback view has the step with its timer already.
    """
    is_there = where is Where.ROLLBACK
    unapproved = [
        f"{title_of(execution, shot)} {waits_words(execution, shot.now)}{'' if is_there else ' · 3 shows it'}"
        for execution in shot.state.open_requests()
        if execution.awaits_approval
    ]
    waits = [
        said
        for execution in shot.state.executions.values()
        if execution.state is ExecutionState.RUNNING and not execution.held
        for said in _at_work(execution, shot, is_there=is_there)
    ]
    unready_lines = [] if _is_alarm(shot) else unready(shot)
    return [*unready_lines, *unapproved, *waits, *([shot.edited] if shot.edited and shot.state.closed is None else [])]


def _at_work(execution: Execution, shot: Snapshot, *, is_there: bool) -> list[str]:
    waits, running = execution.waits_for, execution.running_step
    if waits is not None and execution.waits_for_confirmation:
        return [f"“{waits.text}” is to be confirmed · w {'' if is_there else 'in view 3 '}lets it start"]
    if waits is not None:
        outcome = execution.of(waits.id).outcome
        is_watch = waits.until is not None
        how = f"{outcome_words(outcome, of_watch=is_watch)}, and waits" if outcome else "waits for a person"
        keys = "space marks it" if outcome is None else "t, k, m or a"
        return [f"“{waits.text}” {how} · {keys if is_there else '3 shows it'}"]
    if running is None or is_there or shot.standings.supervised is False:
        return []
    since = execution.of(running.id).since
    timer = f" {clock(shot.now.seconds_since(since))}" if since else ""
    return [f"{title_of(execution, shot)}: “{running.text}”{timer} · 3 shows it"]


def title_of(execution: Execution, shot: Snapshot) -> str:
    """What is executed, as people call it."""
    title = shot.plan.title_of(execution.target)
    return f"Undo of {title}" if execution.undoes else title


def _fitting(said: str, width: int, glyphs: Glyphs) -> str:
    """``said`` in ``width`` cells; what is to be done stands at its end, and is kept where there is room for it."""
    head, dot, tail = said.rpartition(" · ")
    room = width - cell_len(tail) - 3
    if cell_len(said) <= width or not dot or room < width // 2:
        return cut(said, width, glyphs)
    return f"{cut(head, room, glyphs)} {glyphs.dot} {cut(tail, width, glyphs)}"


class Banner(Lines):
    """Takes as many lines as there are alarms, three at the most, and none where there is nothing."""

    DEFAULT_CSS = "Banner { height: 0; width: 1fr; }"

    def __init__(self, glyphs: Glyphs, colours: Palette, where: Where = Where.EVERYWHERE) -> None:
        """Nothing to say at first; ``where`` is the view that it stands in."""
        super().__init__(glyphs, colours)
        self.where = where
        self.counting: Snapshot | None = None
        self.alarms: list[str] = []
        self.untold = 0
        self.waiting: list[str] = []

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.counting = shot if running_countdowns(shot) else None
        taken = _COUNTDOWN_LINES if self.counting is not None else 0
        found = alarms(shot)
        self.alarms = found[: _MOST - taken]
        self.untold = len(found) - len(self.alarms)
        self.waiting = waiting(shot, self.where)[: _MOST - taken - len(self.alarms)]
        wanted = taken + len(self.alarms) + len(self.waiting)
        if self.size.height != wanted and self.styles.height is not None and self.styles.height.value != wanted:
            self.styles.height = wanted
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The countdown's two lines, then one alarm a line."""
        counted = countdown_lines(self.counting, width - 2, self.glyphs) if self.counting is not None else []
        more = self.glyphs.text(f" · {self.untold} more") if self.untold else ""
        ends = [""] * (len(counted) + len(self.alarms) - 1) + [more]
        lines: list[list[Piece]] = [
            [((" " + _fitting(alarm, width - 2 - len(end), self.glyphs) + end).ljust(width), self.colours.alarm)]
            for alarm, end in zip([*counted, *self.alarms], ends, strict=False)
        ]
        lines.extend([(" " + _fitting(said, width - 2, self.glyphs), self.colours.accent)] for said in self.waiting)
        return lines[:height]
