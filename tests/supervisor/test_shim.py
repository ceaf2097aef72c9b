from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.core.step import Outcome
from qudag_tui.run.log_shape import HEAD_BYTES, TAIL_BYTES
from qudag_tui.run.process import start_ticks
from qudag_tui.supervisor.attempt import Attempt, End, end_of
from qudag_tui.supervisor.shim import EXIT_BYTES
from tests.supervisor.shimmed import Bench, is_running
from tests.waiting import until, until_async


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    until(bench.has_no_shim, lambda: "a shim lives on")


def facts(end: End) -> tuple[Any, ...]:
    return end.outcome, end.code, end.signal, end.error, end.left


async def test_a_step_runs_and_its_outcome_and_output_are_on_disk_and_told(bench: Bench) -> None:
    end = await bench.shell("echo out; echo err >&2")

    assert facts(end) == (Outcome.PASSED, 0, None, "", ())
    assert bench.log.read_bytes() == b"out\nerr\n"
    assert end.log_sha256 == hashlib.sha256(b"out\nerr\n").hexdigest()
    assert end_of(bench.exit.read_bytes()) == end
    assert bench.exit.stat().st_size == EXIT_BYTES


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 3", (Outcome.FAILED, 3, None, "", ())),
        ("kill -9 $$", (Outcome.FAILED, None, 9, "", ())),
        ("kill -TERM $$", (Outcome.FAILED, None, 15, "", ())),
        ("kill -PIPE $$; exit 0", (Outcome.FAILED, None, 13, "", ())),
    ],
)
async def test_an_end_that_is_not_zero_is_failed_with_its_code_or_signal(
    bench: Bench, script: str, expected: tuple[Any, ...]
) -> None:
    assert facts(await bench.shell(script)) == expected


async def test_what_cannot_be_executed_says_why(bench: Bench) -> None:
    (bench.folder / "plain").write_text("echo no\n")
    (bench.folder / "folder").mkdir()
    (bench.folder / "text").write_text("no program\n")
    (bench.folder / "text").chmod(0o755)
    names = ("./none", "./plain", "./folder", "./text", "no-such-program-anywhere")

    ends = [facts(await bench.ended(name)) for name in names]

    assert ends == [
        (Outcome.FAILED, None, None, f"{name} cannot be executed: {why}", ())
        for name, why in zip(
            names,
            (
                "No such file or directory",
                "Permission denied",
                "it is a folder",
                "Exec format error",
                "it was not found in PATH",
            ),
            strict=True,
        )
    ]


async def test_a_folder_that_is_not_there_is_named(bench: Bench) -> None:
    end = await bench.ended("true", cwd="/no/such/folder")

    assert end.error == "the step's folder /no/such/folder cannot be entered: No such file or directory"


async def test_the_step_gets_its_own_session_no_input_and_only_the_given_environment(bench: Bench) -> None:
    end = await bench.shell(
        'read line || echo "no input"; test "$(ps -o sid= -p $$ | tr -d " ")" = $$ && echo "own session"; env | sort',
        env={"PATH": os.environ["PATH"], "ONE": "1"},
    )

    assert end.outcome is Outcome.PASSED
    lines = bench.log.read_text().splitlines()
    assert lines[:2] == ["no input", "own session"]
    assert {line.partition("=")[0] for line in lines[2:]} - {"PWD", "SHLVL", "OLDPWD", "_"} == {"ONE", "PATH"}


async def test_the_step_inherits_no_descriptor_but_its_three(bench: Bench) -> None:
    await bench.shell("ls /proc/self/fd")

    # ls itself opens the folder that it lists.
    assert bench.log.read_text().split() == ["0", "1", "2", "3"]


async def test_signals_that_the_shim_ignores_are_not_ignored_by_the_step(bench: Bench) -> None:
    await bench.shell("grep -E 'SigIgn|SigBlk' /proc/self/status")

    assert bench.log.read_text().split() == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16]


async def test_the_session_is_the_steps_own_and_pids_and_ticks_are_told_before_it_starts(bench: Bench) -> None:
    attempt = await bench.ready(bench.launch("touch", "ran"))

    assert start_ticks(attempt.pid) == attempt.ticks
    assert start_ticks(attempt.shim_pid) == attempt.shim_ticks
    await until_async(lambda: os.getsid(attempt.pid) == attempt.pid)
    assert bench.exit.read_bytes() == b" " * (EXIT_BYTES - 1) + b"\n"
    assert not (bench.folder / "ran").exists()

    attempt.go()
    assert (await bench.end(attempt)).outcome is Outcome.PASSED
    assert (bench.folder / "ran").exists()


async def test_the_end_of_the_supervisor_before_go_means_that_it_never_starts(bench: Bench) -> None:
    attempt = await bench.ready(bench.launch("touch", "ran"))
    attempt.close()

    end = await bench.end(attempt)

    assert facts(end) == (Outcome.NEVER_STARTED, None, None, "", ())
    assert not (bench.folder / "ran").exists()
    await until_async(lambda: not is_running(attempt.pid))


