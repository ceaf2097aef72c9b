"""The threads behind the screen: one follows the journal, one reads samples, others write; none touches a widget."""

from __future__ import annotations

import os
import threading
import tomllib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.event import PlanAdopted, RequestRefused, StepRefused, StepStarted
from qudag_tui.core.readiness import Readiness
from qudag_tui.run import clock
from qudag_tui.run.error import RunError
from qudag_tui.run.folder import JOURNAL, RunFolder
from qudag_tui.run.run import Run
from qudag_tui.run.witness import write_witness
from qudag_tui.tui.messages import (
    FileEdited,
    IntentAnswered,
    JournalGrew,
    OpeningFailed,
    ReadinessFound,
    ReadingsTaken,
    RunOpened,
    SupervisionFailed,
    TroubleChanged,
    WelcomedBack,
)

if TYPE_CHECKING:
    from textual.message import Message

    from qudag_tui.core.event import Actor, Event
    from qudag_tui.core.intent import Intent
    from qudag_tui.run.adopting import Candidate
    from qudag_tui.run.presence import Presence

POLL_SECONDS = 0.1
SAMPLE_SECONDS = 1.0
READINESS_SECONDS = 60.0
NOTE_SECONDS = 5.0
FILE_SECONDS = 1.5
_HEAD_BYTES = 16 * 1024
_LARGE_BYTES = 150_000
_READY_SECONDS = 10.0
STARTED_SECONDS = 15.0
_STARTED_POLL_SECONDS = 0.02
READ_NS = 1_000_000_000
# After each of these, what could start is not what it was when that was last looked at.
DOUBTS = (PlanAdopted, RequestRefused, StepRefused, StepStarted)
# Each of these leaves the supervisor something to do: there is to be one before it is asked.
_NEEDS_SUPERVISOR = {"Tick", "Execute", "Approve", "Retry", "Resume", "ConfirmStep", "MarkStep", "Skip", "Arm"}
# Asked before the supervisor has said that it started, these would only wait for a person's confirmation.
_WAITS_FOR_START = {"Execute", "Approve", "Retry", "Resume", "ConfirmStep"}


