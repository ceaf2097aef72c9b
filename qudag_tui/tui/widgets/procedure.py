"""The triggers with their live values, and below them the steps of the rollback with outcomes and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from qudag_tui.core.approval import alone_words, waits_words
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.ending import outcome_words, status_words
from qudag_tui.core.execution import Execution, ExecutionState, StepState
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.offering import offering
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.step import Outcome
from qudag_tui.core.trigger import Then
from qudag_tui.tui.facts import time_of, who_and_when
from qudag_tui.tui.widgets.line import Piece, cut, spread
from qudag_tui.tui.widgets.panel import Panel
from qudag_tui.tui.widgets.trigger_words import running_countdowns, trigger_row

if TYPE_CHECKING:
    from qudag_tui.core.observation import Fired
    from qudag_tui.core.step import Step
    from qudag_tui.core.trigger import Trigger
    from qudag_tui.tui.snapshot import Snapshot

_WIDE = 100


@lean_dataclass(frozen=True, slots=True)
class Part:
    """One row: a trigger, a step with its number, or a heading (``text``)."""

    trigger: Trigger | None = None
    step: Step | None = None
    text: str = ""
    number: str = ""


class ProcedureList(Panel):
    """What can be reported and what can be done, one below the other."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Empty until :meth:`show`."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they are
        self.shot: Snapshot | None = None
        self.parts: list[Part] = []
        self._placed: Part | None = None
        self._offered = 0

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot; what runs or waits is kept in sight until the cursor is moved."""
        before = self.part
        active = self.execution(shot)
        offered = None if active is not None and not active.state.is_over else next(iter(offering(shot.state)), None)
        # What has fired since the list was last drawn is what people come to see.
        is_new = offered is not None and offered[1].seq > self._offered
        self._offered = max(self._offered, offered[1].seq if offered is not None else 0)
        self.shot = shot
        self.parts = self._arrange(shot)
        if before is not None and before in self.parts and before != self._placed and not is_new:
            self.cursor = self.parts.index(before)
        else:
            # Nobody has moved the cursor: it stays with what runs or waits, so that keys act on that, or with what fired.
            wanted = active.running_step or active.waits_for if active else None
            named = offered[0] if offered is not None else None
            self.cursor = next(
                (
                    n
                    for n, part in enumerate(self.parts)
                    if (wanted is not None and part.step is wanted) or (named is not None and part.trigger is named)
                ),
                next((n for n, part in enumerate(self.parts) if part.step or part.trigger), -1),
            )
            self._placed = self.part
        self.keep_in_sight()
        self.repaint()

    @staticmethod
    def execution(shot: Snapshot) -> Execution | None:
        """What is shown: what runs or is asked for, else what did not pass, else the last rollback, even a refused one."""
        state = shot.state
        active = state.active_execution or state.in_progress
        newest = next(reversed(state.executions.values()), None)
        if active is not None or newest is None or newest.target == ROLLBACK:
            return active or newest
        if newest.outcome is not Outcome.PASSED and not _is_settled(newest, shot):
            return newest
        return next((e for e in reversed(state.executions.values()) if e.target == ROLLBACK), None)

    def _arrange(self, shot: Snapshot) -> list[Part]:
        parts = [Part(trigger=trigger) for trigger in shot.plan.triggers]
        execution = self.execution(shot)
        procedure = shot.plan.procedures.get(ROLLBACK)
        steps = execution.steps if execution is not None else procedure.steps if procedure else ()
        if parts:
            parts.append(Part())
        parts.append(Part(text="heading"))
        parts.extend(Part(text=note) for note in approval_notes(execution, shot))
        for number, step in enumerate(steps, 1):
            parts.append(Part(step=step, number=str(number)))
            parts.extend(Part(step=below) for below in list(step.walk())[1:])
        return parts

    @property
    def part(self) -> Part | None:
        """The row under the cursor."""
        return self.parts[self.cursor] if 0 <= self.cursor < len(self.parts) else None

    def count(self) -> int:
        """Rows."""
        return len(self.parts)

    def is_selectable(self, number: int) -> bool:
        """Headings are not."""
        part = self.parts[number]
        return part.step is not None or part.trigger is not None

    def draw_row(self, number: int, width: int) -> list[Piece]:
        """A trigger, a step or a heading."""
        part, shot = self.parts[number], self.shot
        if shot is None:
            return []
        if part.trigger is not None:
            return self._trigger(part.trigger, width, shot)
        if part.step is not None:
            return self._step(part, part.step, width, shot)
        if part.text and part.text != "heading":
            return [(f" {cut(part.text, width - 2, self.glyphs)}", self.colours.strong)]
        return self._heading(width, shot) if part.text else [(self.glyphs.rule * width, self.colours.dim)]

    def _trigger(self, trigger: Trigger, width: int, shot: Snapshot) -> list[Piece]:
        armed = shot.state.armed
        held = f" for {spoken(trigger.for_seconds)}" if trigger.for_seconds and width >= _WIDE else ""
        fired = trigger.id in shot.state.fired
        waits = armed is not None and trigger.id in armed.triggers and not fired
        rollback = shot.plan.procedures.get(ROLLBACK)
        may_start = trigger.then is Then.START and rollback is not None and rollback.approvals == 1
        could = may_start and armed is None and not fired and shot.state.closed is None
        starts = f" {self.glyphs.dot} {'armed' if waits else 'A arms it'}" if waits or could else ""
        wordings, tone = trigger_row(trigger, shot)
        styles = {"plain": self.colours.plain, "dim": self.colours.dim, "wrong": self.colours.wrong}
        name = cut(f" {trigger.text}{held}{starts}", width // 2 if fired else width * 3 // 5, self.glyphs)
        room = max(10, width - cell_len(name) - 3)
        return spread(
            [(name, self.colours.wrong if fired else self.colours.plain)],
            [(f"{cut(_fullest(wordings, room), room, self.glyphs)} ", styles[tone])],
            width,
            self.glyphs,
        )

    def _heading(self, width: int, shot: Snapshot) -> list[Piece]:
        execution, run = self.execution(shot), shot.state.run
        to = f" to {run.previous}" if run and run.previous else ""
        title = f" Rollback{to}"
        offered = offering(shot.state)
        if offered and (execution is None or execution.state.is_over):
            said = self._offer(*offered[0], shot)
            return spread(
                [(title, self.colours.strong)],
                [(f"{cut(said, width - len(title) - 3, self.glyphs)} ", self.colours.wrong)],
                width,
                self.glyphs,
            )
        offer = "U undoes, " if execution is not None and _offers_undo(execution, shot) else ""
        if execution is None:
            procedure = shot.plan.procedures.get(ROLLBACK)
            roles = f", for a {' or '.join(procedure.started_by)}" if procedure and procedure.started_by else ""
            said = cut(f"R starts it{roles}", width - len(title) - 3, self.glyphs)
            return spread([(title, self.colours.strong)], [(f"{said} ", self.colours.dim)], width, self.glyphs)
        if execution.target != ROLLBACK:
            title = f" {shot.plan.title_of(execution.target)}"
        if execution.undoes:
            title = f" Undo of{title}"
        why = f": “{execution.reason}”" if execution.reason else ""
        asked = f"{time_of(execution.at.wall, shot.now.wall)} by {execution.by}{why}"
        state = execution.state
        if state is ExecutionState.REQUESTED:
            said, style = f"asked for {asked}", self.colours.accent
            if execution.awaits_approval:
                said = waits_words(execution, shot.now)
        elif state is ExecutionState.RUNNING:
            word = "stopping, started" if execution.aborted_by else "started"
            said, style = f"{word} {asked}", self.colours.accent
            if execution.held:
                said, style = "waits since the supervisor's restart: w lets it go on", self.colours.wrong
        elif state is ExecutionState.FINISHED:
            outcome = execution.outcome or Outcome.UNKNOWN
            style = self.colours.dim if outcome is Outcome.PASSED else self.colours.wrong
            said = f"{outcome_words(outcome)}, {offer}asked for {asked}"
        elif state is ExecutionState.EXPIRED:
            said, style = f"expired: {execution.why or 'nobody took it on'}; asked for {asked}", self.colours.wrong
        else:
            said, style = f"refused: {execution.why}", self.colours.wrong
        return spread(
            [(title, self.colours.strong)],
            [(f"{cut(said, width - len(title) - 3, self.glyphs)} ", style)],
            width,
            self.glyphs,
        )

    @staticmethod
    def _offer(trigger: Trigger, fired: Fired, shot: Snapshot) -> str:
        counting = running_countdowns(shot)
        if counting:
            first = shot.plan.trigger_index[counting[0].trigger].text
            left = spoken(counting[0].left_seconds(shot.now))
            return f"starts in {left}: “{first}” · a stops it"
        how = "fired" if fired.breached else "was reported"
        return f"“{trigger.text}” {how} {time_of(fired.at.wall, shot.now.wall)} · R starts it"

    def _step(self, part: Part, step: Step, width: int, shot: Snapshot) -> list[Piece]:
        execution = self.execution(shot)
        wordings, style = step_words(step, execution, shot)
        styles = {
            "plain": self.colours.plain,
            "dim": self.colours.dim,
            "current": self.colours.accent,
            "wrong": self.colours.wrong,
        }
        waits = execution is not None and execution.waits_for is step
        running = execution is not None and execution.running_step is step
        mark = self.glyphs.current if waits or running else " "
        lead = f"{part.number:>3}  " if part.number else "     " + "  " * step.depth
        # The fullest words beside which the step can still be read as a whole; what is left out stands elsewhere.
        free = width - len(lead) - cell_len(step.text) - 4
        said = _fullest(wordings, free)
        room = max(12, width - len(lead) - len(said) - 4)
        text = cut(step.text, room, self.glyphs)
        text_style = (
            self.colours.strong if waits or running else styles[style] if style == "dim" else self.colours.plain
        )
        left: list[Piece] = [(mark, self.colours.accent), (lead, self.colours.dim), (text, text_style)]
        return spread(left, [(f"{cut(said, width - len(lead) - 14, self.glyphs)} ", styles[style])], width, self.glyphs)


def approval_notes(execution: Execution | None, shot: Snapshot) -> list[str]:
    """Below the heading: what can be done for a request that waits, who approved, or who went on alone, for ever."""
    if execution is None:
        return []
    notes = [f"approved by {one.principal} {time_of(one.at.wall, shot.now.wall)}" for one in execution.approvals.given]
    if execution.approvals.alone:
        notes.append(alone_words(execution))
    if execution.awaits_approval:
        notes.append("y copies the text to sign · P takes the signature · a withdraws it")
    return notes


def _is_settled(execution: Execution, shot: Snapshot) -> bool:
    """Whether the box of a script item was settled otherwise, so that its execution is past."""
    item = shot.plan.items.get(execution.target)
    return item is not None and shot.state.item_state(item).is_settled


def _offers_undo(execution: Execution, shot: Snapshot) -> bool:
    """Whether what did not pass can be taken back."""
    return execution.outcome is not Outcome.PASSED and shot.state.undoable(execution.target) is not None


def _fullest(wordings: tuple[str, ...], room: int) -> str:
    """The first of ``wordings`` that has room, else the last."""
    return next((words for words in wordings if cell_len(words) <= room), wordings[-1])


def step_words(step: Step, execution: Execution | None, shot: Snapshot) -> tuple[tuple[str, ...], str]:
    """How a step stands, in words, the fullest first, and whether that is ``plain``, ``dim``, ``current`` or ``wrong``."""
    if execution is None or execution.state is ExecutionState.REQUESTED:
        return (_plan_of(step),), "dim"
    progress, standing = execution.of(step.id), execution.standing(step)
    if progress.undone:
        return ("undone",), "plain"
    if standing is StepState.NOT_NEEDED or (step.parent and _is_spared(step, execution)):
        return ("not needed",), "dim"
    if progress.state is StepState.SKIPPED and progress.ended:
        return (f"skipped: {progress.reason}   {who_and_when(progress.by, progress.ended, shot.now)}",), "dim"
    if progress.state in {StepState.RUNNING, StepState.WATCHING} and progress.since:
        return _under_way(step, execution, shot)
    if progress.state is StepState.ENDED and progress.outcome is not None:
        return _ended(step, execution, shot)
    if execution.waits_for is step:
        return ("w confirms that it starts" if execution.waits_for_confirmation else "waits for a person",), "current"
    if standing is StepState.ENDED:
        return ("done",), "dim"
    if execution.state.is_over:
        return ("not finished" if standing is StepState.RUNNING else "not done",), "dim"
    if standing is StepState.RUNNING:
        return ("under way",), "plain"
    return (f"waits   {_plan_of(step)}".rstrip(),), "dim"


def _under_way(step: Step, execution: Execution, shot: Snapshot) -> tuple[tuple[str, ...], str]:
    """A command that runs or a condition that is watched, with its timer; without a supervisor nobody knows."""
    since = execution.of(step.id).since
    seconds = shot.now.seconds_since(since) if since else 0.0
    is_unwatched = shot.standings.supervised is False
    if step.until is not None:
        timer = f"{clock(seconds)} of {clock(step.until.within_seconds)}"
        if is_unwatched:
            return (f"not watched: no supervisor   {timer}", f"not watched  {timer}"), "wrong"
        seen = shot.standings.watches.get(step.id)
        line = seen.line if seen else ""
        lives = [f"{live}   " for live in (line, line.partition(" · ")[0]) if live]
        return tuple(f"{live}watching  {timer}" for live in [*lives, ""]), "current"
    late = step.target_seconds is not None and seconds > step.target_seconds
    target = f" of {clock(step.target_seconds)}" if step.target_seconds is not None else ""
    word = "runs, or has ended" if is_unwatched else "running"
    return (f"{word}  {clock(seconds)}{target}",), "wrong" if late or is_unwatched else "current"


def _is_spared(step: Step, execution: Execution) -> bool:
    holder = execution.step(step.parent) if step.parent else None
    return holder is not None and not execution.is_needed(holder)


def _plan_of(step: Step) -> str:
    if step.until is not None:
        return f"up to {clock(step.until.within_seconds)}"
    if step.target_seconds is not None:
        return f"within {clock(step.target_seconds)}"
    return "a person" if step.is_persons else ""


def _ended(step: Step, execution: Execution, shot: Snapshot) -> tuple[tuple[str, ...], str]:
    progress = execution.of(step.id)
    outcome = progress.outcome or Outcome.UNKNOWN
    word = outcome_words(outcome, of_watch=step.until is not None)
    who = f"{progress.by} " if progress.by else ""
    when = f"{who}{time_of(progress.ended.wall, shot.now.wall)}" if progress.ended else who
    attempt = progress.attempts[-1] if progress.attempts else None
    if outcome is Outcome.NEVER_STARTED and attempt is not None and attempt.outcome is not outcome:
        # That one is of an attempt before: this time not even a process was there.
        attempt = None
    took = ""
    if attempt is not None and attempt.seconds is not None:
        took = f"  {clock(attempt.seconds)}"
        if step.target_seconds is not None:
            took += f" of {clock(step.target_seconds)}"
    # The signal of a step that was stopped is the tool's own: here is no room for it.
    is_told = attempt is not None and (attempt.code or outcome is Outcome.FAILED)
    code = status_words(attempt) if attempt is not None and is_told else ""
    said = progress.reason or (progress.line if step.until is not None else "")
    why = f": {said}" if said and outcome is not Outcome.PASSED else ""
    retry = "t retry"
    if outcome is Outcome.NEVER_STARTED and shot.readiness is not None and shot.readiness.why:
        # What has changed stands below, and in the banner: here is room for what can be done.
        why, retry = ": not trusted", "t review"
    ways = [*([retry] if not step.is_persons else []), *(["k skip"] if not step.required else []), "m mark"]
    # Where something is to be done there is no room for when, too: the banner and the timeline have it.
    after = ", ".join(ways) if execution.waits_for is step else when
    whys = (why, why.partition(" · ")[0], "")
    found = (*(f"{word}{code}{each}{took}   {after}" for each in whys), f"{word}{code}   {after}")
    return found, "dim" if outcome is Outcome.PASSED else "wrong"
