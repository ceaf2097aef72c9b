from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import CloseRun, Execute, Resume, Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.disk import Disk
from qudag_tui.run.presence import attach
from qudag_tui.run.run import Run
from qudag_tui.run.samples import SampleWriter
from qudag_tui.run.supervision import ensure_supervisor, supervisor_alive
from qudag_tui.supervisor import process
from tests.supervisor.living import living
from tests.supervisor.supervised import ANA, REPOSITORY, Supervised, canary, step
from tests.waiting import until, until_async

Build = Callable[..., Supervised]


class FullDisk(Disk):
    """A disk that can be full."""

    def __init__(self) -> None:
        self.full = False

    def write(self, descriptor: int, data: bytes) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, data)

    def reserve(self, descriptor: int, offset: int, length: int) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().reserve(descriptor, offset, length)


def test_in_the_foreground_it_stays_until_the_run_is_closed(supervised: Build) -> None:
    run = supervised()
    run.start()
    process = run.supervisor
    assert process is not None
    run.ask(CloseRun("abandoned", "a test"))

    assert process.wait(30) == 0
    run.supervisor = None
    assert run.facts(ev.SupervisorStopped) == [ev.SupervisorStopped("nothing needs it")]
    assert not supervisor_alive(run.run.folder)
    assert run.log() == ""


