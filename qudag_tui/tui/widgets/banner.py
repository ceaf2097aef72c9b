"""Lines that nothing pauses: a countdown, a fired trigger, what could not be saved, a supervisor that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.approval import waits_words
from qudag_tui.core.duration import clock
from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.core.readiness import is_called_for, names_missing
from qudag_tui.core.regression import unanswered
from qudag_tui.tui.facts import time_of
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.lines import Lines
from qudag_tui.tui.widgets.trigger_words import blind_triggers, fired_words, running_countdowns

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot

_MOST = 3
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
    for trigger in shot.plan.triggers:
        if trigger.id in offered and trigger.id not in counted:
            when, more = fired_words(trigger, offered[trigger.id], shot)
            found.append(f"{trigger.text} · {when} · R starts the rollback{f' · {more}' if more else ''}")
        elif trigger.id not in state.fired:
            seen = shot.readings.triggers.get(trigger.id)
            is_live = shot.readings.supervised and not shot.readings.unstored
            if seen is not None and is_live and seen.verdict in {"holds", "fail"}:
                found.append(f"{trigger.text} · {seen.line} · 3 shows the triggers, R starts the rollback")
    for gate, regression in unanswered(state):
        section = shot.plan.sections[gate.section].title
        when = time_of(regression.at.wall, shot.now.wall)
        found.append(f"{gate.text} · regressed {when} after the Go of {section} · {regression.seen.line}")
    held = state.held_executions
    if held:
        found.append("the supervisor was restarted: nothing starts until w in the rollback view confirms it")
    if _is_alarm(shot):
        found.extend(unready(shot))
    watched = state.is_under_way or state.armed is not None
    if watched and not shot.readings.supervised and shot.readings.series:
        found.append("the supervisor is gone: nothing is measured or executed · : starts it again")
    if shot.readings.unstored:
        found.append(f"{shot.readings.unstored} · what stands here is that old")
    if state.armed is not None:
        found.extend(
            f"armed, and blind: “{trigger.text}” starts nothing: {why}"
            for trigger, why in blind_triggers(shot)
            if trigger.id in state.armed.triggers
        )
    return found


def _is_alarm(shot: Snapshot) -> bool:
    return is_called_for(shot.state, shot.starts, shot.now)


def unready(shot: Snapshot) -> list[str]:
    """Why nothing of the plan could run, and what is missing for it."""
    if shot.readiness is None or shot.state.closed is not None:
        return []
    names = names_missing(shot.state, shot.readiness, supervised=shot.readings.supervised)
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


def waiting(shot: Snapshot) -> list[str]:
    """What waits for a person; last, and no alarm, that the checklist file was edited."""
    unapproved = [
        f"{_title(execution, shot)} {waits_words(execution, shot.now)} · 3 shows it"
        for execution in shot.state.open_requests()
        if execution.awaits_approval
    ]
    waits = [
        f"“{execution.waits_for.text}” is to be confirmed · w in the rollback view (3)"
        if execution.waits_for_confirmation
        else f"“{execution.waits_for.text}” waits for a person · 3 shows it"
        for execution in shot.state.executions.values()
        if execution.state is ExecutionState.RUNNING and not execution.held and execution.waits_for is not None
    ]
    unready_lines = [] if _is_alarm(shot) else unready(shot)
    return [*unready_lines, *unapproved, *waits, *([shot.edited] if shot.edited and shot.state.closed is None else [])]


def _title(execution: Execution, shot: Snapshot) -> str:
    procedure = shot.plan.procedures.get(execution.target)
    return procedure.title if procedure else execution.target


class Banner(Lines):
    """Takes as many lines as there are alarms, three at the most, and none where there is nothing."""

    DEFAULT_CSS = "Banner { height: 0; width: 1fr; }"

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Nothing to say at first."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.counting: Snapshot | None = None
        self.alarms: list[str] = []
        self.waiting: list[str] = []

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.counting = shot if running_countdowns(shot) else None
        taken = _COUNTDOWN_LINES if self.counting is not None else 0
        self.alarms = alarms(shot)[: _MOST - taken]
        self.waiting = waiting(shot)[: _MOST - taken - len(self.alarms)]
        wanted = taken + len(self.alarms) + len(self.waiting)
        if self.size.height != wanted and self.styles.height is not None and self.styles.height.value != wanted:
            self.styles.height = wanted
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """The countdown's two lines, then one alarm a line."""
        counted = countdown_lines(self.counting, width - 2, self.glyphs) if self.counting is not None else []
        lines: list[list[Piece]] = [
            [((" " + cut(alarm, width - 2, self.glyphs)).ljust(width), self.colours.alarm)]
            for alarm in [*counted, *self.alarms]
        ]
        lines.extend([(" " + cut(said, width - 2, self.glyphs), self.colours.accent)] for said in self.waiting)
        return lines[:height]
