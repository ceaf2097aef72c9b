"""One verb's way to its run: which run, who asks, and what becomes of an intent."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.sinks import say
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.event import Actor, Event
    from qudag_tui.core.intent import Intent
    from qudag_tui.core.state import State
    from qudag_tui.run.folder import RunFolder
    from qudag_tui.run.run import Run

START_SECONDS = 15
POLL_SECONDS = 0.02
DEFAULT_FILE = "checklists.toml"


class Session:
    """The run that the arguments mean, opened when it is first needed."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """``arguments`` may have ``run``, ``runs_dir``, ``by`` and ``file``."""
        self.arguments = arguments

    def option(self, name: str) -> Any:
        """An option's value, or None where the verb has no such option."""
        return getattr(self.arguments, name, None)

    @cached_property
    def runs_dir(self) -> Path:
        """Where runs are sought: ``--runs-dir``, ``QUDAG_TUI_RUNS``, beside FILE, else ``./runs``."""
        from qudag_tui.run.folder import runs_dir_for  # only once a run is needed

        file, option = self.option("file"), self.option("runs_dir")
        return runs_dir_for(Path(file or DEFAULT_FILE), Path(option) if option else None)

    @cached_property
    def folder(self) -> Path:
        """The folder of the run that is meant."""
        from qudag_tui.run.folder import find_run

        return find_run(self.runs_dir, self.option("run"))

    @cached_property
    def run(self) -> Run:
        """The run, read up to its newest event."""
        from qudag_tui.run.run import Run

        return Run.open(self.folder)

    @cached_property
    def actor(self) -> Actor:
        """Who is recorded."""
        from qudag_tui.run.actor import this_actor

        return this_actor(self.option("by"))

    @property
    def state(self) -> State:
        """Where everything stands."""
        return self.run.state

    @property
    def plan(self) -> Plan:
        """The plan that the run follows."""
        return self.run.state.plan

    @property
    def opened(self) -> RunFolder:
        """The opened folder of the run."""
        return self.run.folder

    def ask(self, intent: Intent) -> Event:
        """The event that ``intent`` became, durable; :class:`Refused` otherwise."""
        answer = self.run.submit(intent, self.actor)
        if isinstance(answer, Refusal):
            raise Refused(answer)
        return answer

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """Be present, with a supervisor that has said that it started: what is asked for inside is seen by it.

        :class:`Stop` (5) if none starts.
        """
        from qudag_tui.run.presence import attach
        from qudag_tui.run.supervision import ensure_supervisor

        with attach(self.opened, self.actor):
            ensure_supervisor(self.opened)
            self._wait_until_started()
            yield

    @contextmanager
    def watched(self) -> Iterator[None]:
        """The same, but that no supervisor can be started is said, and keeps nobody from going on."""
        from qudag_tui.run.error import RunError

        with ExitStack() as stack:
            try:
                stack.enter_context(self.supervised())
            except (Stop, RunError) as error:
                say(f"nothing watches this run: {error}")
            yield

    def _wait_until_started(self) -> None:
        from qudag_tui.run import clock
        from qudag_tui.run.supervision import has_started

        deadline = clock.boot_ns() + START_SECONDS * NANOSECONDS
        while clock.boot_ns() < deadline:
            self.run.catch_up()
            if has_started(self.opened, self.state.supervisor):
                return
            if self.state.read_only:
                raise Stop(ExitCode.REFUSED, f"this run is read-only here: {self.state.read_only}")
            time.sleep(POLL_SECONDS)
        where = self.opened.supervisor_log
        raise Stop(ExitCode.CANNOT_WRITE, f"no supervisor started within {START_SECONDS} s: {where} says more")
