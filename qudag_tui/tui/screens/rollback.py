"""View 3: triggers, the steps of the rollback, and the output of the step that runs."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from qudag_tui.core.ending import outcome_words, status_words
from qudag_tui.core.execution import Attempt, Execution, StepState
from qudag_tui.core.step import Outcome
from qudag_tui.run.error import RunError
from qudag_tui.run.step_output import Read, StepOutput
from qudag_tui.tui.keymap import Where
from qudag_tui.tui.screens.view import View, bindings
from qudag_tui.tui.widgets.line import wrapped
from qudag_tui.tui.widgets.output import Output
from qudag_tui.tui.widgets.procedure import ProcedureList

if TYPE_CHECKING:
    from qudag_tui.core.step import Step
    from qudag_tui.core.trigger import Trigger
    from qudag_tui.tui.snapshot import Snapshot

FOLLOW_SECONDS = 0.1
# More than this a second no terminal is sent of an output, whatever a step writes.
_CELLS_A_SECOND = 24_000
_TAIL_BYTES = 64 * 1024
_WAYS_ON = "t shows what has changed where a review is needed, and tries it again."


class Rollback(View):
    """Its keys act on the step that waits; triggers are never paused here."""

    where = Where.ROLLBACK
    pauses = False
    CSS_PATH = "rollback.tcss"
    BINDINGS: ClassVar = bindings(Where.ROLLBACK)

    def body(self) -> ComposeResult:
        """The list above, the output below."""
        desk = self.desk
        self.list = ProcedureList(desk.glyphs, desk.colours, id="procedure")
        self.output = Output(desk.glyphs, desk.colours, id="output")
        self._log = ""
        self._read_on: StepOutput | None = None
        self._following = False
        self._not_before = 0.0
        self._failed = ("", 0)
        self._jumped = ""
        yield self.list
        yield self.output

    def on_mount(self) -> None:
        """Follow the output while this view is looked at (the frame mounts itself)."""
        self.set_interval(FOLLOW_SECONDS, self._follow)

    def focus_target(self) -> Widget | None:
        """The list."""
        return self.list

    def show(self, shot: Snapshot) -> None:
        """Draw a new snapshot."""
        self.list.show(shot)
        execution = self.list.execution(shot)
        waits = execution.waits_for if execution is not None else None
        self.footer.leave_out(frozenset({"skip"} if waits is not None and waits.required else ()))
        rows = self.list.count()
        height = self.size.height
        wanted = max(3, min(rows, height - 4 - max(4, height // 5)))
        if self.list.styles.height is None or self.list.styles.height.value != wanted:
            self.list.styles.height = wanted

    @property
    def step(self) -> Step | None:
        """The step under the cursor."""
        return self.list.part.step if self.list.part else None

    @property
    def trigger(self) -> Trigger | None:
        """The trigger under the cursor."""
        return self.list.part.trigger if self.list.part else None

    # Output

    def _attempt(self) -> tuple[Step, Attempt] | None:
        """The attempt whose output is shown.

        Of the step that has just failed; else under the cursor, else the running one, else the last that ran.
        """
        shot = self.desk.shot
        execution = self.list.execution(shot) if shot else None
        if execution is None:
            return None
        failed = self._just_failed(execution)
        if failed is not None:
            return failed, execution.of(failed.id).attempts[-1]
        under = self.step
        if under is not None and execution.of(under.id).attempts:
            return under, execution.of(under.id).attempts[-1]
        ran = [
            (step, execution.of(step.id).attempts[-1]) for step in execution.walk() if execution.of(step.id).attempts
        ]
        return max(ran, key=lambda pair: pair[1].started.wall, default=None)

    def _just_failed(self, execution: Execution) -> Step | None:
        """The step that waits because it failed, until somebody moves the cursor: its last lines say why."""
        waits = execution.waits_for
        progress = execution.of(waits.id) if waits is not None else None
        if waits is None or progress is None or progress.state is not StepState.ENDED or not progress.attempts:
            self._jumped = ""
            return None
        if (waits.id, len(progress.attempts)) != self._failed:
            self._failed, self._jumped = (waits.id, len(progress.attempts)), waits.id
        return waits if self._jumped == waits.id else None

    def _heading(self, step: Step, attempt: Attempt) -> str:
        again = f", attempt {attempt.number}" if attempt.number > 1 else ""
        if attempt.outcome is None or attempt.outcome is Outcome.PASSED:
            # Of one that passed, that its output could not be kept: an empty log is none.
            lacks = f"{attempt.error} {self.desk.glyphs.dot} " if attempt.error else ""
            return f"{lacks}{step.text}{again}"
        why = f": {attempt.error}" if attempt.error else ""
        how = f"{outcome_words(attempt.outcome)}{status_words(attempt)}{why}"
        return f"{how} {self.desk.glyphs.dot} {step.text}{again}"

    async def _follow(self) -> None:
        if self._following or not self.is_current or monotonic() < self._not_before:
            return
        if self.desk.is_paused and self._log:
            return
        refused = self._refused()
        if refused is not None:
            self._show_refusal(*refused)
            return
        found = self._attempt()
        run = self.desk.session.run
        if run is None:
            return
        if found is None or not found[1].log:
            self._show_none(self._heading(*found) if found is not None else "")
            return
        self._following = True
        try:
            step, attempt = found
            if attempt.log != self._log or self._read_on is None:
                self._log, self._read_on = attempt.log, StepOutput.of(run.folder, attempt.log)
                self.output.start(self._heading(step, attempt))
            self.output.head(self._heading(step, attempt), wrong=attempt.outcome not in {None, Outcome.PASSED})
            reading = self._read_on
            read = await asyncio.to_thread(lambda: reading.read(_TAIL_BYTES, keep=_TAIL_BYTES))
            if read.data and self._log == attempt.log:
                self._show_output(read)
        except (OSError, RunError) as error:
            if not self.output.lines:
                self.output.start(f"the output cannot be read: {error}")
        finally:
            self._following = False

    def _show_none(self, heading: str) -> None:
        """No output yet, or none that was kept: that of another execution would seem to be this one's."""
        if self._log or self.output.heading != heading:
            self._log, self._read_on = "", None
            self.output.start(heading)

    def _refused(self) -> tuple[Step, str] | None:
        """The step that waits because it could not even start, with the reason; another one's output would mislead."""
        shot = self.desk.shot
        execution = self.list.execution(shot) if shot else None
        waits = execution.waits_for if execution is not None else None
        if execution is None or waits is None or self.step not in (None, waits):  # steps cannot be hashed
            return None
        progress = execution.of(waits.id)
        newest = progress.attempts[-1].outcome if progress.attempts else None
        if progress.outcome is not Outcome.NEVER_STARTED or newest is Outcome.NEVER_STARTED:
            return None
        return waits, progress.reason

    def _show_refusal(self, step: Step, why: str) -> None:
        log = f"never started: {step.id}: {why}"
        if log == self._log:
            return
        self._log, self._read_on = log, None
        self.output.start(f"never started {self.desk.glyphs.dot} {step.text}")
        self.output.head(self.output.heading, wrong=True)
        lines = wrapped(f"{why}.", self.size.width - 2, self.desk.glyphs)
        self.output.feed("\n".join([*lines, "", _WAYS_ON, ""]).encode())

    def _show_output(self, read: Read) -> None:
        self.output.feed(read.data, read.missed)
        # A link pays for every byte: a large pane that changes as a whole is drawn less often.
        self._not_before = monotonic() + self.output.size.width * self.output.size.height / _CELLS_A_SECOND

    # Moving and searching

    def act_down(self) -> None:
        """One row down."""
        self._jumped = ""
        self.list.move(1)

    def act_up(self) -> None:
        """One row up."""
        self._jumped = ""
        self.list.move(-1)

    def act_first(self) -> None:
        """The first row."""
        self._jumped = ""
        self.list.move_to(0)

    def act_last(self) -> None:
        """The last row."""
        self._jumped = ""
        self.list.move_to(self.list.count() - 1)

    def act_page_down(self) -> None:
        """The output, further down."""
        self.output.scroll(-max(1, self.output.size.height - 2))

    def act_page_up(self) -> None:
        """The output, further up."""
        self.output.scroll(max(1, self.output.size.height - 2))

    def act_follow(self) -> None:
        """The newest output."""
        self.output.up = 0
        self.output.repaint()

    def search(self, needle: str, direction: int, *, stay: bool = False) -> None:
        """In the output, from its end upwards."""
        if stay:
            self.output.up = 0
        place, number = self.output.find(needle, direction, stay=stay)
        if number:
            self.footer.say(f"“{needle}”: {place} of {number}, counted from the end")
        elif needle:
            self.footer.say(f"“{needle}” is nowhere in what is kept here; qudag-tui output has all", wrong=True)

    def act_next_match(self) -> None:
        """Further up."""
        self.search(self.output.needle, 1)

    def act_match_before(self) -> None:
        """Further down."""
        self.search(self.output.needle, -1)

    def act_copy(self) -> None:
        """The text to sign, while something waits for a signature; else what every view copies."""
        shot = self.desk.shot
        if shot is not None and shot.state.awaiting_approval is not None:
            from qudag_tui.tui.acts.approval import copy_text_to_sign  # few runs need it

            copy_text_to_sign(self.desk)
        else:
            self.desk.act("copy")

    def copy_text(self) -> str:
        """The output."""
        return "\n".join(self.output.every_line())
