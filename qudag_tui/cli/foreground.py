"""Attempts at steps that this very process starts and follows, through the shim that the supervisor uses as well."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.sinks import put, say
from qudag_tui.cli.step_output import OutputLines
from qudag_tui.core import event as ev
from qudag_tui.run.error import RunError
from qudag_tui.run.folder import LOGS
from qudag_tui.run.log_shape import HEAD_BYTES, TAIL_BYTES
from qudag_tui.run.process import is_alive
from qudag_tui.run.step_output import StepOutput
from qudag_tui.supervisor.attempt import Attempt, End, ShimError, Shims
from qudag_tui.supervisor.environment import launch_of, log_name

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.due import StartStep
    from qudag_tui.core.execution import Attempt as Tried
    from qudag_tui.core.state import State
    from qudag_tui.run.folder import RunFolder

POLL_SECONDS = 0.05


def wait_until_gone(tried: Tried) -> None:
    """Ask a step that another supervisor started to end, and wait until nobody follows it any more."""
    attempt = Attempt((tried.pid, tried.ticks), (tried.shim_pid, tried.shim_ticks), lambda: b"")
    attempt.cancel()
    while is_alive(tried.shim_pid, tried.shim_ticks):
        time.sleep(POLL_SECONDS)


def _has_room(folder: Path) -> bool:
    """Whether a whole log fits there: one that is cut off by a full disk would hide what the step says."""
    free = os.statvfs(folder)
    return free.f_bavail * free.f_frsize > HEAD_BYTES + 2 * TAIL_BYTES


class Foreground:
    """Runs the commands of a trusted plan, with the environment of the run that is known."""

    def __init__(self, plan: Plan, created: ev.RunCreated, folder: RunFolder | None, state: State) -> None:
        self._plan, self._created, self._folder, self._state = plan, created, folder, state
        self._shims = Shims()

    def attempt(self, action: StartStep) -> Iterator[ev.Fact]:
        """One attempt, from its start to its end, as facts; its output is printed meanwhile."""
        from qudag_tui.plan.trust import trusted

        step, request, number = action.step, action.execution.request, action.attempt
        given = trusted(self._plan, Path(self._state.file))
        if given is None:
            yield ev.StepRefused(step.id, request, "it is not trusted any more")
            return
        launch = launch_of(step, self._state, self._created, given.search_path)
        log, name = self._log(f"unrecorded-{os.getpid()}-{log_name(step, action.execution, number)}")
        output = OutputLines(StepOutput(lambda: os.dup(log)))
        try:
            try:
                attempt = asyncio.run(self._shims.start(launch, log, -1, lambda: b""))
            except ShimError as error:
                yield ev.StepRefused(step.id, request, str(error))
                return
            yield ev.StepStarted(
                step.id, request, number, attempt.pid, attempt.ticks, attempt.shim_pid, attempt.shim_ticks, name
            )
            attempt.go()
            end = self._follow(attempt, output)
        finally:
            os.close(log)
        attempt.close()
        self._shims.reap()
        yield ev.StepEnded(
            step.id, request, number, end.outcome.value, end.code, end.signal, end.seconds, end.error, "", end.left
        )

    def _follow(self, attempt: Attempt, output: OutputLines) -> End:
        was_asked = False
        while True:
            try:
                end = attempt.check()
                for line in output.lines(is_over=end is not None):
                    put(line)
                if end is not None:
                    return end
                time.sleep(POLL_SECONDS)
            except KeyboardInterrupt:
                if was_asked:
                    say("", f"process {attempt.pid} goes on to its end without this command")
                    raise
                was_asked = True
                say("", "the step is asked to end; ctrl+c once more leaves it alone and ends this command")
                attempt.cancel()

    def _log(self, name: str) -> tuple[int, str]:
        """A new log among those of the run, and its name; where none can be made, one in memory."""
        try:
            if self._folder is not None and _has_room(self._folder.path):
                path = f"{LOGS}/{name}"
                return self._folder.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), path
        except (OSError, RunError):
            pass  # a full or read-only disk is why somebody is here
        return os.memfd_create("output", os.MFD_CLOEXEC), ""
