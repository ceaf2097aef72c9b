"""Readers that ask a real Prometheus server and a real node exporter."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from qudag_tui.core.counter import resets_name
from qudag_tui.core.measure import Look, measure
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.unit import Unit
from qudag_tui.run.clock import now
from qudag_tui.sources.network import Network
from qudag_tui.sources.promql import SCRAPED_LAST
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.scrape import ScrapeSource
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.sources.wanted import Wanted
from tests.sources.answering import reason
from tests.sources.real import EXPORTER, SERVER, Prometheus, exporter, free_port, needs, running
from tests.waiting import until_async

IDLE = 'node_cpu_seconds_total{mode="idle"}'


async def once(reader: SourceReader, holds: Callable[[Reading], bool] = bool) -> Reading:
    """The first read of which that holds; the deadline is far beyond what it takes."""
    given = ""
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    found = await reader.read(now())
                except SourceError as error:
                    given = str(error)
                else:
                    assert isinstance(found, Reading)
                    if holds(found):
                        return found
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it never came: {given}") from None


def wall() -> float:
    return now().wall.timestamp()


async def test_a_node_exporter_is_scraped_while_it_lives_and_after_it_began_anew(network: Network) -> None:
    needs(EXPORTER)
    port = free_port()
    source = Source("node", SourceKind.SCRAPE, {"address": f"http://127.0.0.1:{port}/metrics"}, 1.0, 20.0)
    handled = "promhttp_metric_handler_requests_total"
    reader = ScrapeSource(source, Wanted(frozenset({"node_memory_MemTotal_bytes"}), frozenset({handled})), network)
    metric = Metric("scrapes", "Scrapes", MetricKind.RATE, Series("node", handled), Unit.PER_SECOND)

    with running(*exporter(port)):
        first = await once(reader)
        later = await once(reader)
        looks = [Look(0, {"node": first}), Look(500_000_000, {"node": later})]
    gone = await reason(reader)
    with running(*exporter(port)):
        again = await once(reader)

    assert first["node_memory_MemTotal_bytes"] == float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    assert measure(metric, *looks).value == 2.0
    assert gone == "connection refused"
    assert first[resets_name(handled)] == 0.0
    assert again[resets_name(handled)] > 0.0
    assert again[handled] >= later[handled]
    assert first.started_seconds is not None
    assert again.started_seconds != first.started_seconds


async def test_a_prometheus_server_is_asked(network: Network, tmp_path: Path) -> None:
    needs(EXPORTER, SERVER)
    port = free_port()
    prometheus = Prometheus(tmp_path, free_port(), port)
    several, broken = "node_cpu_seconds_total", "sum("
    queries = ("node_load1", f"sum({IDLE})", several, broken, "no_such_series", "scalar(node_load1)", "0/0")

    with running(*exporter(port)), running(*prometheus.words):
        found = await once(prometheus.source(network, *queries), lambda found: "node_load1" in found)

    assert set(found) == {"node_load1", f"sum({IDLE})", "scalar(node_load1)"}
    assert found[f"sum({IDLE})"] > 0.0
    assert found.reasons == {
        several: 'one number is expected, and several series came: aggregate them, as in "sum(…)" or "max(…)"',
        broken: 'the server refuses the query: invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
        "no_such_series": "the server has no such series now",
        "0/0": "its value is NaN",
    }


async def test_what_was_missed_is_filled_in_but_for_the_time_in_which_the_server_was_down(
    network: Network, tmp_path: Path
) -> None:
    needs(EXPORTER, SERVER)
    port = free_port()
    prometheus = Prometheus(tmp_path, free_port(), port)
    source = prometheus.source(network, "node_load1", f"sum({IDLE})")
    last_scrape = prometheus.source(network, SCRAPED_LAST)

    with running(*exporter(port)):
        with running(*prometheus.words):
            await once(source, lambda found: len(found) == 2)
            # The supervisor is away now; the server is not.
            first = wall() + 1
            await until_async(lambda: wall() > first + 4)
        stopped = wall()
        assert await reason(source) == "connection refused"
        await until_async(lambda: wall() > stopped + 6)
        with running(*prometheus.words):
            back = wall()
            # It answers before it scrapes again, and shows what it knew before.
            await once(last_scrape, lambda found: found[SCRAPED_LAST] > back)
            awake = wall()
            await once(last_scrape, lambda found: found[SCRAPED_LAST] > awake + 3)
            count = int(wall() - first) + 1
            filled = await source.fill(datetime.fromtimestamp(first, now().wall.tzinfo), 1.0, count)

    for values in filled.values.values():
        at = [first + number for number in sorted(values)]
        # What the server shows for up to five minutes after its last scrape is not what it saw.
        assert [moment for moment in at if stopped + 2.5 < moment < back] == []
        assert len([moment for moment in at if moment < stopped]) >= 3
        assert len([moment for moment in at if moment > awake]) >= 2
    assert set(filled.values) == {"node_load1", f"sum({IDLE})"}
    assert filled.reasons == {}


async def test_a_real_server_that_has_lost_its_targets_shows_zeros_and_they_do_not_count(
    tmp_path: Path, network: Network
) -> None:
    """A reload without targets: ``up`` is gone at once, and what says 0 where there is nothing says 0 for ever."""
    needs(EXPORTER, SERVER)
    query = "sum(rate(node_cpu_seconds_total[1m])) * 0 or vector(0)"
    server = Prometheus(tmp_path, free_port(), free_port())
    with running(*exporter(server.target)), running(*server.words) as process:
        reader = server.source(network, query)
        await once(server.source(network, "max(up)"))
        await once(reader)
        (tmp_path / "prometheus.yml").write_text(server.config.replace(f'"127.0.0.1:{server.target}"', ""))
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while await reason(server.source(network, "max(up)")) != "the server has no such series now":  # noqa: ASYNC110  # what is waited for happens in other processes
                await asyncio.sleep(0.05)

        for asked in (reader, server.source(network, query)):
            assert await reason(asked) == "the server scrapes nothing any more"
