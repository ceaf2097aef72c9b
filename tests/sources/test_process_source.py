from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qudag_tui.run.clock import now
from qudag_tui.sources.process import ProcessSource
from qudag_tui.sources.source import SourceError


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    assert process.stdin
    process.stdin.close()


def become_zombie(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def start(program: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([program], stdin=subprocess.PIPE)


async def reason(source: ProcessSource) -> str:
    with pytest.raises(SourceError) as raised:
        await source.read(now())
    return str(raised.value)


async def test_a_process_that_ended_is_gone_even_while_nobody_has_reaped_it(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "node.pid").write_text(str(sleeper.pid))
    source = ProcessSource(pid_file=tmp_path / "node.pid")
    assert (await source.read(now()))["memory_bytes"] > 0

    become_zombie(sleeper)

    assert await reason(source) == f"process gone: node.pid names {sleeper.pid}"


async def test_a_restart_is_another_process_and_begins_its_cpu_share_anew(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "node.pid").write_text(str(os.getpid()))
    source = ProcessSource(pid_file=tmp_path / "node.pid")
    await source.read(now())
    assert "cpu_percent" in await source.read(now().plus(1))

    (tmp_path / "node.pid").write_text(str(sleeper.pid))

    assert "cpu_percent" not in await source.read(now().plus(2))
    assert "cpu_percent" in await source.read(now().plus(3))


async def test_of_a_name_the_oldest_process_is_followed(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    program = tmp_path / "qudag-node-x1"
    program.symlink_to("/bin/cat")
    first = start(program)
    second = start(program)
    try:
        source = ProcessSource(name="qudag-node-x1")
        await source.read(now())
        assert source._found is not None
        assert source._found[0] == first.pid

        first.kill()
        first.wait()
        await source.read(now())
        assert source._found[0] == second.pid
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
            assert process.stdin
            process.stdin.close()

    assert await reason(source) == "process gone: none has the name qudag-node-x1"
    assert sleeper.poll() is None


async def test_only_a_regular_file_with_a_number_is_a_pid_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2 hunter2\n")
    (tmp_path / "long").write_text("1" * 100)
    (tmp_path / "zero").write_text("0")
    os.mkfifo(tmp_path / "fifo")

    reasons = [
        await reason(ProcessSource(pid_file=tmp_path / name))
        for name in ("none", "fifo", ".", "secret", "long", "zero", "bad\x1b]0;x\x07")
    ]

    assert reasons == [
        "the pid file none cannot be read: No such file or directory",
        "the pid file fifo is no regular file",
        f"the pid file {tmp_path.name} is no regular file",
        "the pid file secret holds no process number",
        "the pid file long holds no process number",
        "the pid file zero holds no process number",
        "the pid file bad␛]0;x␇ cannot be read: No such file or directory",
    ]