def test_in_the_background_it_leaves_when_nobody_is_attached_and_nothing_is_pending(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    run = supervised(step("flags", "echo ran >> ran"))
    with attach(run.run.folder, ANA) as presence:
        assert ensure_supervisor(run.run.folder, presence)
        run.until_kind("supervisor started")
        run.rollback()
        run.until_over()
        assert supervisor_alive(run.run.folder)
        assert not ensure_supervisor(run.run.folder, presence)

    run.until_kind("supervisor stopped")
    until(lambda: not supervisor_alive(run.run.folder))
    assert run.lines("ran") == ["ran"]


def test_from_the_start_of_the_first_phase_it_stays_though_nobody_is_attached(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    run = supervised(checklists=canary('"Deploy"', '"Look"'))
    with attach(run.run.folder, ANA) as presence:
        ensure_supervisor(run.run.folder, presence)
        run.until_kind("supervisor started")
        run.ask(Tick("canary/deploy"))
    first = run.standings
    until(lambda: "fine" in first("metric"))
    seen = first("metric")["fine"]["at"]
    until(lambda: str(first("metric")["fine"]["at"]) > str(seen))
    assert supervisor_alive(run.run.folder)

    run.ask(CloseRun("completed"))

    run.until_kind("supervisor stopped")


def test_a_deleted_folder_ends_it_with_a_line(supervised: Build, tmp_path: Path) -> None:
    run = supervised()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qudag_tui.supervisor", run.run.folder.path, "--foreground"],
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stderr=log,
        )
    run.until_kind("supervisor started")
    until(lambda: _is_swept(run.run.folder.path))

    assert process.wait(30) == 4
    assert "the run's folder was deleted or moved" in (tmp_path / "log").read_text()


def _is_swept(folder: Path) -> bool:
    """Delete it; whoever goes on writing meanwhile may leave something behind for the next sweep."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_lock_whose_file_was_deleted_is_taken_anew(supervised: Build) -> None:
    run = supervised()
    run.start()
    run.run.folder.supervisor_lock.unlink()
    until(lambda: "is taken anew" in run.log())

    with attach(run.run.folder, ANA) as presence:
        assert not ensure_supervisor(run.run.folder, presence)
    assert supervisor_alive(run.run.folder)
    assert run.kinds().count("supervisor started") == 1


def test_one_whose_lock_another_has_taken_meanwhile_leaves_and_says_nothing_in_its_place(supervised: Build) -> None:
    run = supervised()
    run.start()
    with run.paused() as first:
        run.run.folder.supervisor_lock.unlink()
        run.start()

    assert first.wait(30) == 0
    assert "another supervisor has taken it" in run.log()
    assert [kind for kind in run.kinds() if kind.startswith("supervisor")] == ["supervisor started"] * 2
    assert supervisor_alive(run.run.folder)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "qudag_tui.supervisor", tmp_path], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 3
    assert "it is no run: it has no progress.toml" in ended.stderr


async def test_on_a_full_disk_nothing_starts_and_when_there_is_room_it_goes_on(
    supervised: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    run, disk = supervised(step("flags", "echo ran >> ran")), FullDisk()
    async with living(run, disk):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        disk.full = True
        run.rollback()
        await until_async(lambda: "No space left on device" in capsys.readouterr().err)
        assert run.kinds()[-1] == "execution requested"
        assert run.lines("ran") == []

        disk.full = False
        await until_async(lambda: run.kinds()[-1] == "execution finished")

    assert run.lines("ran") == ["ran"]


async def test_an_end_that_cannot_be_saved_is_saved_later(supervised: Build) -> None:
    run, disk = supervised(step("flags", "echo $$ > began; while [ ! -e finish ]; do sleep 0.01; done")), FullDisk()
    async with living(run, disk) as supervisor:
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.rollback()
        await until_async(lambda: run.lines("began"))
        disk.full = True
        (run.folder / "finish").touch()
        await until_async(lambda: supervisor._executor._ended)
        assert run.kinds()[-1] == "step started"

        disk.full = False
        await until_async(lambda: run.kinds()[-1] == "execution finished")

    assert run.outcomes() == {"flags": "passed"}


async def test_without_room_for_samples_the_newest_are_judged_all_the_same(
    supervised: Build, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        from qudag_tui.run.error import NotSaved

        raise NotSaved("samples are not saved: the disk is full")

    monkeypatch.setattr(SampleWriter, "add", full)
    run = supervised(step("recovery", until='"fine < 5"', within='"20s"'))
    async with living(run):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.rollback()
        await until_async(lambda: run.kinds()[-1] == "execution finished")

    assert run.outcomes() == {"recovery": "passed"}
    assert capsys.readouterr().err.count("the disk is full") == 1


async def test_a_suspend_counts_as_a_restart(supervised: Build) -> None:
    run = supervised(
        step("slow", "echo $$ > began; while [ ! -e finish ]; do sleep 0.01; done"), step("after", "echo ran >> after")
    )
    asleep = 0.0
    async with living(run, now=lambda: clock.now().plus(asleep)):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.rollback()
        await until_async(lambda: run.lines("began"))
        asleep = 31.0
        await until_async(lambda: run.kinds().count("supervisor started") == 2)
        (run.folder / "finish").touch()
        await until_async(lambda: run.kinds()[-1] == "step ended")
        again = run.facts(ev.SupervisorStarted)[1]
        assert isinstance(again, ev.SupervisorStarted)
        assert 31 <= again.gap_seconds < 60
        assert [e.held for e in run.state.executions.values()] == [True]
        assert run.lines("after") == []

        run.ask(Resume())
        await until_async(lambda: run.kinds()[-1] == "execution finished")

    assert run.lines("after") == ["ran"]


async def test_a_suspend_while_a_step_is_prepared_starts_nothing(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qudag_tui.plan import trust

    run = supervised(step("flags", "echo ran >> ran"))
    asleep = 0.0

    def sleeps(*_: object) -> str:
        nonlocal asleep
        asleep = 31.0
        return ""

    monkeypatch.setattr(trust, "check_before_exec", sleeps)
    async with living(run, now=lambda: clock.now().plus(asleep)):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.rollback()
        await until_async(lambda: run.kinds()[-1] == "supervisor started" and len(run.kinds()) > 2)

    assert run.kinds() == [
        "run created",
        "supervisor started",
        "execution requested",
        "request claimed",
        "supervisor started",
        "supervisor stopped",
    ]
    assert run.lines("ran") == []


async def test_a_step_whose_files_cannot_be_made_runs_all_the_same(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran; echo out"))
    shutil.rmtree(run.run.folder.logs)
    async with living(run):
        await until_async(lambda: run.kinds()[-1] == "supervisor started")
        run.rollback()
        await until_async(lambda: run.kinds()[-1] == "execution finished")

    assert run.outcomes() == {"flags": "passed"}
    assert run.lines("ran") == ["ran"]


def test_a_run_of_a_newer_version_is_left_alone(supervised: Build) -> None:
    run = supervised()
    journal = run.run.folder.journal
    text = journal.read_text()
    journal.write_text(text.replace("format = 1", "format = 99"))
    ended = subprocess.run(
        [sys.executable, "-m", "qudag_tui.supervisor", run.run.folder.path, "--foreground"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "written by a newer version of qudag-tui" in ended.stderr


def test_a_stopped_lock_holder_stops_neither_sampling_nor_what_comes_after(supervised: Build) -> None:
    run = supervised(step("flags", "echo ran >> ran"))
    run.start()
    script = (
        "import sys, time; from qudag_tui.run.folder import RunFolder; from qudag_tui.run.lock import Lock;"
        "lock = Lock(RunFolder.open(sys.argv[1]), 'journal.lock'); lock.acquire(5); print('held', flush=True);"
        "time.sleep(100)"
    )
    run.ask(Execute("rollback"))
    with subprocess.Popen(
        [sys.executable, "-c", script, run.run.folder.path], stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGSTOP)
        seen = run.standings("metric").get("fine", {}).get("at", "")
        until(lambda: str(run.standings("metric").get("fine", {}).get("at", "")) > str(seen))
        holder.kill()

    run.until_over()
    assert run.lines("ran") == ["ran"]


def test_a_front_end_learns_of_a_refusal_as_an_event(supervised: Build) -> None:
    run = supervised(step("flags", "true"))
    run.start()
    answer = run.run.submit(Execute("nothing"), ANA)

    assert isinstance(answer, Refusal)


def test_it_loads_nothing_heavy() -> None:
    script = (
        "import qudag_tui.supervisor.__main__, sys; print({'textual', 'httpx', 'tomlkit', 'rich'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY)

    assert found.stdout == "set()\n"


async def test_what_somebody_asks_for_does_not_wait_for_the_next_turn(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TURN_SECONDS", 3600.0)
    run = supervised(step("off", "echo ran >> ran"))
    async with living(run):
        await until_async(lambda: "supervisor started" in run.kinds())
        run.rollback()
        await until_async(lambda: run.outcomes() == {"off": "passed"})


async def test_a_glance_that_fails_keeps_no_turn_from_coming(
    supervised: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Run) -> tuple[int, int, int]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    run = supervised(step("off", "echo ran >> ran"))
    monkeypatch.setattr(Run, "signature", broken)
    async with living(run):
        await until_async(lambda: "supervisor started" in run.kinds())
        run.rollback()
        await until_async(lambda: run.outcomes() == {"off": "passed"})
