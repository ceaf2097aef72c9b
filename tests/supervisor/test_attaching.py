"""Front ends and a real supervisor: however they come and go, there is exactly one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from qudag_tui.core.event import SupervisorStarted
from qudag_tui.run.supervision import supervisor_alive
from tests.supervisor.supervised import Supervised, step

FRONT_END = """
import sys
from qudag_tui.core.event import Actor
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.presence import attach
from qudag_tui.run.supervision import ensure_supervisor
folder = RunFolder.of(sys.argv[1])
with attach(folder, Actor("ana")) as presence:
    print(int(ensure_supervisor(folder, presence)), flush=True)
    sys.stdin.read()
"""


@contextmanager
def front_end(supervised: Supervised) -> Iterator[subprocess.Popen[str]]:
    """A front end in a process of its own; it leaves at the end."""
    argv = [sys.executable, "-c", FRONT_END, str(supervised.run.folder.path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def started(process: subprocess.Popen[str]) -> bool:
    """Whether it was this one that started the supervisor."""
    assert process.stdout is not None
    return process.stdout.readline() == "1\n"


def test_ten_front_ends_starting_at_once_have_one_supervisor(supervised: Callable[..., Supervised]) -> None:
    run = supervised(step("a"))

    with ExitStack() as ends:
        processes = [ends.enter_context(front_end(run)) for _ in range(10)]
        assert sum(started(process) for process in processes) == 1
        run.until_kind("supervisor started")
        assert supervisor_alive(run.run.folder)
    run.until_kind("supervisor stopped")

    assert len(run.facts(SupervisorStarted)) == 1


def test_of_twenty_attaches_around_its_leaving_each_has_a_supervisor(supervised: Callable[..., Supervised]) -> None:
    run = supervised(step("a"))

    for _ in range(20):
        with front_end(run) as process:
            started(process)
            assert supervisor_alive(run.run.folder)
            run.until(lambda state: state.supervisor is not None and state.supervisor.stopped is None)
    run.until(lambda state: state.supervisor is not None and state.supervisor.stopped is not None)
