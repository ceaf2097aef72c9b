"""The contract: what holds for every source, whatever it asks."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from qudag_tui.core.counter import resets_name
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.unit import Unit
from qudag_tui.run.clock import now
from qudag_tui.sources.asked import AskedSources
from qudag_tui.sources.promql import SCRAPED_LAST
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.sources.wanted import Wanted, wanted_of
from tests.sources.answering import Request, Server, is_silent, reason, response, sends, serving

WANTED = {
    SourceKind.HOST: "memory_percent",
    SourceKind.PROCESS: "memory_bytes",
    SourceKind.SCRIPTED: "a",
    SourceKind.COMMAND: "length",
    SourceKind.SCRAPE: "m",
    SourceKind.PROMQL: "m",
    SourceKind.HTTP: "json:depth",
}
KINDS = list(WANTED)
ADDRESSED = [SourceKind.SCRAPE, SourceKind.PROMQL, SourceKind.HTTP]


def metric(series: str, kind: MetricKind = MetricKind.GAUGE) -> Metric:
    return Metric("m", "M", kind, Series("s", series), Unit.NUMBER)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        server.will(_answer)
        yield server


async def _answer(request: Request, writer: asyncio.StreamWriter) -> None:
    stamp = now().wall.timestamp()
    value = stamp if SCRAPED_LAST.partition("(")[0] in request.body else 5
    bodies = {
        "/metrics": "m 5\n",
        "/health": '{"depth": 5}',
        "/api/v1/query": f'{{"status": "success", "data": {{"resultType": "scalar", "result": [{stamp}, "{value}"]}}}}',
    }
    await sends(response(bodies[request.line.split()[1]].encode()))(request, writer)


@pytest.fixture
async def sources(tmp_path: Path) -> AsyncIterator[AskedSources]:
    sources = AskedSources(
        [metric(name) for name in WANTED.values()],
        tmp_path,
        search_path="/usr/bin:/bin",
        configuration=tmp_path / "config.toml",
    )
    yield sources
    await sources.close()


def source(kind: SourceKind, server: Server, folder: Path) -> Source:
    (folder / "node.pid").write_text(str(os.getpid()))
    targets: Mapping[SourceKind, Mapping[str, str | tuple[str, ...]]] = {
        SourceKind.PROCESS: {"pid_file": "node.pid"},
        SourceKind.SCRIPTED: {"a": ("5.0",)},
        SourceKind.COMMAND: {"argv": ("echo", "length 5")},
        SourceKind.SCRAPE: {"address": f"{server.address}/metrics"},
        SourceKind.PROMQL: {"address": server.address},
        SourceKind.HTTP: {"address": f"{server.address}/health"},
    }
    return Source("s", kind, targets.get(kind, {}), 5.0, 60.0)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_source_gives_finite_numbers_by_name(
    kind: SourceKind, server: Server, sources: AskedSources, tmp_path: Path
) -> None:
    reader = sources.open(source(kind, server, tmp_path))

    for second in range(3):
        values = await reader.read(now().plus(second))
        assert WANTED[kind] in values
        assert all(isinstance(value, float) and math.isfinite(value) for value in values.values())


@pytest.mark.parametrize("kind", KINDS)
async def test_every_source_can_be_cancelled_and_read_again(
    kind: SourceKind, server: Server, sources: AskedSources, tmp_path: Path
) -> None:
    reader = sources.open(source(kind, server, tmp_path))
    for turns in (0, 1, 5, 50):
        task = asyncio.ensure_future(reader.read(now()))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert WANTED[kind] in await reader.read(now())


@pytest.mark.parametrize("kind", [*ADDRESSED, SourceKind.COMMAND])
async def test_every_source_that_is_gone_gives_a_short_reason_and_comes_back(
    kind: SourceKind, sources: AskedSources, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho length 5\n")
    program.chmod(0o700)
    async with serving() as server:
        server.will(_answer)
        asked = source(kind, server, tmp_path)
        if kind is SourceKind.COMMAND:
            asked = Source("s", kind, {"argv": ("./program",)}, 5.0, 60.0)
        reader = sources.open(asked)
        assert WANTED[kind] in await reader.read(now())
    program.chmod(0o600)

    given = await reason(reader) or _reason_of_page(await reader.read(now()))

    assert given in {"connection refused", "./program cannot be started: Permission denied"}


def _reason_of_page(values: Mapping[str, float]) -> str:
    assert values == {"up": 0.0}
    return str(getattr(values, "reasons", {})["json:depth"])


async def test_a_source_that_hangs_delays_no_other_one(server: Server, sources: AskedSources, tmp_path: Path) -> None:
    async with serving() as dead:
        dead.will(is_silent)
        sleeping = Source("s", SourceKind.COMMAND, {"argv": ("sleep", "1000")}, 5.0, 600.0)
        hanging: list[SourceReader] = [sources.open(source(kind, dead, tmp_path)) for kind in ADDRESSED]
        slow = [asyncio.ensure_future(reader.read(now())) for reader in (*hanging, sources.open(sleeping))]

        for kind in KINDS:
            assert WANTED[kind] in await sources.open(source(kind, server, tmp_path)).read(now())

        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_configuration_that_is_broken_is_the_reason_of_every_address(server: Server, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("x = ")
    sources = AskedSources([], tmp_path, configuration=tmp_path / "config.toml")

    reasons = {await reason(sources.open(source(kind, server, tmp_path))) for kind in ADDRESSED}

    assert reasons == {f"{tmp_path}/config.toml cannot be read: Invalid value (at end of document)"}
    assert "memory_percent" in await sources.open(source(SourceKind.HOST, server, tmp_path)).read(now())
    await sources.close()


@pytest.mark.parametrize("address", ["http://[::1", "http://127.0.0.1:99999", "nonsense", "http://\x00/"])
async def test_an_address_that_is_none_is_a_reason(address: str, sources: AskedSources) -> None:
    for kind in ADDRESSED:
        with pytest.raises(SourceError):
            await sources.open(Source("s", kind, {"address": address})).read(now())


def test_what_is_wanted_of_a_source_follows_from_the_metrics() -> None:
    rate = metric("r", MetricKind.RATE)
    ratio = Metric(
        "e",
        "E",
        MetricKind.RATIO,
        Series("s", "bad"),
        Unit.PERCENT,
        total=Series("s", "all"),
        concurrent=Series("s", "old"),
    )
    elsewhere = Metric("x", "X", MetricKind.GAUGE, Series("host", "load1"), Unit.NUMBER)

    assert wanted_of("s", [metric("g"), rate, ratio, metric("h", MetricKind.QUANTILE), elsewhere]) == Wanted(
        frozenset({"g", "old"}), frozenset({"r", "bad", "all"}), frozenset({"h"})
    )


async def test_a_counter_that_is_scraped_says_how_often_it_began_anew(server: Server, tmp_path: Path) -> None:
    sources = AskedSources([metric("m", MetricKind.RATE)], tmp_path, configuration=tmp_path / "config.toml")

    assert await sources.open(source(SourceKind.SCRAPE, server, tmp_path)).read(now()) == {
        "m": 5.0,
        resets_name("m"): 0.0,
    }
    await sources.close()


def test_a_plan_without_addresses_imports_no_client() -> None:
    program = (
        "import sys, pathlib; from qudag_tui.core.metric import Source, SourceKind;"
        "from qudag_tui.sources.asked import AskedSources;"
        "sources = AskedSources([], pathlib.Path('.'));"
        "[sources.open(Source('s', kind)) for kind in (SourceKind.HOST, SourceKind.COMMAND)];"
        "print(sorted({'httpx', 'prometheus_client', 'jmespath'} & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert found.stdout == "[]\n"
