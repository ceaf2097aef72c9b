"""Steps that behave as badly as programs do, under a real supervisor.

``QUDAG_TUI_FLOOD_MB=2048`` makes the flood as long as that; it was run once.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.cli.main import main as qudag_tui
from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort
from qudag_tui.core.step import Outcome
from qudag_tui.run.log_shape import HEAD_BYTES, TAIL_BYTES
from tests.supervisor.shimmed import is_running
from tests.supervisor.supervised import Supervised, step
from tests.waiting import until

Build = Callable[..., Supervised]
FLOOD_MB = int(os.environ.get("QUDAG_TUI_FLOOD_MB", "200"))
MOST_SUPERVISOR_MB, MOST_SHIM_MB = 60, 40
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\n" + "\n".join("Zm9vYmFyYmF6" * 5 for _ in range(50)) + "\n"


def started(run: Supervised) -> ev.StepStarted:
    fact = run.facts(ev.StepStarted)[-1]
    assert isinstance(fact, ev.StepStarted)
    return fact


def ended(run: Supervised) -> ev.StepEnded:
    fact = run.facts(ev.StepEnded)[-1]
    assert isinstance(fact, ev.StepEnded)
    return fact


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had, resident."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def memory_is_bounded(run: Supervised) -> None:
    """Of the supervisor and of the shim of the step under way."""
    assert run.supervisor is not None
    supervisor, shim = peak_mb(run.supervisor.pid), peak_mb(started(run).shim_pid)
    assert supervisor < MOST_SUPERVISOR_MB, supervisor
    assert shim < MOST_SHIM_MB, shim


def aborted(run: Supervised) -> None:
    """Ask to abort, and see that nothing of the step is left."""
    fact = started(run)
    run.ask(Abort())
    assert run.until_over().outcome is Outcome.CANCELLED
    assert ended(run).outcome == "cancelled"
    assert ended(run).left == ()
    until(lambda: not is_running(fact.shim_pid))
    assert not is_running(fact.pid)


def test_a_grandchild_that_ignores_term_and_holds_the_output_open_keeps_nothing_waiting(supervised: Build) -> None:
    run = supervised(
        step(
            "leaves",
            """trap "" TERM; (trap "" TERM; echo here; echo $$ > /dev/null; exec sleep 1000) & echo $! > left; """
            "until grep -q sleep /proc/$!/comm; do sleep 0.01; done",
        ),
        step("after", "echo after >> after"),
    )
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.PASSED
    pid = int(run.lines("left")[0])
    first = run.facts(ev.StepEnded)[0]
    assert isinstance(first, ev.StepEnded)
    assert (first.outcome, first.left) == ("passed", (f"{pid} sleep",))
    assert run.output("leaves") == b"here\n"
    assert run.lines("after") == ["after"]
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


def test_five_hundred_children_that_ignore_term_are_gone_after_an_abort(supervised: Build) -> None:
    run = supervised(
        step(
            "many",
            """trap "" TERM; i=0; while [ $i -lt 500 ]; do sleep 1000 & echo $! >> pids; i=$((i+1)); done; """
            "echo all > began; wait",
            grace='"100ms"',
        )
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    memory_is_bounded(run)

    aborted(run)

    pids = [int(pid) for pid in run.lines("pids")]
    assert len(pids) == 500
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_daemon_outlives_its_step_an_abort_and_the_supervisor_and_is_named(supervised: Build) -> None:
    # Two forks and a session of its own, as daemons do.
    run = supervised(
        step(
            "daemon",
            '(setsid sh -c "exec sleep 1000 </dev/null >/dev/null 2>&1" & echo $! > daemon); '
            "until grep -q sleep /proc/$(cat daemon)/comm; do sleep 0.01; done",
        ),
        step("slow", "echo began >> began; exec sleep 1000", grace='"100ms"'),
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    pid = int(run.lines("daemon")[0])
    assert ended(run).left == (f"{pid} sleep",)

    aborted(run)
    run.kill()

    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_step_that_stops_itself_can_be_aborted(supervised: Build) -> None:
    run = supervised(
        step("stops", "(echo $$ > /dev/null; exec sleep 1000) & echo $! > child; kill -STOP $! $$", grace='"100ms"')
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("child") and state_of(started(run).pid) == "T")

    aborted(run)

    assert ended(run).signal == signal.SIGKILL
    assert not is_running(int(run.lines("child")[0]))


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_step_that_prompts_reads_the_end_of_its_input_and_has_no_terminal(supervised: Build) -> None:
    run = supervised(
        step(
            "asks", 'printf "Really? [y/N] "; read answer || echo "no answer"; read answer < /dev/tty || echo "no tty"'
        )
    )
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.PASSED
    output = run.output("asks").decode()
    assert output.startswith("Really? [y/N] no answer\n")
    assert output.endswith("no tty\n")


@pytest.mark.parametrize("secret", ["", PRIVATE_KEY], ids=["plain", "with a long secret"])
def test_a_flood_of_output_keeps_its_head_and_its_end_in_bounded_memory(supervised: Build, secret: str) -> None:
    megabytes = FLOOD_MB if not secret else min(FLOOD_MB, 50)
    run = supervised(
        step(
            "flood",
            f"echo the beginning; yes 0123456789abcde | head -c {megabytes << 20}; echo the end; "
            "echo all > all; while [ ! -e finish ]; do sleep 0.02; done",
            secrets='["KEY"]',
        )
    )
    run.start(**({"KEY": secret} if secret else {}))
    run.rollback()
    until(lambda: run.lines("all"))
    memory_is_bounded(run)
    log = run.run.folder.path / started(run).log
    assert log.stat().st_size <= HEAD_BYTES + 2 * TAIL_BYTES + 100
    (run.folder / "finish").touch()

    assert run.until_over().outcome is Outcome.PASSED
    data = run.output("flood")
    left_out = len(b"the beginning\nthe end\n") + (megabytes << 20) - HEAD_BYTES - TAIL_BYTES
    assert data.startswith(b"the beginning\n0123456789abcde\n")
    assert data[HEAD_BYTES:].startswith(b"\n[%d bytes left out]\n" % left_out)
    assert data.endswith(b"0123456789abcde\nthe end\n")


UGLY = {
    "binary": "head -c 1000000 /dev/urandom",
    "half a character": r"printf 'gr\303'",
    "escapes": r"printf '\033]0;owned\007\033[2J\033[31mred \233 31m \007\n'",
    "one long line": "head -c 50000000 /dev/zero | tr '\\000' x",
    "nulls": "head -c 100000 /dev/zero",
    "carriage returns": r"printf '10%%\r20%%\r100%%\r\n'",
}


def test_ugly_output_is_kept_as_it_is_and_reaches_no_terminal_as_it_is(
    supervised: Build, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    names = [name.replace(" ", "-") for name in UGLY]
    run = supervised(
        *(
            step(name, run=f"""['sh', '-c', {"'''" + script + "'''"}]""")
            for name, script in zip(names, UGLY.values(), strict=True)
        ),
        step("wait", "echo began >> began; while [ ! -e finish ]; do sleep 0.02; done"),
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    memory_is_bounded(run)
    (run.folder / "finish").touch()

    assert run.until_over().outcome is Outcome.PASSED
    assert run.output("half-a-character") == b"gr\xc3"
    assert run.output("escapes") == b"\x1b]0;owned\x07\x1b[2J\x1b[31mred \x9b 31m \x07\n"
    assert len(run.output("binary")) == 1_000_000
    assert run.output("one-long-line").startswith(b"x" * HEAD_BYTES + b"\n[")
    for name in names:
        capsysbinary.readouterr()
        assert qudag_tui(["output", name, "--run", str(run.run.folder.path)]) == 0
        shown = capsysbinary.readouterr().out
        assert shown
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", shown), name
        shown.decode("utf-8")


def test_an_end_by_a_signal_is_told_with_its_number(supervised: Build) -> None:
    run = supervised(
        *(step(name, f"kill -{name} $$", on_failure='"continue"') for name in ("SEGV", "KILL", "TERM", "HUP"))
    )
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.FAILED
    facts = [fact for fact in run.facts(ev.StepEnded) if isinstance(fact, ev.StepEnded)]
    assert [(fact.outcome, fact.code, fact.signal) for fact in facts] == [
        ("failed", None, number) for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
    ]
