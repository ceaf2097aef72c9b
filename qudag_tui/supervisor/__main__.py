"""Run as ``python -m qudag_tui.supervisor FOLDER [--lock-fd N] [--foreground]``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from qudag_tui.run.error import RunError, RunGone
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.lock import Lock
from qudag_tui.run.run import Run
from qudag_tui.run.supervision import adopt_supervisor_lock, take_supervisor_lock
from qudag_tui.supervisor.evidence import say
from qudag_tui.supervisor.process import Supervisor

DONE, REFUSED, GONE = 0, 3, 4


def main(arguments: list[str]) -> int:
    """Supervise one run; 0 when it has left, 3 if the run is supervised or refused, 4 if it is gone."""
    parser = argparse.ArgumentParser(prog="qudag_tui.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lock-fd", type=int, help="the inherited descriptor of supervisor.lock")
    parser.add_argument("--foreground", action="store_true", help="stay until the run is closed")
    options = parser.parse_args(arguments)
    try:
        folder = RunFolder.open(options.folder)
        folder.require_writable()
        if options.lock_fd is not None:
            lock = adopt_supervisor_lock(folder, options.lock_fd)
        else:
            taken = take_supervisor_lock(folder)
            if taken is None:
                say("this run is supervised already")
                return REFUSED
            lock = taken
        run = Run.open(folder)
        asyncio.run(_live(run, lock, stays=options.foreground))
    except RunError as error:
        say(str(error))
        return GONE if isinstance(error, RunGone) else REFUSED
    return DONE


async def _live(run: Run, lock: Lock, *, stays: bool) -> None:
    await Supervisor(run, lock, stays=stays).live()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
