"""A scrape: what is read, and everything that an endpoint can say wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.core.counter import bucket_name, resets_name
from qudag_tui.core.instant import Instant
from qudag_tui.core.measure import Look, measure, samples_of
from qudag_tui.core.metric import SourceKind
from qudag_tui.plan.file import parse_plan
from qudag_tui.run.clock import now
from qudag_tui.sources.network import MOST_BYTES, Network
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.scrape import ScrapeSource
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted, wanted_of
from tests.sources.answering import Server, floods, is_silent, reason, response, trickles

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
NODE = """\
# HELP qudag_errors_total Errors.
# TYPE qudag_errors_total counter
qudag_errors_total{{kind="a"}} {errors}
qudag_errors_total{{kind="b"}} 0
# TYPE qudag_message_throughput_total counter
qudag_message_throughput_total {messages}
# TYPE qudag_validation_cache_hits_total counter
qudag_validation_cache_hits_total {hits}
qudag_validation_cache_misses_total 5
# TYPE qudag_system_memory_bytes gauge
qudag_system_memory_bytes{{memory_type="used"}} 4.2e8
qudag_system_memory_bytes{{memory_type="total"}} 16e9
# TYPE qudag_cpu_usage_percent gauge
qudag_cpu_usage_percent NaN
# TYPE qudag_swarm_task_latency_seconds histogram
qudag_swarm_task_latency_seconds_bucket{{le="0.1"}} {fast}
qudag_swarm_task_latency_seconds_bucket{{le="0.2"}} {all}
qudag_swarm_task_latency_seconds_bucket{{le="+Inf"}} {all}
qudag_swarm_task_latency_seconds_sum 1
qudag_swarm_task_latency_seconds_count {all}
process_start_time_seconds 1.7e9
"""


def scrape(
    server: Server,
    network: Network,
    *gauges: str,
    counters: Iterable[str] = (),
    histograms: Iterable[str] = (),
    timeout_seconds: float = 30.0,
) -> ScrapeSource:
    wanted = Wanted(frozenset(gauges), frozenset(counters), frozenset(histograms))
    return ScrapeSource(server.source(SourceKind.SCRAPE, "/metrics", timeout_seconds), wanted, network)


async def read(source: ScrapeSource, server: Server, body: str, content_type: str = "text/plain") -> Reading | str:
    server.will_say(body, content_type)
    try:
        return await source.read(now())
    except SourceError as error:
        return str(error)


async def test_the_metrics_of_a_node_work_as_they_are_shipped(server: Server, network: Network) -> None:
    shipped = (Path(__file__).parents[2] / "checklists.toml").read_bytes()
    plan = parse_plan(shipped, "checklists.toml", {"node": server.address})
    metrics = [metric for metric in plan.metrics.values() if metric.series.source == "node"]
    source = ScrapeSource(plan.sources["node"], wanted_of("node", metrics), network)
    looks = []
    for second, facts in enumerate(
        (
            {"errors": 3, "messages": 1000, "hits": 50, "fast": 10, "all": 10},
            {"errors": 4, "messages": 3000, "hits": 145, "fast": 30, "all": 110},
        )
    ):
        server.will_say(NODE.format(**facts))
        looks.append(Look(second * 10_000_000_000, {"node": await source.read(now())}))

    found: dict[str, float] = {}
    for metric in metrics:
        found |= samples_of(metric, looks[1], measure(metric, *looks))

    assert found == {
        "error_rate": 0.05,
        "error_rate:events": 4.0,
        "error_rate:total": 3000.0,
        "error_rate:resets": 0.0,
        "throughput": 200.0,
        "cache_hit": 100.0,
        "cache_hit:events": 145.0,
        "cache_hit:rest": 5.0,
        "cache_hit:resets": 0.0,
        "latency": pytest.approx(0.19875),
        "latency:low": 0.1,
        "latency:high": 0.2,
        "node_memory": 4.2e8,
    }


@pytest.mark.parametrize("content_type", ["text/plain", OPEN])
async def test_series_are_chosen_by_labels_and_summed(server: Server, network: Network, content_type: str) -> None:
    body = '# TYPE m gauge\nm{a="1",b="x"} 1\nm{a="2",b="x"} 2\nm{a="3",b="y"} 4\n'
    body += "# EOF\n" if content_type == OPEN else ""
    source = scrape(server, network, "m", 'm{b="x"}', 'm{a=~"1|3"}', 'm{b!="x"}', 'm{b="z"}', "none", "m{")

    found = await read(source, server, body, content_type)

    assert isinstance(found, Reading)
    assert found == {"m": 7.0, 'm{b="x"}': 3.0, 'm{a=~"1|3"}': 5.0, 'm{b!="x"}': 4.0}
    assert found.reasons == {
        'm{b="z"}': "there is no such series",
        "none": "there is no such series",
        "m{": 'a series is a name, or name{label="value"}; =, !=, =~ and !~ compare a label',
    }


async def test_open_metrics_with_exemplars_and_creation_times_are_read(server: Server, network: Network) -> None:
    body = (
        "# TYPE h histogram\n"
        'h_bucket{le="1.0"} 3 # {trace_id="x # {"} 0.4 1.5\nh_bucket{le="+Inf"} 4\nh_count 4\nh_sum 9.0\nh_created 1.5\n'
        "# TYPE c counter\n# UNIT c \n"
        'c_total 17 # {trace_id="y"} 1.0\n# EOF\n'
    )

    found = await read(scrape(server, network, counters=["c_total"], histograms=["h"]), server, body, OPEN)

    assert found == {
        "c_total": 17.0,
        resets_name("c_total"): 0.0,
        bucket_name("h", 1.0): 3.0,
        resets_name(bucket_name("h", 1.0)): 0.0,
        bucket_name("h", math.inf): 4.0,
        resets_name(bucket_name("h", math.inf)): 0.0,
    }


async def test_the_start_of_the_process_stands_beside_the_values(server: Server, network: Network) -> None:
    source = scrape(server, network, "m")

    one, none, several = [
        await read(source, server, f"m 1\n{more}")
        for more in (
            "process_start_time_seconds 1.7e9\n",
            "",
            'process_start_time_seconds{p="1"} 1\nprocess_start_time_seconds{p="2"} 2\n',
        )
    ]

    assert [found.started_seconds for found in (one, none, several) if isinstance(found, Reading)] == [
        1.7e9,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "the answer is empty"),
        (" \n\n", "the answer is empty"),
        ("m NaN\n", "its value is nan"),
        ("m +Inf\n", "its value is inf"),
        ("m -Inf\n", "its value is -inf"),
        ("m 1e999\n", "its value is inf"),
        ("m " + "9" * 400 + "\n", "its value is inf"),
        ("m 1", "malformed: it ends in the middle of a line"),
        ("m 1\nother 12", "malformed: it ends in the middle of a line"),
        ("<html>login</html>\n", "malformed: line 1 is no sample: <html>login</html>"),
        ('{"m": 1}\n', 'malformed: line 1 is no sample: {"m": 1}'),
        ("m 1\nbroken\n", "malformed: line 2 is no sample: broken"),
        ("m one\n", "malformed: could not convert string to float: 'one'"),
        ("m 1_0\n", "malformed: line 1 is no sample: m 1_0"),
        ("m ١\n", "malformed: line 1 is no sample: m ١"),
        ("m{a=1} 1\n", "malformed: Invalid labels: a=1"),
        ('m{a="1} 1\n', 'malformed: line 1 is no sample: m{a="1} 1'),
        ('m{a="1"} 1\nm{a="1"} 2\n', "malformed: m{a='1'} stands there twice"),
        ("m \x1b[2J\n", "malformed: line 1 is no sample: m ␛[2J"),
        ("x" * 20_000 + " 1\n", f"malformed: line 1 is no sample: {'x' * 40}…"),
        ("other 1\n", "there is no such series"),
    ],
)
async def test_what_says_nothing_says_why(server: Server, network: Network, body: str, expected: str) -> None:
    assert await read(scrape(server, network, "m"), server, body) == expected


async def test_text_that_is_no_utf_8_is_malformed(server: Server, network: Network) -> None:
    server.will(response(b"m \xff\n"))

    assert await reason(scrape(server, network, "m")) == "malformed: byte 2 is no UTF-8"


async def test_open_metrics_that_were_cut_off_are_malformed(server: Server, network: Network) -> None:
    found = await read(scrape(server, network, "m"), server, "# TYPE m gauge\nm 1\n", OPEN)

    assert found == 'malformed: it ends without "# EOF"'


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "answered 401 Unauthorized"),
        (404, "answered 404 Not Found"),
        (500, "answered 500 Internal Server Error"),
        (599, "answered 599"),
        (204, "the answer is empty"),
    ],
)
async def test_only_an_answer_of_success_counts(server: Server, network: Network, status: int, expected: str) -> None:
    server.will(response(b"m 1\n" if status != 204 else b"", status))

    assert await reason(scrape(server, network, "m")) == expected


async def test_a_redirect_a_deadline_and_a_flood_give_nothing(server: Server, network: Network) -> None:
    reasons = []
    for answering in (
        response(b"m 1\n", 302, "Location: http://else.test/"),
        is_silent,
        trickles(b"HTTP/1.1 200 OK\r\n\r\nm 1\n"),
    ):
        server.will(answering)
        reasons.append(await reason(scrape(server, network, "m", timeout_seconds=0.3)))
    server.will(floods(b"HTTP/1.1 200 OK\r\n\r\nm 1\n"))
    reasons.append(await reason(scrape(server, network, "m")))

    assert reasons == [
        "answered 302, a redirect to http://else.test/, which is not followed",
        "no whole answer within 0.3 s",
        "no whole answer within 0.3 s",
        "the answer is larger than 8 MiB",
    ]


async def test_a_large_answer_is_read_and_what_is_not_wanted_costs_little(server: Server, network: Network) -> None:
    line = 'filler{path="/a/b/c",code="200"} 12345\n'
    body = line * ((MOST_BYTES - 1000) // len(line)) + "m 1\n"

    assert await read(scrape(server, network, "m"), server, body) == {"m": 1.0}


async def test_one_series_that_is_no_number_leaves_the_others(server: Server, network: Network) -> None:
    found = await read(scrape(server, network, "a", "b", counters=["c"]), server, "a NaN\nb 2\nc -1\n")

    assert isinstance(found, Reading)
    assert found == {"b": 2.0}
    assert found.reasons == {"a": "its value is nan", "c": "it is below zero, and counters are not"}


async def test_a_counter_reset_shows_and_churning_labels_do_not_hide_it(server: Server, network: Network) -> None:
    source = scrape(server, network, counters=["c"])
    bodies = ['c{i="1"} 10\n', 'c{i="1"} 12\nc{i="2"} 5\n', 'c{i="1"} 3\nc{i="2"} 900\n', 'c{i="2"} 901\n']

    found: list[Any] = [await read(source, server, body) for body in bodies]

    assert [(values["c"], values[resets_name("c")]) for values in found] == [
        (10.0, 0.0),
        (17.0, 0.0),
        (915.0, 1.0),
        (916.0, 2.0),
    ]


async def test_the_first_errors_ever_count_and_what_another_reader_has_seen_before_does_not(
    server: Server, network: Network
) -> None:
    """Errors may be as many as requests are, also where there were none before; a backend that comes back is older."""
    source = scrape(server, network, counters=["errors", "requests"])
    said = 'errors{of="a"} %d\nrequests{of="a"} %d\n'
    back = 'errors{of="b"} 5000\nrequests{of="b"} 1000000\n'
    for body in (said % (0, 0), said % (0, 100), said % (0, 200) + 'errors{of="new"} 100\n'):
        answer = await read(source, server, body)
    assert isinstance(answer, Reading)
    assert (answer["errors"], answer[resets_name("errors")], answer["requests"]) == (100, 0, 200)

    answer = await read(source, server, said % (0, 300) + 'errors{of="new"} 100\n' + back)
    assert isinstance(answer, Reading)
    assert (answer["errors"], answer[resets_name("errors")]) == (100, 1)
    assert (answer["requests"], answer[resets_name("requests")]) == (300, 1)


async def test_a_missed_look_loses_no_count(server: Server, network: Network) -> None:
    source = scrape(server, network, counters=["c"])

    found = [await read(source, server, body) for body in ("c 10\n", "c NaN\n", "oops\n", "c 25\n")]

    assert found[1:3] == ["its value is nan", "malformed: line 1 is no sample: oops"]
    assert found[3] == {"c": 25.0, resets_name("c"): 0.0}


@pytest.mark.parametrize(("content_type", "scale"), [("text/plain", 1000), (OPEN, 1)])
async def test_old_future_and_repeated_time_stamps_are_no_observation(
    server: Server, network: Network, content_type: str, scale: int
) -> None:
    source, at = scrape(server, network, "m"), now()

    async def look(second: float, stated: float) -> Reading | str:
        moment = at.wall + timedelta(seconds=second)
        end = "# EOF\n" if content_type == OPEN else ""
        stamp = at.wall.timestamp() + stated
        server.will_say(f"m 1 {round(stamp * scale)}\n{end}", content_type)
        try:
            return await source.read(Instant(moment, round(second * 1e9), ""))
        except SourceError as error:
            return str(error)

    found = [await look(0, 0), await look(5, 5), await look(10, 5), await look(15, 4), await look(20, 20)]
    found += [await look(100, 21), await look(105, 600)]

    same = "the same sample again: its time stamp has not moved"
    assert found == [
        {"m": 1.0},
        {"m": 1.0},
        same,
        same,
        {"m": 1.0},
        "its time stamp is 1 min old",
        "its time stamp is 8 min ahead of this machine's clock",
    ]


async def test_a_jump_of_the_wall_clock_makes_nothing_old_or_new(server: Server, network: Network) -> None:
    source, at = scrape(server, network, "m"), now()
    found: list[float | str] = []
    for second, jumped in ((0, 0), (5, 3600), (10, 3600), (15, -3600), (500, 3600)):
        stated = at.wall.timestamp() + min(second, 15)
        server.will_say(f"m {second} {round(stated * 1000)}\n")
        moment = Instant(at.wall + timedelta(seconds=second + jumped), at.boot_ns + second * 10**9, at.boot_id)
        try:
            found.append((await source.read(moment))["m"])
        except SourceError as error:
            found.append(str(error))

    assert found == [0.0, 5.0, 10.0, 15.0, "its time stamp is 8 min old"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('h_bucket{le="x"} 1\n', "malformed: a bucket of h has no bound"),
        ("h_bucket 1\n", "malformed: a bucket of h has no bound"),
        ('h_bucket{le="1"} NaN\n', "its value is nan"),
        ('h_bucket{le="1"} 1\nh_bucket{le="1.0"} 1\n', "malformed: h{} stands there twice"),
        ("h_sum 1\n", "there is no such histogram"),
    ],
)
async def test_a_histogram_that_is_none_says_why(server: Server, network: Network, body: str, expected: str) -> None:
    assert await read(scrape(server, network, histograms=["h"]), server, body) == expected


async def test_the_buckets_of_several_series_are_summed(server: Server, network: Network) -> None:
    body = "".join(
        f'h_bucket{{i="{series}",le="{bound}"}} {count}\n'
        for series, bound, count in ((1, "0.5", 1), (1, "+Inf", 2), (2, "0.5", 10), (2, "+Inf", 20), (3, "0.5", 100))
    )
    found = await read(scrape(server, network, histograms=['h{i!="3"}']), server, body)

    assert isinstance(found, Reading)
    assert (found[bucket_name('h{i!="3"}', 0.5)], found[bucket_name('h{i!="3"}', math.inf)]) == (11.0, 22.0)
