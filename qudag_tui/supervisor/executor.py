"""Carries out what is due: claims, starts, cancels, and the ends of attempts, its own and those it adopted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from qudag_tui.core import event as ev
from qudag_tui.core.decide_record import record
from qudag_tui.core.due import CancelStep, StartStep
from qudag_tui.core.ending import unseen_seconds
from qudag_tui.core.execution import Attempt as Tried
from qudag_tui.core.execution import Execution
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.state import State
from qudag_tui.core.step import Step
from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.run.approving import problem_of_stored
from qudag_tui.run.error import RunError, RunGone
from qudag_tui.run.folder import LOGS
from qudag_tui.run.run import Run
from qudag_tui.sources.blocking import off_loop
from qudag_tui.supervisor.attempt import Attempt, End, ShimError, Shims
from qudag_tui.supervisor.environment import launch_of, log_name
from qudag_tui.supervisor.recorder import Recorder

Key = tuple[int, str, int]


class Executor:
    """The attempts of one run.

    ``wake`` is called when one of them has something to say; ``may_start`` tells, at the last moment, whether what was
    due is not late by now.
    """

    def __init__(self, run: Run, recorder: Recorder, wake: Callable[[], None], may_start: Callable[[], bool]) -> None:
        self._run = run
        self._may_start = may_start
        self._recorder = recorder
        self._wake = wake
        self._shims = Shims()
        self._attempts: dict[Key, Attempt] = {}
        self._ended: dict[Key, End] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an attempt runs, or its end is not recorded yet."""
        return bool(self._attempts or self._ended)

    # Following

    async def follow(self) -> None:
        """Adopt what runs and is not followed yet, and record what has ended. Raises :class:`RunGone`."""
        self._shims.reap()
        self._adopt(self._run.state)
        for key, attempt in list(self._attempts.items()):
            end = attempt.check()
            if not attempt.hears:
                self._hang_up(attempt)
            if end is not None:
                del self._attempts[key]
                self._ended[key] = end
        for key, end in list(self._ended.items()):
            if await self._record_end(key, end):
                del self._ended[key]

    def _adopt(self, state: State) -> None:
        for execution in state.executions.values():
            for step_id, progress in execution.progress.items():
                tried = progress.running
                if tried is None:
                    continue
                key = (execution.request, step_id, tried.number)
                if key not in self._attempts and key not in self._ended:
                    self._attempts[key] = self._adopted(tried)

    def _adopted(self, tried: Tried) -> Attempt:
        return Attempt(
            (tried.pid, tried.ticks),
            (tried.shim_pid, tried.shim_ticks),
            self._exit_reader(tried.log),
            boot_is_ours=tried.started.boot_id == clock.boot_id(),
        )

    def _exit_reader(self, log: str) -> Callable[[], bytes]:
        # The name comes from the journal: it is sought among the logs, whatever else it says.
        name = f"{LOGS}/{os.path.basename(log)}"  # noqa: PTH119  # a text, not a path
        exit_name = name.removesuffix(".log") + ".exit"

        def read() -> bytes:
            try:
                return self._run.folder.read(exit_name) if log else b""
            except RunGone:
                raise
            except (OSError, RunError):
                return b""

        return read

    async def _record_end(self, key: Key, end: End) -> bool:
        request, step_id, number = key
        tried = self._run.state.executions[request].of(step_id).running
        fact = ev.StepEnded(
            step_id,
            request,
            number,
            end.outcome.value,
            end.code,
            end.signal,
            end.seconds,
            end.error,
            end.log_sha256,
            end.left,
            unseen_seconds(tried.started, end.seconds, self._recorder.now()) if tried is not None else 0.0,
        )
        recorded = await self._recorder.record(fact)
        return recorded is not None or not self._recorder.is_paused

    @staticmethod
    def _hang_up(attempt: Attempt) -> None:
        if attempt.control is not None:
            asyncio.get_running_loop().remove_reader(attempt.control)
        attempt.close()

    # Acting

    async def claim(self, fact: ev.RequestClaimed) -> bool:
        """Claim a request, unless its commands are not trusted or it is not approved; whether something was recorded."""
        execution = self._run.state.executions[fact.request]
        if isinstance(record(self._run.state, fact, self._recorder.now()), Refusal):
            return False  # not its turn: nothing needs to be hashed for it
        if any(step.run for step in execution.walk()):
            reason = await off_loop(lambda: trust.check(self._run.plan, self._file()))
            if reason:
                return await self._refuse(execution, reason)
        if execution.approvals.wanted > 1:
            state, folder = self._run.state, self._run.folder
            reason = await off_loop(lambda: problem_of_stored(state, folder, execution))
            if reason:
                return await self._refuse(execution, reason)
        return self._may_start() and await self._recorder.record(fact) is not None

    async def start(self, action: StartStep) -> bool:
        """Start an attempt; whether something was recorded. Raises :class:`RunGone`."""
        execution, step = action.execution, action.step
        created = self._run.state.run
        if self._recorder.is_paused or created is None:
            return False
        plan, file = self._run.plan, self._file()
        reason = await off_loop(lambda: trust.check_before_exec(plan, file, step))
        given = None if reason else await off_loop(lambda: trust.trusted(plan, file))
        if given is None:
            return await self._refuse_step(action, reason or "it is not trusted any more")
        launch = launch_of(step, self._run.state, created, given.search_path)
        name = f"{LOGS}/{log_name(step, execution, action.attempt)}"
        log, exit_file = self._create(name), self._create(name.removesuffix(".log") + ".exit")
        try:
            attempt = await self._shims.start(launch, log, exit_file, self._exit_reader(name))
        except ShimError as error:
            return await self._refuse_step(action, str(error))
        finally:
            for descriptor in (log, exit_file):
                if descriptor >= 0:
                    os.close(descriptor)
        return await self._let_it_go(
            execution, step, action.attempt, attempt, name if log >= 0 or exit_file >= 0 else ""
        )

    async def _let_it_go(self, execution: Execution, step: Step, number: int, attempt: Attempt, log: str) -> bool:
        fact = ev.StepStarted(
            step.id,
            execution.request,
            number,
            attempt.pid,
            attempt.ticks,
            attempt.shim_pid,
            attempt.shim_ticks,
            log,
        )
        try:
            recorded = await self._recorder.record(fact) if self._may_start() else None
        except BaseException:
            attempt.close()
            raise
        if recorded is None:
            # Without a durable event it never starts: the shim reads the end of the file instead of the word.
            attempt.close()
            return False
        self._attempts[execution.request, step.id, number] = attempt
        if attempt.control is not None:
            asyncio.get_running_loop().add_reader(attempt.control, self._wake)
        attempt.go()
        return True

    def cancel(self, action: CancelStep) -> None:
        """Ask the running attempt of a step to end."""
        tried = action.execution.of(action.step.id).running
        if tried is not None:
            attempt = self._attempts.get((action.execution.request, action.step.id, tried.number))
            if attempt is not None:
                attempt.cancel()

    async def _refuse(self, execution: Execution, reason: str) -> bool:
        return await self._recorder.record(ev.RequestRefused(execution.request, reason)) is not None

    async def _refuse_step(self, action: StartStep, reason: str) -> bool:
        # What was done before stays done, so that the execution waits for a person instead of ending.
        fact = ev.StepRefused(action.step.id, action.execution.request, reason)
        return self._may_start() and await self._recorder.record(fact) is not None

    def _file(self) -> Path:
        return Path(self._run.state.file)

    def _create(self, name: str) -> int:
        """A new file of the run, or -1: a step runs without its log rather than not at all."""
        folder = self._run.folder
        with suppress(OSError):
            # Of an attempt that was never recorded; a shim may still hold it, so it is not written over.
            (folder.path / name).unlink(missing_ok=True)
        try:
            return folder.open_file(name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except RunGone:
            raise
        except (OSError, RunError):
            return -1