class Session:
    """One operator at one run. ``post`` takes messages from any thread; every method here may block."""

    def __init__(
        self, folder: Path, post: Callable[[Message], object], is_stalled: Callable[[], bool] = lambda: False
    ) -> None:
        """Nothing is read before :meth:`open`. ``is_stalled`` says whether what is shown does not reach the terminal."""
        self._is_stalled = is_stalled
        self.folder = folder
        self._post = post
        self._run: Run | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._ready = threading.Event()
        self._look = threading.Event()
        self._doubt = threading.Event()
        self._presence: Presence | None = None
        self._attaching = threading.Lock()
        self._shown: deque[tuple[int, int]] = deque(maxlen=1000)
        self._untaken = 0

    @property
    def run(self) -> Run | None:
        """The open run; its state belongs to the threads here, the screen has its own."""
        return self._run

    def open(self) -> None:
        """Read the run and hand its state over; says why where it cannot be read."""
        try:
            self._run = Run.open(self.folder)
        except (RunError, OSError) as error:
            self._post(OpeningFailed(str(error)))
            return
        self._hand_over(self._run)
        self._ready.set()

    def first_words(self) -> tuple[str, str]:
        """Title and release, from the first event alone: what can be painted before a large run is read."""
        try:
            folder = RunFolder.open(self.folder)
            descriptor = folder.open_file(JOURNAL)
            try:
                head = os.read(descriptor, _HEAD_BYTES).decode("utf-8", "replace")
            finally:
                os.close(descriptor)
            values = tomllib.loads(head.partition("\n\n")[0])["event"][0]
            return str(values["title"]), str(values["release"])
        except (RunError, OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return "", ""

    def is_large(self) -> bool:
        """Whether reading the run takes so long that something should be painted before."""
        try:
            plans = sum(path.stat().st_size for path in (self.folder / "plans").iterdir())
            return plans + (self.folder / JOURNAL).stat().st_size > _LARGE_BYTES
        except OSError:
            return False

    def _hand_over(self, run: Run) -> None:
        """Give the state to the screen, and fold another for the run: nobody then shares one."""
        events, state = tuple(run.events), run.state
        run.state = state.anew()
        self._post(RunOpened(state.plan, state, events))
        for event in events:
            run.state.apply(event)

    def _hand_over_again(self, run: Run, fresh: Sequence[Event]) -> None:
        """Another state from the start, up to the last of ``fresh``; what was added meanwhile comes with the next look."""
        events = list(run.events)
        while fresh and events and events[-1] is not fresh[-1]:
            events.pop()
        state = run.state.anew()
        for event in events:
            state.apply(event)
        self._post(RunOpened(state.plan, state, tuple(events)))

    def follow(self) -> None:
        """Post what others, and we, add to the journal; until :meth:`stop`."""
        run = self._run
        if run is None:
            return
        generation, trouble, noted = run.generation, "", clock.boot_ns()
        while not self._stop.is_set():
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            try:
                fresh = run.catch_up()
            except (RunError, OSError) as error:
                said = str(error)
            else:
                said = standing_trouble(run)
                if run.generation != generation or any(isinstance(event.fact, PlanAdopted) for event in fresh):
                    generation = run.generation
                    self._hand_over_again(run, fresh)
                elif fresh:
                    self._post(JournalGrew(tuple(fresh)))
                if any(isinstance(event.fact, DOUBTS) for event in fresh):
                    self.look_at_trust_again()
            if said != trouble:
                trouble = said
                self._post(TroubleChanged(trouble))
            if clock.boot_ns() - noted > NOTE_SECONDS * 1e9:
                noted = clock.boot_ns()
                self._note()

    def _note(self) -> None:
        """Remember how far this user has seen the run, also for the case that the link is lost."""
        run = self._run
        # The nonce of a folder that came from elsewhere may be that of another run, of which this user knows more.
        if run is not None and run.state.run is not None and not run.folder.is_unknown:
            from qudag_tui.tui.leaving import Left, write_left  # after the first paint

            if self._untaken:
                self.shown(self._untaken)
            now, nonce = clock.now(), run.state.run.nonce
            write_witness(nonce, run.position.seq, run.position.digest, now)
            long_enough = [seq for at, seq in list(self._shown) if now.boot_ns - at > READ_NS]
            if long_enough:
                write_left(nonce, Left(long_enough[-1], now.wall))

    def shown(self, seq: int) -> None:
        """Events up to ``seq`` stand on the screen from now on; whoever's link dies right then has not read them."""
        # What a stalled terminal has not taken stands nowhere: it counts once that takes something again.
        self._untaken = seq if self._is_stalled() else 0
        if not self._untaken:
            self._shown.append((clock.boot_ns(), seq))

    def attach(self, actor: Actor) -> None:
        """Be there under that name, see that there is a supervisor, and tell what happened since the last time."""
        run = self._run
        if run is None:
            return
        from qudag_tui.run.presence import attach  # after the first paint
        from qudag_tui.tui.leaving import read_left

        with self._attaching:
            seen = read_left(run.state.run.nonce) if run.state.run and self._presence is None else None
            try:
                if self._presence is not None:
                    self._presence.close()
                self._presence = attach(run.folder, actor)
                if run.state.closed is None:
                    self._supervise(run, self._presence)
                self._post(SupervisionFailed(""))
            except (RunError, OSError) as error:
                self._post(SupervisionFailed(str(error)))
            if self._stop.is_set():
                self._leave()
        self._look.set()
        if seen is not None:
            self._post(WelcomedBack(seen.seq, seen.at))

    @staticmethod
    def _supervise(run: Run, presence: Presence) -> None:
        from qudag_tui.run.supervision import ensure_supervisor  # after the first paint

        ensure_supervisor(run.folder, presence)

    def _wait_until_started(self, run: Run) -> None:
        from qudag_tui.run.supervision import has_started  # after the first paint

        deadline = clock.boot_ns() + round(STARTED_SECONDS * 1e9)
        # Another thread follows the journal.
        while clock.boot_ns() < deadline and not has_started(run.folder, run.state.supervisor):
            if self._stop.wait(_STARTED_POLL_SECONDS):
                return

    def _leave(self) -> None:
        if self._presence is not None:
            self._presence.close()
            self._presence = None

    def sample(self) -> None:
        """Post what the samples say, once a second; until :meth:`stop`."""
        run = self._run
        if run is None:
            return
        from qudag_tui.tui.readings import Reader  # SQLite is loaded after the first paint

        reader = Reader(run)
        try:
            while not self._stop.is_set():
                self._post(ReadingsTaken(reader.read(clock.now())))
                self._look.wait(SAMPLE_SECONDS)
                self._look.clear()
        finally:
            reader.close()

    def watch_readiness(self) -> None:
        """Post whether what the plan executes could start, once a minute and when asked again; until :meth:`stop`."""
        run = self._run
        if run is None:
            return
        from qudag_tui.plan.readiness import Hashes  # after the first paint
        from qudag_tui.sources.named_credentials import whole_readiness

        hashes = Hashes()
        while not self._stop.is_set():
            plan, file = run.plan, run.state.file
            if not file:  # it is being folded just now
                self._doubt.wait(POLL_SECONDS)
                continue
            try:
                found = whole_readiness(plan, Path(file), hashes)
            except (OSError, RuntimeError, ValueError) as error:
                found = Readiness(f"whether it is trusted cannot be told: {error}")
            self._post(ReadinessFound(found))
            self._doubt.wait(READINESS_SECONDS)
            self._doubt.clear()

    def look_at_trust_again(self) -> None:
        """Something about it was changed just now."""
        self._doubt.set()

    def submit(self, intent: Intent, actor: Actor) -> None:
        """Ask for something and post what became of it; a text says why nothing was saved."""
        run = self._run
        if run is None or not self._ready.wait(_READY_SECONDS):
            self._post(IntentAnswered(intent, "not saved: the run is not open yet"))
            return
        presence = self._presence
        if type(intent).__name__ in _NEEDS_SUPERVISOR and presence is not None and presence.is_held:
            try:
                self._supervise(run, presence)
                if type(intent).__name__ in _WAITS_FOR_START:
                    self._wait_until_started(run)
            except (RunError, OSError) as error:
                self._post(SupervisionFailed(str(error)))
        try:
            answer = run.submit(intent, actor)
        except (RunError, OSError) as error:
            self._post(IntentAnswered(intent, f"not saved: {error}"))
            return
        self._wake.set()
        self._post(IntentAnswered(intent, answer))

    def watch_file(self) -> None:
        """Post whether the checklist file on disk is what the run follows; until :meth:`stop`."""
        run = self._run
        if run is None:
            return
        from qudag_tui.tui.edited import Edited  # after the first paint

        edited, told = Edited(run), ""
        while not self._stop.wait(FILE_SECONDS):
            said = edited.look()
            if said != told:
                told = said
                self._post(FileEdited(said))

    def adopt(self, candidate: Candidate, same: Mapping[str, str], actor: Actor) -> None:
        """Keep a plan with the run, ask to go on with it, and post what became of it."""
        run, intent = self._run, candidate.intent(same)
        if run is None:
            return
        try:
            run.keep_plan(candidate.data, candidate.plan, actor.by)
        except (RunError, OSError) as error:
            self._post(IntentAnswered(intent, f"not saved: {error}"))
            return
        self.submit(intent, actor)

    def stop(self) -> None:
        """Let the threads end, and leave."""
        self._stop.set()
        self._wake.set()
        self._look.set()
        self._doubt.set()
        self._note()
        if self._attaching.acquire(timeout=1.0):
            try:
                self._leave()
            finally:
                self._attaching.release()


def standing_trouble(run: Run) -> str:
    """What is wrong with a run that can be read: it may not be written here, or its journal is not as it was."""
    if run.folder.is_unknown:
        return f"read-only · : trust shows whose it is · {run.folder.read_only}"
    if run.folder.read_only:
        return f"read-only: {run.folder.read_only}"
    if run.altered:
        many = "1 event was" if len(run.altered) == 1 else f"{len(run.altered)} events were"
        return f"{many} altered after they were written: qudag-tui verify names them"
    return ""
