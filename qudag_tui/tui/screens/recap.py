"""What happened while this operator was away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.approval import waits_words
from qudag_tui.core.arming import armed_words
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.narration import words
from qudag_tui.tui.facts import Tone, due_fact, observed_seconds, time_of
from qudag_tui.tui.screens.dialog import Notice
from qudag_tui.tui.widgets.line import wrapped
from qudag_tui.tui.widgets.trigger_words import blind_triggers

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot

_MOST = 6
_QUIET = (ev.SupervisorStarted, ev.SupervisorStopped, ev.RequestClaimed, ev.StepStarted, ev.WatchStarted)
_LABEL = 11


class Recap(Notice):
    """Enter goes on; 4 shows the whole timeline."""

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        """``lines`` are a word at the left and what it is about."""
        super().__init__(title, [], {"enter": "go on", "4": "the whole timeline"})
        self.pairs = lines

    def on_mount(self) -> None:
        """Drawn once there is a width."""
        glyphs, colours = self.desk.glyphs, self.desk.colours
        lines = []
        last = ""
        for name, said in self.pairs:
            for number, part in enumerate(wrapped(said, self.inner_width - _LABEL, glyphs, 3)):
                label = name if number == 0 and name != last else ""
                lines.append(
                    [(label.ljust(_LABEL), colours.dim), (part, colours.wrong if name == "overdue" else colours.plain)]
                )
            last = name
        self.words.put([*lines, []])


def happened_since(shot: Snapshot, seen: int) -> list[ev.Event]:
    """What others, or the supervisor, did after event ``seen``."""
    return [
        event
        for event in shot.events[max(0, seen) :]
        if not isinstance(event.fact, _QUIET) and event.actor.by != shot.actor.by
    ]


def recap_lines(shot: Snapshot, seen: int) -> list[tuple[str, str]]:
    """What runs, waits, happened, and is overdue."""
    state, lines = shot.state, []
    running = [e for e in state.executions.values() if e.running_step is not None]
    for execution in running:
        step = execution.running_step
        since = execution.of(step.id).since if step else None
        if step is not None:
            timer = f", {clock(shot.now.seconds_since(since))}" if since else ""
            lines.append(("running", f"“{step.text}”{timer}"))
    for item, _ in state.counting_soaks:
        seconds = observed_seconds(item, shot)
        said = f", {clock(seconds)} observed" if seconds is not None else ""
        lines.append(("running", f"soak “{item.text}”{said}"))
    if not lines:
        lines.append(("running", "nothing"))
    for execution in state.executions.values():
        waits = execution.waits_for
        if waits is not None:
            yours = "is to be confirmed before it starts" if execution.waits_for_confirmation else "is yours"
            lines.append(("waits", f"“{waits.text}” {yours}"))
        elif execution.awaits_approval:
            lines.append(("waits", f"“{execution.label}” {waits_words(execution, shot.now)}"))
    lines.extend(("waits", f"“{e.label}” since the supervisor's restart") for e in state.held_executions)
    events, targets = happened_since(shot, seen), state.labels
    if len(events) > _MOST:
        lines.append(("happened", f"{len(events)} events; the last of them:"))
    for event in events[-_MOST:]:
        when = time_of(event.at.wall, shot.now.wall)
        by = f"{event.actor.by} " if event.actor.by != "supervisor" else ""
        lines.append(("happened", f"{when} {by}{words(event, state.plan_at(event.seq), targets)}"))
    if state.armed is not None:
        lines.append(
            ("armed", f"{armed_words(state).removeprefix('armed ')}, {time_of(state.armed.at.wall, shot.now.wall)}")
        )
    for section in shot.plan.sections.values():
        due = due_fact(section, shot)
        if due is not None and due.tone is Tone.WRONG and state.done[section.id] < state.total[section.id]:
            lines.append(("overdue", f"{section.title} ({due.wordings[0].removeprefix('overdue ')})"))
    unmeasured = [m.title for m in shot.plan.metrics.values() if _is_blind(m.id, shot)]
    if unmeasured:
        lines.append(("blind", ", ".join(unmeasured)))
    lines.extend(("blind", f"{trigger.text}: {why}") for trigger, why in blind_triggers(shot))
    return lines


def _is_blind(metric: str, shot: Snapshot) -> bool:
    """Whether something was measured of it once, and not lately."""
    series = shot.readings.series.get(metric)
    return series is not None and series.age is not None and series.age > 3 * series.seconds + 30


def is_worth_telling(shot: Snapshot, seen: int) -> bool:
    """Whether anything happened, runs or waits."""
    state = shot.state
    return bool(
        happened_since(shot, seen)
        or state.armed is not None
        or any(not execution.state.is_over for execution in state.executions.values())
        or state.counting_soaks
    )


def show_recap(app: QudagApp, seen: int, left: datetime | None) -> None:
    """Ask for nothing, and tell."""
    shot = app.shot
    if shot is None or not is_worth_telling(shot, seen):
        return
    away = (shot.now.wall - left).total_seconds() if left else 0.0
    ago = f" You left {spoken(away)} ago." if away >= 60 else ""

    def answered(answer: str | None) -> None:
        if answer == "4":
            app.act_timeline()

    app.push_screen(Recap(f"Welcome back, {app.actor.by}.{ago}", recap_lines(shot, seen)), answered)
