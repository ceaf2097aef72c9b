"""The program as processes: many at once, killed at random, with closed pipes, odd environments and a terminal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.printable import visible
from tests.cli.desk import REPOSITORY, Desk
from tests.cli.terminal import Terminal
from tests.waiting import DEADLINE_SECONDS, until

WORKERS = 50


def test_fifty_processes_tick_at_once_and_are_killed_and_no_acknowledged_tick_is_lost_or_doubled(desk: Desk) -> None:
    items = "".join(f'{{ id = "box-{number:02}", text = "Box {number}" }},' for number in range(WORKERS))
    desk.write(f'title = "Many"\n[[checklists]]\ntitle = "Day"\nitems = [{items}]\n')
    folder = desk.new()
    chance = random.Random(20261122)
    workers = [
        desk.process("tick", f"box-{number:02}", "--json", "--as", f"worker-{number}") for number in range(WORKERS)
    ]
    # Killed when the journal has reached some length: before, while and after they write.
    for victim in chance.sample(workers, WORKERS // 2):
        size = (folder / "progress.toml").stat().st_size + chance.randrange(600)
        until(
            lambda size=size, victim=victim: (
                (folder / "progress.toml").stat().st_size >= size or victim.poll() is not None
            ),  # type: ignore[misc]  # bound at once
            "the journal grows",
        )
        victim.kill()
    acknowledged: list[int] = []
    for number, worker in enumerate(workers):
        out, err = worker.communicate(timeout=DEADLINE_SECONDS)
        if worker.returncode == 0:
            assert json.loads(out)["item"] == f"box-{number:02}"
            acknowledged.append(number)
        else:
            assert (worker.returncode, err) == (-signal.SIGKILL, b""), err
    assert desk("comment", "box-00", "the end is mended by the next one that writes").code == 0
    ticked = [event.fact.item for event in desk.run.events if isinstance(event.fact, ev.ItemTicked)]
    assert {f"box-{number:02}" for number in acknowledged} <= set(ticked)
    assert len(ticked) == len(set(ticked))
    assert len(acknowledged) >= WORKERS // 2
    assert desk("verify").code == 0


def test_a_reader_that_goes_away_is_quiet(desk: Desk) -> None:
    desk.new()
    for words in (("status",), ("status", "--json"), ("log", "--follow"), ("completion", "bash")):
        reading, writing = os.pipe()
        os.close(reading)
        process = desk.process(*words, stdout=writing)
        os.close(writing)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert (process.returncode, err) == (128 + signal.SIGPIPE, b""), words


def test_a_closed_stdout_breaks_nothing(desk: Desk) -> None:
    folder = desk.new()
    command = f"exec '{sys.executable}' -P -m qudag_tui tick talk >&- 2>&- <&-"
    done = subprocess.run(["sh", "-c", command], cwd=desk.folder, env=desk.environment(), check=False)
    assert done.returncode == 0
    assert desk("verify").code == 0
    assert b"ticked" in (folder / "progress.toml").read_bytes()


@pytest.mark.parametrize(
    "removed",
    [{"HOME"}, {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "PATH", "TERM"}],
)
def test_it_works_with_hardly_an_environment(desk: Desk, removed: set[str]) -> None:
    desk.new()
    environment = {name: value for name, value in desk.environment().items() if name not in removed}
    for words in (("status", "--json"), ("tick", "talk"), ("info",), ("untick", "talk")):
        process = desk.process(*words, env=environment)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, err
        assert bool(out) == (words[0] in {"status", "info"})


@pytest.mark.parametrize(
    "changed",
    [{"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}],
)
def test_it_works_where_the_locale_has_ascii_only(desk: Desk, changed: dict[str, str]) -> None:
    desk.new()
    for words in (
        ("status",),
        ("status", "--tmux"),
        ("log",),
        ("tick", "talk"),
        ("untick", "talk"),
        ("comment", "talk", "Grüße"),
    ):
        process = desk.process(*words, env=desk.environment(**changed))
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, err
        assert b"Traceback" not in err
        assert out or err
    assert desk.run.state.comments["talk"][0].text == "Grüße"


def test_an_interrupt_while_following_is_130_and_silent(desk: Desk) -> None:
    desk.new()
    process = desk.process("log", "--follow")
    assert process.stdout is not None
    assert b"opened the run" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("words", [("status", "--tmux"), ("tick", "talk"), ("log",)])
def test_no_verb_loads_what_only_the_screen_needs(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    script = (
        "import sys; from qudag_tui.cli.main import main; code = main(sys.argv[1:]); "
        "loaded = {'textual', 'rich', 'tomlkit', 'tree_sitter', 'psutil', 'asyncio'} & set(sys.modules); "
        "sys.exit(f'loads {loaded}' if loaded else code)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *words],
        cwd=desk.folder,
        env=desk.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_rollback_is_started_by_typing_the_code_that_is_shown(desk: Desk) -> None:
    desk.new_trusted()
    terminal = Terminal(desk, "rollback", "--no-wait")
    code = terminal.read_until(" to start:").rpartition("Type ")[2][:4]
    assert "Roll back v2 to v1" in terminal.shown
    terminal.type(code.lower())
    assert terminal.end() == 7
    assert "mark alert" in terminal.shown
    assert desk("abort").code == 0


@pytest.mark.parametrize("answer", ["", "y", "0000"])
def test_anything_but_the_code_starts_nothing(desk: Desk, answer: str) -> None:
    desk.new_trusted()
    terminal = Terminal(desk, "rollback")
    terminal.read_until(" to start:")
    terminal.type(answer)
    assert terminal.end() == 3
    assert "not confirmed: nothing was recorded" in terminal.shown
    assert desk.run.state.head_seq == 1


def test_the_first_refusal_offers_the_review_right_there(desk: Desk) -> None:
    desk.new()
    terminal = Terminal(desk, "run", "deploy")
    terminal.read_until("Review it now? [y/N]")
    terminal.type("y")
    terminal.types_the_code("to trust exactly this:")
    terminal.types_the_code()
    assert terminal.end() == 0
    assert desk("trust", "--show", "--run", "r1").code == 0


def test_a_question_is_no_unless_somebody_says_yes(desk: Desk) -> None:
    desk.new()
    terminal = Terminal(desk, "tick", "backup")
    terminal.read_until("[y/N]")
    terminal.type("")
    assert terminal.end() == 3
    terminal = Terminal(desk, "tick", "backup")
    terminal.read_until("[y/N]")
    terminal.type("yes")
    assert terminal.end() == 0


def test_a_terminal_never_gets_an_escape_from_a_log(desk: Desk) -> None:
    desk.new()
    desk("comment", "talk", "\x1b]0;owned\x07")
    terminal = Terminal(desk, "log")
    assert terminal.end() == 0
    assert visible("\x1b]0;owned\x07") in terminal.shown
    assert "\x1b" not in terminal.shown


def test_the_module_and_the_repository_are_where_the_desk_says() -> None:
    assert (REPOSITORY / "qudag_tui" / "__main__.py").is_file()
