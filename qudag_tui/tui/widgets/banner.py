"""Lines that nothing pauses: a fired trigger, what could not be saved, a supervisor that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.readiness import is_called_for, names_missing
from qudag_tui.core.regression import unanswered
from qudag_tui.tui.facts import time_of
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from qudag_tui.tui.snapshot import Snapshot

_MOST = 3


def alarms(shot: Snapshot) -> list[str]:
    """What is wrong now, the gravest first."""
    state, found = shot.state, []
    if shot.trouble:
        found.append(shot.trouble)
    if state.read_only:
        found.append(f"read-only: {state.read_only}")
    if state.closed is not None:
        return found
    rolled_back = state.last_execution(ROLLBACK)
    for trigger in shot.plan.triggers:
        fired = state.fired.get(trigger.id)
        if fired is not None and (rolled_back is None or rolled_back.at.wall < fired.at.wall):
            when = time_of(fired.at.wall, shot.now.wall)
            found.append(f"{trigger.text} · reported {when} by {fired.by} · R starts the rollback")
        elif fired is None:
            seen = shot.readings.triggers.get(trigger.id)
            if seen is not None and seen.verdict in {"holds", "fail"}:
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
    if state.is_under_way and not shot.readings.supervised and shot.readings.series:
        found.append("the supervisor is gone: nothing is measured or executed · : starts it again")
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


def waiting(shot: Snapshot) -> list[str]:
    """What waits for a person."""
    return ([] if _is_alarm(shot) else unready(shot)) + [
        f"“{execution.waits_for.text}” waits for a person · 3 shows it"
        for execution in shot.state.executions.values()
        if execution.state is ExecutionState.RUNNING and not execution.held and execution.waits_for is not None
    ]


class Banner(Lines):
    """Takes as many lines as there are alarms, three at the most, and none where there is nothing."""

    DEFAULT_CSS = "Banner { height: 0; width: 1fr; }"

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Nothing to say at first."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.alarms: list[str] = []
        self.waiting: list[str] = []

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.alarms = alarms(shot)[:_MOST]
        self.waiting = waiting(shot)[: _MOST - len(self.alarms)]
        wanted = len(self.alarms) + len(self.waiting)
        if self.size.height != wanted and self.styles.height is not None and self.styles.height.value != wanted:
            self.styles.height = wanted
        self.repaint()

    def draw(self, width: int, height: int) -> list[list[Piece]]:
        """One alarm a line."""
        lines: list[list[Piece]] = [
            [((" " + cut(alarm, width - 2, self.glyphs)).ljust(width), self.colours.alarm)] for alarm in self.alarms
        ]
        lines.extend([(" " + cut(said, width - 2, self.glyphs), self.colours.accent)] for said in self.waiting)
        return lines[:height]
