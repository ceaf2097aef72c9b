"""Processes that tick and are killed, at random moments, and several at once: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import struct
import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from qudag_tui.core.event import Actor, Event
from qudag_tui.core.intent import Tick, Untick
from qudag_tui.run.run import Run
from qudag_tui.run.verify import verify
from tests.run.builder import ITEMS, new_run

WORKERS = 2_000
AT_ONCE = 10
LONGEST_LIFE_SECONDS = 0.02
ACK = struct.Struct("II")

# Every process that forks here has one thread that matters; from Python 3.12 on it warns of any other (xdist's, say).
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


def toggle(run: Run, item: str, actor: Actor) -> Event | None:
    """Tick an item, or untick it if somebody did; None if another was faster."""
    for intent in (Tick(item), Untick(item)):
        answer = run.submit(intent, actor)
        if isinstance(answer, Event):
            return answer
    return None


def work(run: Run, worker: int, acknowledge: int) -> None:
    actor = Actor(f"w{worker}", "ana", "ops1", "")
    numbers = random.Random(worker)
    while True:
        event = toggle(run, f"pre/item-{numbers.randrange(ITEMS)}", actor)
        if event is not None:
            os.write(acknowledge, ACK.pack(worker, event.seq))


def fork_worker(run: Run, worker: int, acknowledge: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work(run, worker, acknowledge)
        finally:
            os._exit(1)
    return pid


def acknowledged(source: int) -> list[tuple[int, int]]:
    """What the dead workers said; the pipe's writing end is closed everywhere."""
    data = b""
    while part := os.read(source, 1 << 20):
        data += part
    return [ACK.unpack_from(data, start) for start in range(0, len(data) - ACK.size + 1, ACK.size)]


def test_two_thousand_workers_killed_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    moments = random.Random(7)
    said: list[tuple[int, int]] = []

    for first in range(0, WORKERS, AT_ONCE):
        run.catch_up()
        source, sink = os.pipe()
        pids = [fork_worker(run, first + number, sink) for number in range(AT_ONCE)]
        os.close(sink)
        for pid in pids:
            time.sleep(moments.uniform(0, LONGEST_LIFE_SECONDS / AT_ONCE * 2))
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        said += acknowledged(source)
        os.close(source)

    opened = Run.open(run.folder.path)
    by = {event.seq: event.actor.by for event in opened.events}
    assert len(said) > WORKERS / 4
    assert [(worker, seq) for worker, seq in said if by.get(seq) != f"w{worker}"] == []
    assert len(by) == len(opened.events)
    per_worker, told = Counter(by.values()), Counter(f"w{worker}" for worker, _ in said)
    assert [who for who, count in per_worker.items() if who != "ana" and count - told[who] not in {0, 1}] == []
    assert tick_and_verify(opened)


def tick_and_verify(run: Run) -> bool:
    """The run goes on, any TOML parser loads it, and its chain holds."""
    assert toggle(run, "pre/item-0", Actor("bo")) is not None
    loaded = tomllib.loads(run.folder.journal.read_text())["event"]
    assert [one["seq"] for one in loaded] == [event.seq for event in run.events] == list(range(1, len(loaded) + 1))
    found = verify(run.folder)
    assert (found.findings, found.events) == ((), len(loaded))
    return True


def test_eight_processes_ticking_at_once_leave_all_their_events_and_a_chain_that_holds(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    each = 40
    pids = []
    for worker in range(8):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                mine = Run.open(run.folder.path)
                for number in range(each):
                    # Eight actors share three items, so that most ticks meet somebody else's.
                    while toggle(mine, f"pre/item-{number % 3}", Actor(f"w{worker}")) is None:
                        pass
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)

    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 8
    run.catch_up()
    assert Counter(event.actor.by for event in run.events[1:]) == {f"w{worker}": each for worker in range(8)}
    assert tick_and_verify(run)
