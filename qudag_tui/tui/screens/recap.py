"""What happened while this operator was away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core.approval import waits_words
from qudag_tui.core.arming import armed_words
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.execution import StepState
from qudag_tui.core.narration import words
from qudag_tui.core.offering import offering
from qudag_tui.tui.facts import Tone, due_fact, observed_seconds, time_of
from qudag_tui.tui.screens.dialog import Notice
from qudag_tui.tui.widgets.banner import title_of
from qudag_tui.tui.widgets.line import wrapped
from qudag_tui.tui.widgets.trigger_words import blind_triggers, fired_words, running_countdowns

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.core.arming import Countdown
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.step import Step
    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot

_MOST = 6
_QUIET = (ev.SupervisorStopped, ev.RequestClaimed, ev.StepStarted, ev.WatchStarted)
# What everything after it rests on.
_WEIGHTY = (ev.PlanAdopted, ev.SupervisorStarted, ev.PhaseDecided, ev.ExecutionRequested, ev.TriggerBreached)
_MOST_WEIGHTY = 3
_LABEL = 11
_URGENT = {"overdue", "starts"}
# What a key shows in its place: who is told of a countdown that view 3 stops is there by one key.
_VIEWS = {"3": ("the rollback", "rollback"), "4": ("the whole timeline", "timeline")}


class Recap(Notice):
    """Enter goes on; 3 and 4 show the views that it speaks of. What it says goes on while it is open."""

    def __init__(self, title: str, seen: int) -> None:
        """``seen`` is the last event that this operator knows."""
        super().__init__(title, [], {"enter": "go on", **{key: said for key, (said, _) in _VIEWS.items()}})
        self.seen = seen

    def answer(self, key: str) -> None:
        """Close, and say which view is wanted."""
        if key in _VIEWS:
            self.dismiss(key)
        else:
            super().answer(key)

    def on_mount(self) -> None:
        """Drawn once there is a width."""
        self.refresh_from_desk()

    def refresh_from_desk(self) -> None:
        """A word at the left, and what it is about. Whoever reads it a minute later is told what is so by then."""
        glyphs, colours, shot = self.desk.glyphs, self.desk.colours, self.desk.shot
        if shot is None:
            return
        lines = []
        last = ""
        for name, said in recap_lines(shot, self.seen):
            for number, part in enumerate(wrapped(said, self.inner_width - _LABEL, glyphs, 3)):
                label = name if number == 0 and name != last else ""
                lines.append(
                    [(label.ljust(_LABEL), colours.dim), (part, colours.wrong if name in _URGENT else colours.plain)]
                )
            last = name
        self.words.put([*lines, []])


def happened_since(shot: Snapshot, seen: int) -> list[ev.Event]:
    """What others, or the supervisor, did after event ``seen``; who goes by the same name elsewhere is another."""
    return [event for event in shot.events[max(0, seen) :] if not _is_quiet(event.fact) and event.actor != shot.actor]


def _worth_telling(events: Sequence[ev.Event]) -> list[ev.Event]:
    """The last of them, and in the place of some what weighs among those before."""
    weighty = [event for event in events[:-_MOST] if isinstance(event.fact, _WEIGHTY)][-_MOST_WEIGHTY:]
    return [*weighty, *events[len(weighty) - _MOST :]]


def _is_quiet(fact: ev.Fact) -> bool:
    """Whether it goes without saying: an ordinary start of a supervisor, say, and not one that takes over."""
    if isinstance(fact, ev.SupervisorStarted):
        return not (fact.took_over or fact.gap_seconds or fact.missing)
    return isinstance(fact, _QUIET)


def recap_lines(shot: Snapshot, seen: int) -> list[tuple[str, str]]:
    """What starts by itself, runs, waits, happened, and is overdue."""
    state = shot.state
    starts = [("starts", _countdown(one, shot)) for one in running_countdowns(shot)]
    lines: list[tuple[str, str]] = []
    # A step alone says little to who comes to it: what it belongs to, by whom and why, stands before it.
    running = [e for e in state.executions.values() if e.running_step is not None]
    for execution in running:
        lines.append(("running", _started(execution, shot)))
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
    lines = [*starts, *lines]
    for execution in state.executions.values():
        waits = execution.waits_for
        if waits is not None:
            said = f"“{waits.text}” {_how_it_waits(waits, execution, shot)}"
            lines += [("waits", _started(execution, shot)), ("waits", said)]
        elif execution.awaits_approval:
            lines.append(("waits", f"“{execution.label}” {waits_words(execution, shot.now)}"))
    lines.extend(
        ("waits", f"“{e.label}” since the supervisor's restart: w lets it go on") for e in state.held_executions
    )
    for trigger, fired in offering(state):
        when, seen_then = fired_words(trigger, fired, shot)
        lines.append(("fired", f"{trigger.text}: {when}{f', {seen_then}' if seen_then else ''}"))
    if shot.edited:
        lines.append(("waits", shot.edited))
    events, targets = happened_since(shot, seen), state.labels
    if not events:
        lines.extend(_last_of_a_person(shot, targets))
    told = _worth_telling(events)
    if len(told) < len(events):
        lines.append(("happened", f"{len(events)} events; the last of them, and what weighs:"))
    for event in told:
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


def _countdown(countdown: Countdown, shot: Snapshot) -> str:
    left, text = countdown.left_seconds(shot.now), shot.plan.trigger_index[countdown.trigger].text
    return f"the rollback {f'in {spoken(left)}' if left else 'now'}: {text} · a in view 3 stops it"


def _started(execution: Execution, shot: Snapshot) -> str:
    why = f": “{execution.reason}”" if execution.reason else ""
    return f"{title_of(execution, shot)}, started {time_of(execution.at.wall, shot.now.wall)} by {execution.by}{why}"


def _how_it_waits(step: Step, execution: Execution, shot: Snapshot) -> str:
    if execution.waits_for_confirmation:
        return "is to be confirmed before it starts"
    if execution.of(step.id).state is not StepState.ENDED:
        return "is yours"
    from qudag_tui.tui.widgets.procedure import step_words  # only of what did not pass

    return " · ".join(part.strip() for part in step_words(step, execution, shot)[0][0].split("   "))


def _last_of_a_person(shot: Snapshot, targets: dict[int, str]) -> list[tuple[str, str]]:
    """What was done last, by whom, and how long ago: where nothing happened since, it is where one left off."""
    last = next((event for event in reversed(shot.events) if event.actor.by != "supervisor"), None)
    if last is None:
        return []
    ago = spoken(max(0.0, (shot.now.wall - last.at.wall).total_seconds()))
    return [("last", f"{last.actor.by} {words(last, shot.state.plan_at(last.seq), targets)}, {ago} ago")]


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
        or offering(state)
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
        if answer in _VIEWS:
            app.act(_VIEWS[answer][1])

    app.push_screen(Recap(f"Welcome back, {app.actor.by}.{ago}", seen), answered)
