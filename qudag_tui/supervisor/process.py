"""The supervisor's life: it starts, turns ten times a second and on news, and leaves when nothing needs it any more."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import qudag_tui
from qudag_tui.core import event as ev
from qudag_tui.core.due import CancelStep, JudgeWatch, StartStep, due
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.plan.named_files import missing_names
from qudag_tui.run import clock
from qudag_tui.run.actor import this_actor
from qudag_tui.run.error import ReadOnly, RunError, RunGone
from qudag_tui.run.lock import Lock
from qudag_tui.run.logout import logout_kills
from qudag_tui.run.process import own_ticks
from qudag_tui.run.run import Run
from qudag_tui.run.supervision import leave, take_supervisor_lock
from qudag_tui.supervisor.asking import Asking
from qudag_tui.supervisor.evidence import Evidence, say
from qudag_tui.supervisor.executor import Executor
from qudag_tui.supervisor.judging import Judging
from qudag_tui.supervisor.recorder import Recorder
from qudag_tui.supervisor.sampler import Sampler
from qudag_tui.supervisor.starts import starts

TURN_SECONDS = 0.1
# A stat costs next to nothing, and whoever asks for a rollback waits for it.
_GLANCE_SECONDS = 0.02
_PULSE_SECONDS = 1.0
# A longer pause between two pulses was a suspend: what was to start then is late, and waits for a person.
GAP_SECONDS = 30.0
_LEAVE_EVERY_SECONDS = 0.5
# What becomes due by what was just recorded is done in the same turn, up to here.
_MOST_ROUNDS = 20


class Supervisor:
    """One supervisor of one run, holding its lock."""

    def __init__(self, run: Run, lock: Lock, *, stays: bool, now: Callable[[], Instant] = clock.now) -> None:
        """``stays``: in the foreground it leaves only after the run's close, or by a signal."""
        self._run = run
        self._lock = lock
        self._stays = stays
        self._now = now
        self._wake = asyncio.Event()
        self._stopped_by = ""
        self._trouble = ""
        self._plan = run.plan
        self._asking = Asking(run.plan, Path(run.state.file))
        self._evidence = Evidence(run.folder)
        self._starts = starts(run.plan, run.state)
        self._evidence.count_from(self._starts)
        if len(run.state.adoptions) > 1:
            # The plan may have been adopted while no supervisor lived.
            self._evidence.forget_standings()
        self._sampler = Sampler(run.plan, self._asking.open, self._run_ns, self._evidence, now)
        self._judging = Judging(run.plan, self._sampler, self._evidence)
        self._recorder = Recorder(run, this_actor("supervisor"), now)
        self._executor = Executor(run, self._recorder, self._wake.set, self._may_start)
        self._missing = missing_names(run.plan)
        self._behind = self._newer_samples()
        self._start: ev.SupervisorStarted | None = self._started()
        self._last_pulse = now()
        self._judged = (-1, -1)
        self._glanced = run.position.seen
        self._doing = ""
        self._leave_ns = 0

    def _run_ns(self, at: Instant) -> int:
        """What the run clock reads, or will, once the start that puts it forward is recorded."""
        reads = self._run.state.clock.at(at)
        if self._behind is None:
            return reads
        since, run_ns = self._behind
        return max(reads, run_ns + round(at.seconds_since(since) * NANOSECONDS))

    def _newer_samples(self) -> tuple[Instant, int] | None:
        """From when on, and what, the run clock has to read to go on after all that was sampled; None where it does.

        A boot whose wall clock is behind the one before leaves it at the last event: what is measured then would be taken
        for what was measured, and kept, at the same time before.
        """
        now, newest = self._now(), self._evidence.newest_of_all()
        reads = self._run.state.clock.at(now)
        return (now, newest + 1) if newest is not None and newest >= reads else None

    def _started(self, gap_seconds: float = 0.0) -> ev.SupervisorStarted:
        return ev.SupervisorStarted(
            os.getpid(),
            own_ticks(),
            os.getuid(),
            qudag_tui.__version__,
            self._missing,
            logout_kills(),
            round(gap_seconds, 3),
            self._took_over(),
        )

    def _took_over(self) -> int:
        """The pid of the supervisor before this one, if it did not say that it left."""
        before = self._run.state.supervisor
        if before is None or before.stopped is not None:
            return 0
        started = before.started
        return 0 if (started.pid, started.ticks) == (os.getpid(), own_ticks()) else started.pid

    async def live(self) -> None:
        """Until it leaves, or is told to stop. Raises :class:`RunGone` if the folder is gone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number.name)
        # Detached there is no terminal that could go away, and nobody else has a reason to send this.
        loop.add_signal_handler(signal.SIGHUP, self._stop if self._stays else lambda _: None, signal.SIGHUP.name)
        self._sampler.start()
        pulse = asyncio.create_task(self._pulse())
        try:
            while not self._stopped_by:
                self._wake.clear()
                if not self._holds_its_lock():
                    return
                await self._turn()
                if self._may_leave():
                    return
                await self._rest()
            await self._recorder.record(ev.SupervisorStopped(self._stopped_by))
            self._lock.forget_holder()
            self._lock.release()
        finally:
            pulse.cancel()
            await self._sampler.stop()
            await self._asking.close()
            self._evidence.close()

    def _stop(self, name: str) -> None:
        self._stopped_by = name
        self._wake.set()

    async def _rest(self) -> None:
        """Until the next turn, the end of something that ran, or an event of somebody else's."""
        loop = asyncio.get_running_loop()
        end = loop.time() + TURN_SECONDS
        handle: asyncio.TimerHandle

        def glance() -> None:
            nonlocal handle
            if loop.time() >= end or self._has_news():
                self._wake.set()
            else:
                handle = loop.call_later(_GLANCE_SECONDS, glance)

        handle = loop.call_later(_GLANCE_SECONDS, glance)
        await self._wake.wait()
        handle.cancel()

    def _has_news(self) -> bool:
        # A journal that cannot be read is news once, not at every glance; of one that cannot even be looked at, the next
        # turn tells. Nothing may be raised here: nobody would turn any more.
        before = (self._run.position.seen, self._glanced)
        try:
            self._glanced = self._run.signature()
        except (OSError, RunError):
            return False
        return self._glanced not in before

    async def _turn(self) -> None:
        try:
            fresh = self._run.catch_up()
        except RunGone:
            raise
        except RunError as error:
            # Whoever acts on a journal that it cannot read acts on nothing: it waits until somebody mends it.
            self._tell(str(error))
            return
        if self._evidence.gone is not None:
            raise self._evidence.gone
        self._tell("")
        if self._run.state.read_only:
            raise ReadOnly(self._run.state.read_only, where=self._run.folder.path, hint="update qudag-tui")
        self._follow_plan()
        self._notice_gap()
        # Acting starts with one's own event on disk.
        while self._start is not None:
            start = self._start
            if self._behind is not None:
                start = self._start = replace(start, run_ns=self._run_ns(self._now()))
            if await self._recorder.record(start) is None:
                return
            self._behind = None
            if self._start is start:
                self._start = None
        await self._check_environment()
        if fresh:
            self._evidence.witness(self._run.position.seq, self._run.position.digest, self._now())
        await self._executor.follow()
        for _ in range(_MOST_ROUNDS):
            if not await self._act(self._now()):
                break
        self._say_doing()
        await self._judge(self._now())

    def _say_doing(self) -> None:
        """Let the lock say for what it is held; the journal says the same, to whoever reads that."""
        state = self._run.state
        execution = state.active_execution or state.in_progress
        doing = execution.aim if execution is not None else ""
        if doing != self._doing:
            self._doing = doing
            self._lock.say_doing(doing)

    def _follow_plan(self) -> None:
        """Go on with the plan that was adopted, if one was; nothing that runs or is measured as before is touched."""
        state = self._run.state
        file, before = Path(state.file), self._starts
        if state.plan is self._plan and file == self._asking.file:
            return
        is_moved = file.parent != self._asking.file.parent
        self._plan, self._starts = state.plan, starts(state.plan, state)
        self._missing = missing_names(state.plan)
        self._asking.follow(state.plan, file)
        self._sampler.follow(state.plan, is_moved=is_moved)
        self._evidence.take_away({name: at for name, at in self._starts.items() if before.get(name) != at})
        self._evidence.count_from(self._starts)
        self._evidence.forget_standings()
        self._judging.follow(state.plan)
        self._judged = (-1, -1)

    async def _check_environment(self) -> None:
        """Say what is missing of the names that the plan declares by now; a start has said it of the plan of then."""
        known, plan = self._run.state.supervisor, self._run.state.plan
        if known is not None and known.missing != self._missing:
            await self._recorder.record(ev.EnvironmentChecked(plan.sha256, self._missing))

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            self._notice_gap()

    def _notice_gap(self) -> None:
        now = self._now()
        gap, self._last_pulse = now.seconds_since(self._last_pulse), now
        if gap > GAP_SECONDS:
            self._start = self._started(gap)

    def _may_start(self) -> bool:
        # Asked right before something starts: the suspend may have been in the middle of a turn.
        self._notice_gap()
        return self._start is None

    async def _act(self, now: Instant) -> bool:
        """Do the first thing that is due; whether it changed the run, so that others may be due now."""
        for action in due(self._run.state, now):
            if isinstance(action, CancelStep):
                self._executor.cancel(action)
            elif isinstance(action, StartStep):
                if await self._executor.start(action):
                    return True
            elif isinstance(action, JudgeWatch):
                ended = self._judging.watch(action, self._run.state, now)
                if ended is not None and await self._recorder.record(ended) is not None:
                    return True
            elif isinstance(action, ev.ExecutionRequested):
                if self._may_start() and await self._recorder.record(action) is not None:
                    return True
            elif isinstance(action, ev.RequestClaimed):
                if await self._executor.claim(action):
                    return True
            elif await self._recorder.record(action) is not None:
                return True
        return False

    async def _judge(self, now: Instant) -> None:
        self._judging.so_far(self._run.state, now)
        seen = (self._sampler.changes, self._run.position.seq)
        if seen == self._judged:
            return
        self._judged = seen
        state = self._run.state
        judging = self._judging
        for fact in [*judging.breached(state, now), *judging.final(state, now), *judging.regressed(state, now)]:
            await self._recorder.record(fact)
            if self._recorder.is_paused:
                self._judged = (-1, -1)
                return

    def _holds_its_lock(self) -> bool:
        """Whether it is still the one supervisor: a lock whose file was deleted keeps nobody out, and is taken anew."""
        try:
            if self._lock.is_in_place or self._run.folder.is_gone():
                return True
            again = take_supervisor_lock(self._run.folder)
        except (OSError, RunError):
            return True  # where that cannot be told nobody else can take it either
        self._lock.release()
        if again is None:
            # What it would say in the journal of its end would be taken for the other's.
            say("supervisor.lock was deleted or replaced, and another supervisor has taken it: this one leaves")
            return False
        self._lock = again
        say("supervisor.lock was deleted or replaced, and is taken anew")
        return True

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            say(trouble)
        self._trouble = trouble

    # Leaving

    def _is_needed(self) -> bool:
        state = self._run.state
        if self._start is not None or self._trouble or self._executor.is_busy or state.has_pending:
            return True
        return state.closed is None and (self._stays or state.is_under_way)

    def _may_leave(self) -> bool:
        now_ns = clock.boot_ns()
        if self._is_needed() or now_ns < self._leave_ns:
            return False
        self._leave_ns = now_ns + round(_LEAVE_EVERY_SECONDS * 1e9)
        return leave(self._run.folder, self._lock, self._stay_after_all)

    def _stay_after_all(self) -> bool:
        """Asked while nobody can attach: reread, and if nothing came, say in the journal that it leaves."""
        try:
            self._run.catch_up()
        except RunGone:
            raise
        except RunError:
            return True
        if self._is_needed():
            return True
        self._recorder.record_now(ev.SupervisorStopped("nothing needs it"))
        return False
