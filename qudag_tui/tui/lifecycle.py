"""How the program ends when it is not asked nicely: signals, a terminal that is gone or stalled, a crash."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp

LAST_RESORT_SECONDS = 2.0
# Longer than the journal's lock is waited for.
SAVING_SECONDS = 10.0
# The groups of the workers between a key and what is on disk for it.
SUBMITTING, ASKING = "submit", "ask"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
# Leaves the alternate screen; mouse, focus, paste and keyboard reports off; cursor on; wrapping on.
_RESTORE = b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[?7h\x1b[0m"


async def stop_here(app: QudagApp) -> None:
    """Stop the program, as ctrl+z does, but never with the journal's lock in its hands: the rollback would wait for it."""
    run = app.session.run
    if not await is_saved(app, SAVING_SECONDS) or (
        run is not None and not await asyncio.to_thread(run.rest, SAVING_SECONDS)
    ):
        app.say("something is still being saved: ctrl+z again", wrong=True)
        return
    try:
        app.action_suspend_process()
    finally:
        if run is not None:
            run.go_on()


async def is_saved(app: QudagApp, within_seconds: float) -> bool:
    """Wait for everything that was asked for up to now to be on disk, or refused; False if it took too long."""
    try:
        async with asyncio.timeout(within_seconds):
            # Who has to look at the disk first asks only then.
            while asked := [one for one in app.workers if one.group in {SUBMITTING, ASKING} and not one.is_finished]:
                # Shielded: a wait that is given up would cancel what it waits for.
                await asyncio.shield(asyncio.gather(*(one.wait() for one in asked), return_exceptions=True))
    except TimeoutError:
        return False
    return True


def unusable_terminal(environment: Mapping[str, str]) -> str:
    """Why nothing can be drawn here; empty where it can. Textual reads stdin and draws on stderr."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the screen needs a terminal on standard input and standard error; status and the other verbs do not"
    if environment.get("TERM", "") in {"", "dumb"}:
        return "TERM says that this terminal cannot place text; use status, tick and the other verbs, or set TERM"
    return ""


def is_stalled() -> bool:
    """Whether the terminal takes nothing of what is drawn: nobody reads there, or it is gone."""
    poller = select.poll()
    # Textual draws on stderr.
    poller.register(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2, select.POLLOUT)
    return [mask for _, mask in poller.poll(0)] != [select.POLLOUT]


def is_ascii_locale(environment: Mapping[str, str]) -> bool:
    """Whether the locale says, by the first of its variables that is set, that only ASCII can be shown."""
    said = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return said in {"C", "POSIX"}


class Lifecycle:
    """Ends the program with 128 + n, the terminal restored, within two seconds of a signal or of the terminal's end."""

    def __init__(self) -> None:
        """Nothing is installed yet; remembers how the terminal was."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exit: Callable[[int], object] | None = None
        self._before: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._is_ending = False
        self._last_resort: threading.Timer | None = None

    def install(self) -> None:
        """Take the signals, and watch for the end of the terminal."""
        try:
            self._before = termios.tcgetattr(0)
        except termios.error:
            self._before = None
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        threading.Thread(target=self._watch_terminal, name="terminal-watch", daemon=True).start()

    def running(self, loop: asyncio.AbstractEventLoop, leave: Callable[[int], object]) -> None:
        """From here ``leave(code)`` ends the program in good order when it is called on ``loop``."""
        self._loop, self._exit = loop, leave

    def uninstall(self) -> None:
        """The screen is gone and the terminal restored: signals mean again what they meant."""
        if self._last_resort is not None:
            self._last_resort.cancel()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        self.end(128 + number)

    def end(self, code: int) -> None:
        """End in good order, or, where that takes too long, at once."""
        if self._is_ending:
            return
        self._is_ending = True
        # A stalled terminal blocks the event loop, and a signal handler on the loop would never run.
        self._last_resort = threading.Timer(LAST_RESORT_SECONDS, self._give_up, (code,))
        self._last_resort.daemon = True
        self._last_resort.start()
        if self._loop is None or self._exit is None:
            self._give_up(code)
        else:
            try:
                self._loop.call_soon_threadsafe(self._exit, code)
            except RuntimeError:
                self._give_up(code)

    def _give_up(self, code: int) -> None:
        try:
            if self._before is not None:
                termios.tcsetattr(0, termios.TCSANOW, self._before)
            # A description of its own, so that not waiting here does not change the shell's.
            terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            os.write(terminal, _RESTORE)
        except (OSError, termios.error):
            pass
        os._exit(code)

    def _watch_terminal(self) -> None:
        poller = select.poll()
        poller.register(0, 0)
        while True:
            try:
                found = poller.poll()
            except OSError:
                return
            if any(mask & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, mask in found):
                self.end(128 + signal.SIGHUP)
                return


def flush_or_end(code: int) -> None:
    """Empty the output's buffers; where the terminal is gone, end with ``code``, or Python would end with 120."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        os._exit(code)
