from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qudag_tui.core.host_series import HOST_SERIES, KNOWN_SERIES, PROCESS_SERIES
from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.run.clock import now
from qudag_tui.sources.opening import open_source
from qudag_tui.sources.source import SourceError, SourceReader


def host(_folder: Path) -> Source:
    return Source("host", SourceKind.HOST)


def process(folder: Path) -> Source:
    (folder / "node.pid").write_text(f"{os.getpid()}\n")
    return Source("node", SourceKind.PROCESS, {"pid_file": "node.pid"})


def missing_process(_folder: Path) -> Source:
    return Source("node", SourceKind.PROCESS, {"name": "no-process-has-this-name"})


def scripted(_folder: Path) -> Source:
    return Source("demo", SourceKind.SCRIPTED, {"a": ("1.0", "nan", "inf"), "b": ("2.0",)})


def unread(kind: SourceKind) -> Callable[[Path], Source]:
    def build(_folder: Path) -> Source:
        return Source("node", kind, {"address": "http://127.0.0.1:1/metrics", "argv": ("touch", "asked")})

    build.__name__ = kind.value
    return build


UNREAD = (SourceKind.SCRAPE, SourceKind.PROMQL, SourceKind.HTTP, SourceKind.COMMAND)
ALL = (host, process, missing_process, scripted, *(unread(kind) for kind in UNREAD))


def content(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def answer(reader: SourceReader, at: Instant) -> Mapping[str, float] | SourceError:
    try:
        return await reader.read(at)
    except SourceError as error:
        return error


@pytest.mark.parametrize("build", ALL, ids=lambda build: build.__name__)
async def test_every_source_gives_finite_numbers_or_a_short_reason(
    build: Callable[[Path], Source], tmp_path: Path
) -> None:
    source = build(tmp_path)
    reader = open_source(source, tmp_path)
    known = KNOWN_SERIES.get(source.kind, source.target)
    for second in range(4):
        given = await answer(reader, now().plus(second))

        if isinstance(given, SourceError):
            assert 0 < len(str(given)) < 120
            assert "\n" not in str(given)
        else:
            assert set(given) <= set(known)
            assert all(isinstance(value, float) and math.isfinite(value) for value in given.values())
            assert given


@pytest.mark.parametrize("build", ALL, ids=lambda build: build.__name__)
async def test_every_source_can_be_cancelled_and_read_again(build: Callable[[Path], Source], tmp_path: Path) -> None:
    reader = open_source(build(tmp_path), tmp_path)
    task = asyncio.ensure_future(answer(reader, now()))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert isinstance(await answer(reader, now()), dict | SourceError)


@pytest.mark.parametrize("kind", UNREAD)
async def test_a_kind_that_is_not_read_yet_asks_nobody_and_says_so(
    kind: SourceKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    article = "an" if kind is SourceKind.HTTP else "a"

    given = await answer(open_source(unread(kind)(tmp_path), tmp_path), now())

    assert str(given) == f"{article} {kind.value} source is not read by this version yet"
    assert content(tmp_path) == []


async def test_the_host_has_every_series_that_the_plan_may_name() -> None:
    reader = open_source(Source("host", SourceKind.HOST), Path())
    seen: set[str] = set()
    async with asyncio.timeout(10):
        while not set(HOST_SERIES) - {"disk_read_bytes_per_second", "disk_write_bytes_per_second"} <= seen:
            seen |= set(await reader.read(now()))

    assert seen <= set(HOST_SERIES)


async def test_a_process_has_every_series_that_the_plan_may_name(tmp_path: Path) -> None:
    reader = open_source(process(tmp_path), tmp_path)
    first = await reader.read(now())
    second = await reader.read(now().plus(1))

    assert set(first) == set(PROCESS_SERIES) - {"cpu_percent"}
    assert set(second) == set(PROCESS_SERIES)