async def test_a_cancel_before_go_means_that_it_never_starts(bench: Bench) -> None:
    attempt = await bench.ready(bench.launch("touch", "ran"))
    attempt.cancel()

    assert (await bench.end(attempt)).outcome is Outcome.NEVER_STARTED
    assert not (bench.folder / "ran").exists()


async def test_a_step_outlives_who_started_it_and_a_stranger_reads_its_end(bench: Bench) -> None:
    first = await bench.started("/bin/sh", "-c", "echo $$ > began; while [ ! -e finish ]; do sleep 0.01; done; exit 4")
    first.close()
    stranger = Attempt((first.pid, first.ticks), (first.shim_pid, first.shim_ticks), bench.read_exit)
    await until_async(lambda: bench.has("began"))
    assert stranger.check() is None

    (bench.folder / "finish").touch()

    assert facts(await bench.end(stranger)) == (Outcome.FAILED, 4, None, "", ())


async def test_a_killed_shim_makes_the_outcome_unknown_and_says_what_still_runs(bench: Bench) -> None:
    attempt = await bench.started("/bin/sh", "-c", "echo $$ > began; exec sleep 100")
    await until_async(lambda: bench.has("began"))
    os.kill(attempt.shim_pid, signal.SIGKILL)

    end = await bench.end(attempt)

    assert facts(end) == (
        Outcome.UNKNOWN,
        None,
        None,
        f"nobody follows it any more, and process {attempt.pid} still runs",
        (),
    )
    os.kill(attempt.pid, signal.SIGKILL)


async def test_a_restart_of_the_machine_makes_the_outcome_unknown_unless_it_was_written(bench: Bench) -> None:
    other = Attempt((1, 1), (os.getpid(), start_ticks(os.getpid())), bench.read_exit, boot_is_ours=False)
    assert other.check() == End(Outcome.UNKNOWN, error="the machine was restarted while it ran")

    end = await bench.shell("exit 3")

    assert other.check() == end


async def test_a_cancel_reaches_only_the_very_process_that_was_meant(bench: Bench) -> None:
    attempt = await bench.started("sleep", "100")
    reused = Attempt((attempt.pid, attempt.ticks), (attempt.shim_pid, attempt.shim_ticks + 1), bench.read_exit)
    reused.cancel()
    other_boot = Attempt(
        (attempt.pid, attempt.ticks), (attempt.shim_pid, attempt.shim_ticks), bench.read_exit, boot_is_ours=False
    )
    other_boot.cancel()
    await asyncio.sleep(0.1)
    assert attempt.check() is None

    attempt.cancel()

    assert facts(await bench.end(attempt)) == (Outcome.CANCELLED, None, 15, "", ())


STUBBORN = """
trap '' TERM
(setsid sh -c 'trap "" TERM; echo $$ > grandchild; while :; do sleep 0.05; done' &)
echo $$ > child
while :; do sleep 0.05; done
"""


async def test_a_cancel_ends_the_whole_tree_even_what_ignores_term_and_left_the_session(bench: Bench) -> None:
    attempt = await bench.started("/bin/sh", "-c", STUBBORN)
    await until_async(lambda: bench.has("child") and bench.has("grandchild"))
    attempt.cancel()

    end = await bench.end(attempt)

    assert facts(end) == (Outcome.CANCELLED, None, 9, "", ())
    assert not is_running(int(bench.read("child")))
    assert not is_running(int(bench.read("grandchild")))


async def test_the_grace_lets_a_step_clean_up(bench: Bench) -> None:
    attempt = await bench.started(
        "/bin/sh",
        "-c",
        "trap 'echo clean; exit 7' TERM; echo $$ > began; while :; do sleep 0.01; done",
        grace_seconds=20,
    )
    await until_async(lambda: bench.has("began"))
    attempt.cancel()

    assert facts(await bench.end(attempt)) == (Outcome.CANCELLED, 7, None, "", ())
    assert bench.log.read_text().endswith("clean\n")


async def test_the_timeout_holds_without_a_supervisor(bench: Bench) -> None:
    attempt = await bench.started("/bin/sh", "-c", STUBBORN, timeout_seconds=0.5)
    attempt.close()
    stranger = Attempt((attempt.pid, attempt.ticks), (attempt.shim_pid, attempt.shim_ticks), bench.read_exit)

    end = await bench.end(stranger)

    assert facts(end) == (Outcome.TIMED_OUT, None, 9, "", ())
    assert end.seconds is not None
    assert end.seconds >= 0.5
    assert not is_running(int(bench.read("grandchild")))


async def test_a_daemon_lives_on_and_is_named_and_the_step_ends_with_its_leader(bench: Bench) -> None:
    end = await bench.shell(
        "setsid sleep 100 </dev/null >/dev/null 2>&1 & echo $! > daemon; "
        "until grep -q sleep /proc/$!/comm; do sleep 0.01; done"
    )

    pid = int(bench.read("daemon"))
    assert facts(end) == (Outcome.PASSED, 0, None, "", (f"{pid} sleep",))
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


