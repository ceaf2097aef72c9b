"""A program that prints numbers, and every way in which it can fail to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.run.clock import now
from qudag_tui.run.process import start_ticks
from qudag_tui.sources.command import CommandSource
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted
from tests.sources.answering import reason
from tests.waiting import until_async


def shell(
    folder: Path, script: str, wanted: Iterable[str] = ("length",), timeout_seconds: float = 60.0
) -> CommandSource:
    source = Source("queue", SourceKind.COMMAND, {"argv": ("/bin/sh", "-c", script)}, 5.0, timeout_seconds)
    return CommandSource(source, Wanted(frozenset(wanted)), folder, "/usr/bin:/bin")


async def read_number(path: Path) -> int:
    """The process number that a program has written there."""
    text = ""

    def is_written() -> bool:
        nonlocal text
        text = path.read_text() if path.exists() else ""
        return text.endswith("\n")

    await until_async(is_written)
    return int(text)


async def ends(pid: int) -> None:
    await until_async(lambda: start_ticks(pid) == 0)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("script", "wanted", "expected"),
    [
        ("echo 17", ["length"], {"length": 17.0}),
        ("echo ' -1.5e3 '", ["length"], {"length": -1500.0}),
        ("echo 17", ["value", "other"], {"value": 17.0}),
        ("printf 'length 17\\nage 3.5\\n'", ["length", "age"], {"length": 17.0, "age": 3.5}),
        ("printf 'length 17\\nage 3.5\\n'", ["age"], {"age": 3.5}),
        ("printf 'length 17\\nage nan\\n'", ["length", "age"], {"length": 17.0}),
        ("echo 17; echo noise >&2", ["length"], {"length": 17.0}),
    ],
)
async def test_prints_a_number_or_names_with_numbers(
    tmp_path: Path, script: str, wanted: list[str], expected: dict[str, float]
) -> None:
    assert await shell(tmp_path, script, wanted).read(now()) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("true", "it printed nothing"),
        ("echo 5; exit 3", "it ended with exit code 3"),
        ("echo 5; kill -9 $$", "it ended with SIGKILL"),
        ("echo nan", "its value is nan"),
        ("echo -Inf", "its value is -Inf"),
        ("echo 1e999", "its value is 1e999"),
        ("echo many", "it printed no number: many"),
        ("echo 1_0", "it printed no number: 1_0"),
        ("echo ٣", "it printed no number: ٣"),
        ("echo 5; echo 6", "it printed neither a number nor a name and a number: 5"),
        ("printf 'a 1\\na 2\\n'", "it printed a twice"),
        ("printf 'a 1\\nb 2\\n'", "it did not print length"),
        ("printf '\\033[2J'", "it printed no number: ␛[2J"),
        ("head -c 1000000 /dev/zero", "it printed more than 64 KiB"),
    ],
)
async def test_what_says_nothing_says_why(tmp_path: Path, script: str, expected: str) -> None:
    assert await reason(shell(tmp_path, script)) == expected


async def test_the_reason_why_one_of_several_has_no_number_stands_beside_it(tmp_path: Path) -> None:
    found = await shell(tmp_path, "printf 'a 1\\nb inf\\n'", ["a", "b", "c"]).read(now())

    assert found.reasons == {"b": "its value is inf", "c": "it did not print c"}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("./none",), "./none cannot be started: No such file or directory"),
        (("no-such-program-anywhere",), "no-such-program-anywhere cannot be started: it was not found in PATH"),
        (("./text",), "./text cannot be started: Permission denied"),
    ],
)
async def test_a_program_that_is_none_says_so(tmp_path: Path, argv: tuple[str, ...], expected: str) -> None:
    (tmp_path / "text").write_text("")
    source = Source("queue", SourceKind.COMMAND, {"argv": argv})

    assert await reason(CommandSource(source, Wanted(frozenset({"a"})), tmp_path, "/usr/bin:/bin")) == expected


async def test_it_runs_in_its_folder_with_few_variables_and_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    script = 'cat; test "$PWD" = "$(pwd)" && test -z "$SECRET" && test "$PATH" = /usr/bin:/bin && echo 1'
    (tmp_path / "number").write_text("5\n")

    assert await shell(tmp_path, script).read(now()) == {"length": 1.0}
    assert await shell(tmp_path, "cat number").read(now()) == {"length": 5.0}


async def test_what_does_not_end_in_time_is_killed_with_its_group(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 1000 & echo $! > child; wait"
    source = shell(tmp_path, script, timeout_seconds=0.5)

    assert await reason(source) == "it did not end within 0.5 s"
    await ends(await read_number(tmp_path / "child"))


async def test_what_it_leaves_in_its_group_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    source = shell(tmp_path, "sleep 1000 & echo $! > child; echo 5")

    assert await source.read(now()) == {"length": 5.0}
    await ends(await read_number(tmp_path / "child"))


async def test_a_cancelled_read_ends_the_program(tmp_path: Path) -> None:
    task = asyncio.ensure_future(shell(tmp_path, "echo $$ > leader; exec sleep 1000").read(now()))
    leader = await read_number(tmp_path / "leader")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    await ends(leader)


async def test_nothing_starts_where_it_is_forbidden_and_that_is_asked_every_time(tmp_path: Path) -> None:
    answers = iter(["", "checklists.toml is not trusted"])
    source = CommandSource(
        Source("queue", SourceKind.COMMAND, {"argv": ("/bin/sh", "-c", "echo x >> ran; echo 1")}),
        Wanted(frozenset({"length"})),
        tmp_path,
        forbidden=lambda: next(answers),
    )

    assert await source.read(now()) == {"length": 1.0}
    with pytest.raises(SourceError, match=r"checklists\.toml is not trusted"):
        await source.read(now())
    assert (tmp_path / "ran").read_text() == "x\n"


async def test_no_descriptor_is_left_behind(tmp_path: Path) -> None:
    source, failing = shell(tmp_path, "echo 5"), shell(tmp_path, "exit 1")
    await source.read(now())
    before = descriptors()

    for _ in range(5):
        await source.read(now())
        await reason(failing)

    assert descriptors() == before
