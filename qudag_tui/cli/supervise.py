"""``supervise``: be the supervisor of a run in the foreground (for a service manager), or stop the one there is."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import say

STOP_SECONDS = 20
POLL_SECONDS = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--stop", action="store_true", help="stop the supervisor there is; a running step lives on")
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Be it until the run is closed or a signal comes; with ``--stop`` wait until it has left."""
    session = Session(arguments)
    if arguments.stop:
        return _stop(session)
    from qudag_tui.run import supervision  # a wrong option needs no run
    from qudag_tui.run.supervision import MODULE, supervisor_holder

    holder = supervisor_holder(session.folder)
    if holder is not None:
        raise Stop(ExitCode.REFUSED, f"this run is supervised already: {holder}")
    session.opened.require_writable()
    # The very process that the service manager started: no child that could outlive it unseen.
    words = [sys.executable, "-P", "-m", MODULE, str(session.opened.path), "--foreground"]
    return os.execve(sys.executable, words, supervision._environment())  # noqa: S606, SLF001  # as it is spawned


def _is_supervisor(pid: int) -> bool:
    """Whether that process runs our supervisor: what is written in a run's folder alone ends nothing."""
    from qudag_tui.run.supervision import MODULE

    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return MODULE.encode() in words


def _stop(session: Session) -> int:
    """Ask the supervisor to leave, and wait until it has."""
    from qudag_tui.run import clock
    from qudag_tui.run.supervision import supervisor_holder

    holder = supervisor_holder(session.folder)
    if holder is None:
        say("there is no supervisor")
        return ExitCode.DONE
    if not _is_supervisor(holder.pid):
        raise Stop(ExitCode.UNKNOWN, f"{holder}, and that is no supervisor: see whether one starts just now")
    try:
        os.kill(holder.pid, signal.SIGTERM)
    except ProcessLookupError:
        return ExitCode.DONE
    except PermissionError as error:
        raise Stop(ExitCode.REFUSED, f"the supervisor belongs to another login: {holder}") from error
    deadline = clock.boot_ns() + STOP_SECONDS * 1_000_000_000
    while supervisor_holder(session.folder) == holder:
        if clock.boot_ns() > deadline:
            raise Stop(ExitCode.UNKNOWN, f"it was asked to stop {STOP_SECONDS} s ago and has not: {holder}")
        time.sleep(POLL_SECONDS)
    say("the supervisor has left; a step that runs goes on to its end, and nothing after it starts")
    return ExitCode.DONE
