"""The application: modes for the four views, one snapshot for all of them, and the way from keys to intents."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from qudag_tui.core.event import Actor, Event, TriggerBreached, TriggerFired
from qudag_tui.core.narration import words
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.tui import messages, theme
from qudag_tui.tui.glyphs import ASCII, UNICODE
from qudag_tui.tui.history import History
from qudag_tui.tui.lifecycle import (
    ASKING,
    SUBMITTING,
    Lifecycle,
    flush_or_end,
    is_ascii_locale,
    is_stalled,
    stop_here,
    unusable_terminal,
)
from qudag_tui.tui.modes import FIRST, MODES, commands
from qudag_tui.tui.pace import QUIET_SECONDS, Pace
from qudag_tui.tui.screens.view import View
from qudag_tui.tui.session import Session
from qudag_tui.tui.snapshot import Snapshot, first_snapshot
from qudag_tui.tui.verdicts import too_short

if TYPE_CHECKING:
    from qudag_tui.core.intent import Intent


class QudagApp(App[int]):
    """``quiet_seconds`` is :class:`Pace`'s."""

    CSS_PATH = "app.tcss"
    TITLE = "qudag-tui"
    COMMANDS: ClassVar = {commands}
    # Its own key would open it over a dialog as well; act_palette opens it.
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = FIRST
    MODES: ClassVar = dict(MODES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "ctrl_c", show=False, system=True),
        Binding("ctrl+q", "ask_quit", show=False, priority=True),
    ]

    def __init__(
        self,
        folder: Path,
        actor: Actor,
        *,
        ascii: bool = False,  # noqa: A002  # the option's name
        quiet_seconds: float = QUIET_SECONDS,
        lifecycle: Lifecycle | None = None,
    ) -> None:
        """Only the run's title is read before the first paint."""
        super().__init__()
        self.colours = theme.wear(self, os.environ)
        self.glyphs = ASCII if ascii else UNICODE
        self.actor = actor
        self.session = Session(folder, self.post_message, is_stalled if lifecycle is not None else lambda: False)
        self.pace = Pace(quiet_seconds)
        self.shot: Snapshot | None = None
        self.history = History()
        self.held: Snapshot | None = None
        self.first_words = self.session.first_words()
        # Until when (monotonic seconds) the rollback view is to be opened on what offers it.
        self.show_offer_until: float | None = None
        self._not_saved = ""
        self._following = ""
        self._unattended = ""
        self._lifecycle = lifecycle

    # Life

    def on_mount(self) -> None:
        """Paint first, read the run right after."""
        if self._lifecycle is not None:
            self._lifecycle.running(asyncio.get_running_loop(), lambda code: self.exit(code, return_code=code))
        # The terminal has forgotten what stood there before ctrl+z.
        self.app_resume_signal.subscribe(self, lambda _: self.act_redraw())
        if self.session.is_large():
            self.call_after_refresh(self._start_reading)
        else:
            self._start_reading()
        self._tick()

    def _start_reading(self) -> None:
        self.run_worker(self._journal_thread, thread=True, group="journal", exit_on_error=False)

    def _journal_thread(self) -> None:
        self.session.open()
        self.session.follow()

    def on_unmount(self) -> None:
        """Let the threads end."""
        self.session.stop()

    def _fatal_error(self) -> None:
        """In place of Textual's screen, which shows local variables: a short message, and a file."""
        from qudag_tui.run.crash import write_crash  # only when it crashes

        error = self._exception
        if error is not None:
            path = write_crash(error)
            kept = f"the details are in {path}" if path else "no folder takes the details"
            self._exit_renderables.append(
                Text(f"qudag-tui: {type(error).__name__}; nothing is lost of the run, {kept}")
            )
        self._close_messages_no_wait()

    def _tick(self) -> None:
        """Once a second, on the second: the clock, the timers, the newest readings."""
        now = clock.now()
        if self.shot is not None:
            self._look(replace(self.shot, now=now))
            if self.show_offer_until is not None:
                from qudag_tui.tui.alert import show_offer  # nothing has fired at the start

                show_offer(self)
        self.set_timer(1.02 - now.wall.microsecond / 1e6, self._tick)

    def _look(self, shot: Snapshot) -> None:
        self.shot = shot
        for screen in self.screen_stack if self._screen_stacks.get(self.current_mode) else ():
            if isinstance(screen, View) or (screen is self.screen and hasattr(screen, "refresh_from_desk")):
                screen.refresh_from_desk()

    # What the threads say

    def on_run_opened(self, message: messages.RunOpened) -> None:
        """The state is ours from here."""
        is_first = self.shot is None
        shot = first_snapshot(message.plan, message.state, message.events, self.actor, clock.now())
        self.history = History()
        self.history.add(message.events)
        if self.shot is not None:
            shot = replace(
                shot,
                readings=self.shot.readings,
                trouble=self.shot.trouble,
                edited=self.shot.edited,
                readiness=self.shot.readiness,
            )
        self._look(shot)
        if is_first:
            self.call_after_refresh(self._after_first_paint)
        else:
            self.session.shown(shot.state.head_seq)

    def _after_first_paint(self) -> None:
        """What can wait until there is something to look at; threads before that would only delay it."""
        if self.shot is not None:
            self.session.shown(self.shot.state.head_seq)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        self.run_worker(self.session.sample, thread=True, group="samples", exit_on_error=False)
        self.run_worker(self.session.watch_file, thread=True, group="file", exit_on_error=False)
        self.run_worker(self.session.watch_readiness, thread=True, group="readiness", exit_on_error=False)
        self.attach_again()

    def on_opening_failed(self, message: messages.OpeningFailed) -> None:
        """Leave; the reason is for the command line to say."""
        self.exit(4, return_code=4, message=Text(f"qudag-tui: {message.why}"))

    def on_journal_grew(self, message: messages.JournalGrew) -> None:
        """Fold in what is new, and show it."""
        shot = self.shot
        if shot is None:
            return
        for event in message.events:
            shot.state.apply(event)
        self.history.add(message.events)
        self._look(replace(shot, events=shot.events + message.events, now=clock.now()))
        self.session.shown(shot.state.head_seq)
        if any(isinstance(event.fact, TriggerBreached | TriggerFired) for event in message.events):
            from qudag_tui.tui.alert import alert  # nothing has fired at the start

            alert(self, message.events)

    def on_readings_taken(self, message: messages.ReadingsTaken) -> None:
        """Shown with the next tick; the first ones at once."""
        if self.shot is not None:
            before = self.shot.readings
            self.shot = replace(self.shot, readings=message.readings)
            if not before.series or before.standings.supervised != message.readings.standings.supervised:
                self._look(self.shot)

    def on_readiness_found(self, message: messages.ReadinessFound) -> None:
        """Shown at once if it is news."""
        if self.shot is not None and message.readiness != self.shot.readiness:
            self._look(replace(self.shot, readiness=message.readiness))

    def on_trouble_changed(self, message: messages.TroubleChanged) -> None:
        """Following the journal failed, or works again."""
        self._following = message.trouble
        self._show_trouble()

    def _show_trouble(self) -> None:
        if self.shot is not None:
            self._look(replace(self.shot, trouble=self._not_saved or self._following or self._unattended))

    def on_file_edited(self, message: messages.FileEdited) -> None:
        """Nothing follows from it: the run goes on with its plan until somebody adopts another."""
        if self.shot is not None:
            self._look(replace(self.shot, edited=message.said))

    def on_supervision_failed(self, message: messages.SupervisionFailed) -> None:
        """Shown until it works."""
        if message.why != self._unattended:
            self._unattended = message.why
            self._show_trouble()

    def forget_what_was_not_saved(self) -> None:
        """What stood in its way is gone."""
        self._not_saved = ""
        self._show_trouble()

    def on_welcomed_back(self, message: messages.WelcomedBack) -> None:
        """Show what happened meanwhile, unless a dialog is open already."""
        if self.shot is not None and len(self.screen_stack) == 1:
            from qudag_tui.tui.screens.recap import show_recap  # imported when it is shown

            show_recap(self, message.seen, message.left)

    # From intents to events

    def submit(self, intent: Intent) -> None:
        """Ask for something; what becomes of it is shown when it is on disk, or refused."""
        self.submit_by(partial(self.session.submit, intent, self.actor))

    def submit_by(self, saving: Callable[[], None]) -> None:
        """The same where there is more to save than the intent alone; ``saving`` blocks, and posts what became of it."""
        self.run_worker(saving, thread=True, group=SUBMITTING, exit_on_error=False)

    def ask_in_background(self, asking: Coroutine[None, None, None]) -> None:
        """Something that has to look at the disk before it can ask; where even that fails, it is said."""
        self.run_worker(self._asked(asking), group=ASKING, exit_on_error=False)

    async def _asked(self, asking: Coroutine[None, None, None]) -> None:
        try:
            await asking
        except Exception as error:  # noqa: BLE001  # a key that seems to do nothing is the worst answer of all
            from qudag_tui.run.crash import write_crash  # nobody foresaw it

            self.say(f"nothing was asked or started: {error} ({write_crash(error)})", wrong=True)

    def on_intent_answered(self, message: messages.IntentAnswered) -> None:
        """An event, a refusal (perhaps a question), or a failure to save."""
        answer = message.answer
        if isinstance(answer, Event):
            self._not_saved = ""
            self._show_trouble()
            if self.shot is not None:
                state = self.shot.state
                warning = too_short(answer.fact, self.shot)
                said = warning or words(answer, state.plan_at(answer.seq), state.labels)
                self.say(said, wrong=bool(warning))
        elif isinstance(answer, Refusal):
            from qudag_tui.tui.acts.refused import refused  # imported when something is refused

            refused(self, message.intent, answer)
        else:
            self._not_saved = answer
            if getattr(message.intent, "target", "") == ROLLBACK:
                self._not_saved = f"qudag-tui rollback --unrecorded at a shell is the way out · {answer}"
            self._show_trouble()

    def say(self, notice: str, *, wrong: bool = False) -> None:
        """A notice in the footer, until the next key."""
        view = self.view
        if view is not None:
            view.footer.say(notice, wrong=wrong)

    @property
    def view(self) -> View | None:
        """The view below any dialog."""
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, View) else None

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Watch how fast keys come."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.pace.key(event.time, into_a_field=type(self.focused).__name__ == "Input")
            screen = self.screen
            if isinstance(screen, View):
                if screen.moves(event.key):
                    return
                if self.pace.is_pasting:
                    # Dropped here: thousands of keys that do nothing would keep those that a person presses waiting.
                    screen.footer.say("that looked like a paste: nothing was recorded")
                    return
        await super().on_event(event)

    def act(self, name: str) -> None:
        """Do what a key or a command stands for; what asks something is imported when it is first used."""
        if name in self.MODES:
            self.show_offer_until = None
            self.switch_mode(name)
        elif own := getattr(self, f"act_{name}", None):
            own()
        else:
            from qudag_tui.tui import asking

            asking.ACTS[name](self)

    # Keys that every view shares

    def attach_again(self) -> None:
        """Be there under the name that is declared now, and see that there is a supervisor."""
        self.run_worker(partial(self.session.attach, self.actor), thread=True, group="attach", exit_on_error=False)

    def act_pause(self) -> None:
        """Hold the display, or go on."""
        if self.shot is None:
            return
        if self.held is None:
            # A state of its own, folded again, because the one that is shown goes on changing.
            state = self.shot.state.anew()
            for event in self.shot.events:
                state.apply(event)
            self.held = replace(self.shot, state=state)
        else:
            self.held = None
        self._look(self.shot)

    @property
    def is_paused(self) -> bool:
        """Whether the display is held."""
        return self.held is not None

    def act_palette(self) -> None:
        """Every command by its name."""
        from qudag_tui.tui.screens.palette import Palette  # imported when it is opened

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def act_redraw(self) -> None:
        """For a screen that something else wrote over."""
        self.refresh(layout=True)
        self.screen.refresh()

    def act_suspend(self) -> None:
        """Back to the shell, once what is being saved is saved."""
        # In a group of its own: it waits for the others.
        self.run_worker(self._asked(stop_here(self)), group="suspend", exit_on_error=False)

    def action_ctrl_c(self) -> None:
        """Nothing ends by accident."""
        self.say("q quits; what the supervisor does goes on")

    def action_ask_quit(self) -> None:
        """Textual's own key for quitting asks as well."""
        self.act("quit")


def run_tui(folder: Path, actor: Actor, *, ascii: bool = False) -> int:  # noqa: A002  # the option's name
    """Open the run in ``folder`` on this terminal, until the operator leaves; the exit code.

    2 where there is no terminal to draw on, 4 where the run cannot be read, 128 + n after a signal, 1 after a crash.
    """
    why = unusable_terminal(os.environ)
    if why:
        print(f"qudag-tui: {why}", file=sys.stderr)  # noqa: T201  # there is no screen to say it on
        return 2
    lifecycle = Lifecycle()
    lifecycle.install()
    # Nothing that was imported is garbage: looking for some before the first paint takes a tenth of the start.
    gc.disable()
    app = QudagApp(folder, actor, ascii=ascii or is_ascii_locale(os.environ), lifecycle=lifecycle)
    try:
        app.run()
    finally:
        lifecycle.uninstall()
    code = app.return_code or 0
    flush_or_end(code)
    return code