async def test_a_daemon_that_still_writes_to_the_output_does_not_die_of_it(bench: Bench) -> None:
    end = await bench.shell(
        "echo step; (trap 'echo broken > broken' PIPE; echo $$ > began; while [ ! -e finish ]; do echo noise; "
        "sleep 0.02; done; echo finished > finished) & while [ ! -s began ]; do sleep 0.01; done"
    )
    assert end.outcome is Outcome.PASSED
    assert len(end.left) >= 1
    size = bench.log.stat().st_size

    (bench.folder / "finish").touch()

    await until_async(lambda: bench.has("finished"))
    assert not (bench.folder / "broken").exists()
    assert bench.log.stat().st_size == size
    assert hashlib.sha256(bench.log.read_bytes()).hexdigest() == end.log_sha256


async def test_output_that_a_child_writes_just_after_the_leader_ended_is_kept(bench: Bench) -> None:
    await bench.shell("(sleep 0.2; echo late) & echo early")

    assert bench.log.read_text() == "early\nlate\n"


async def test_the_log_keeps_its_head_and_its_end(bench: Bench) -> None:
    end = await bench.shell("i=0; yes 0123456789abcde | head -c 6000000; echo; echo the end")

    data = bench.log.read_bytes()
    left_out = 6_000_000 + len("\nthe end\n") - HEAD_BYTES - TAIL_BYTES
    note = b"\n[%d bytes left out]\n" % left_out
    assert end.outcome is Outcome.PASSED
    assert data[:HEAD_BYTES] == (b"0123456789abcde\n" * (HEAD_BYTES // 16))
    assert data[HEAD_BYTES:].startswith(note)
    assert len(data) == HEAD_BYTES + len(note) + TAIL_BYTES
    assert data.endswith(b"0123456789abcde\n\nthe end\n")
    assert hashlib.sha256(data).hexdigest() == end.log_sha256


async def test_secrets_are_masked_across_reads_and_in_every_writing(bench: Bench) -> None:
    await bench.shell(
        'printf "a hunt"; sleep 0.1; printf \'er2"x/y b\\n\'; printf \'%s\\n\' "$JSON" "$URL" "short stays"',
        env={"PATH": os.environ["PATH"], "JSON": 'hunter2\\"x/y', "URL": "u=hunter2%22x%2Fy&v=hunter2%22x/y"},
        secrets=('hunter2"x/y', "short"),
    )

    assert bench.log.read_text() == "a ***** b\n*****\nu=*****&v=*****\nshort stays\n"


async def test_a_secret_shows_in_no_command_line_and_no_environment_of_the_shim(bench: Bench) -> None:
    attempt = await bench.started(
        "sleep", "100", env={"PATH": os.environ["PATH"], "TOKEN": "hunter2hunter2"}, secrets=("hunter2hunter2",)
    )
    seen = b"".join(
        Path(f"/proc/{attempt.shim_pid}/{name}").read_bytes()  # noqa: ASYNC240  # /proc answers at once
        for name in ("cmdline", "environ")
    )
    attempt.cancel()
    await bench.end(attempt)

    assert b"hunter2" not in seen


async def test_escape_sequences_stay_raw_in_the_log(bench: Bench) -> None:
    await bench.shell(r"printf '\033]0;evil\007\233\377[/markup]\n'")

    assert bench.log.read_bytes() == b"\x1b]0;evil\x07\x9b\xff[/markup]\n"


async def test_without_a_log_and_an_exit_file_it_runs_all_the_same_and_tells_its_outcome(bench: Bench) -> None:
    attempt = await bench.ready(bench.launch("/bin/sh", "-c", "echo out; exit 5"), files=False)
    attempt.go()

    assert facts(await bench.end(attempt)) == (Outcome.FAILED, 5, None, "", ())


async def test_many_children_that_ignore_term_are_gone(bench: Bench) -> None:
    attempt = await bench.started(
        "/bin/sh",
        "-c",
        "trap '' TERM; i=0; while [ $i -lt 100 ]; do sleep 100 & i=$((i+1)); done; echo $$ > began; wait",
    )
    await until_async(lambda: bench.has("began"))
    attempt.cancel()

    end = await bench.end(attempt)

    assert end.outcome is Outcome.CANCELLED
    assert end.left == ()


async def test_a_shim_that_cannot_even_report_is_an_error_not_a_hang(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qudag_tui.supervisor import attempt
    from qudag_tui.supervisor.attempt import ShimError

    monkeypatch.setattr(attempt, "_SHIM", "raise SystemExit(1)")
    with pytest.raises(ShimError, match="could not be started: it ended at once"):
        await bench.ready(bench.launch("true"))

    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ShimError, match="No such file or directory"):
        await bench.ready(bench.launch("true"))


@pytest.mark.parametrize(
    "record", [b"", b" " * 100, b'{"outcome": "pas', b'{"outcome": "done"}', b"[1]", b"\xff", b"[" * 9999]
)
def test_an_exit_file_without_a_whole_outcome_says_nothing(record: bytes) -> None:
    assert end_of(record) is None
