"""A Prometheus server, imitated where a real one would never say such things."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from qudag_tui.core.metric import SourceKind
from qudag_tui.run.clock import now
from qudag_tui.sources.configuration import Configuration, Credential
from qudag_tui.sources.network import Network
from qudag_tui.sources.promql import MOST_POINTS, SCRAPED_LAST, SCRAPED_LATELY, Filling, PromqlSource
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted
from tests.sources.answering import (
    Request,
    Server,
    floods,
    is_silent,
    reason,
    response,
    sends,
    trickles,
)
from tests.waiting import until_async

START = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def promql(server: Server, network: Network, *queries: str, timeout_seconds: float = 30.0) -> PromqlSource:
    source = server.source(SourceKind.PROMQL, "/prefix/", timeout_seconds)
    return PromqlSource(source, Wanted(frozenset(queries or ("q",))), network)


def success(kind: str, result: Any, **more: Any) -> bytes:
    said = {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    return response(json.dumps(said).encode())


def vector(*values: str, at: float | None = None) -> bytes:
    stamp = now().wall.timestamp() if at is None else at
    return success("vector", [{"metric": {"n": str(n)}, "value": [stamp, value]} for n, value in enumerate(values)])


def answers(server: Server, by_query: Callable[[str], bytes]) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await sends(by_query(parse_qs(request.body)["query"][0]))(request, writer)

    server.will(answer)


def says(server: Server, answer: bytes, scraped_seconds_ago: float = 1.0) -> None:
    """The same to every query but the one for the last scrape."""
    healthy = vector(str(now().wall.timestamp() - scraped_seconds_ago))
    answers(server, lambda query: healthy if query == SCRAPED_LAST else answer)


async def test_every_query_is_a_series(server: Server, network: Network) -> None:
    answers(
        server,
        lambda query: {"a": vector("1.5"), "b": success("scalar", [now().wall.timestamp(), "2"])}.get(
            query, vector(str(now().wall.timestamp()))
        ),
    )

    assert await promql(server, network, "a", "b").read(now()) == {"a": 1.5, "b": 2.0}
    assert {request.line for request in server.requests} == {"POST /prefix/api/v1/query HTTP/1.1"}


SEVERAL = 'one number is expected, and several series came: aggregate them, as in "sum(…)" or "max(…)"'
NO_ANSWER = "this is no answer of a Prometheus server"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (vector(), "the server has no such series now"),
        (vector("1", "2"), SEVERAL),
        (vector("NaN"), "its value is NaN"),
        (vector("+Inf"), "its value is +Inf"),
        (vector("-Inf"), "its value is -Inf"),
        (vector("many"), "its value is many"),
        (vector("1", at=1e9), "its time stamp is "),
        (success("matrix", []), "a query has to give one number, and this gives a matrix"),
        (success("string", [1, "x"]), "a query has to give one number, and this gives a string"),
        (success("vector", [{"value": [1, 2]}]), NO_ANSWER),
        (success("vector", [[]]), NO_ANSWER),
        (success("vector", [{"value": ["x", "2"]}]), 'a number is expected there, not "x"'),
        (success("vector", []) + b"", "the server has no such series now"),
        (
            success("vector", [{"value": [1, "2"]}], warnings=["store b: \x1b[2J timeout"]),
            "the answer is not whole: store b: ␛[2J timeout",
        ),
        (
            response(b'{"status": "error", "errorType": "bad_data", "error": "parse error"}', 400),
            "the server refuses the query: parse error",
        ),
        (response(b'{"status": "success"}'), "the server refuses the query"),
        (response(b"[]"), NO_ANSWER),
        (response(b""), "the answer is empty"),
        (response(b"<html>"), "the answer is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (response(b"no", 404), "answered 404 Not Found"),
        (response(b"{}", 502), "answered 502 Bad Gateway"),
        (response(b"", 302, "Location: /login"), "answered 302, a redirect to /login, which is not followed"),
    ],
)
async def test_what_says_nothing_says_why(server: Server, network: Network, answer: bytes, expected: str) -> None:
    says(server, answer)

    assert (await reason(promql(server, network))).startswith(expected)


async def test_a_deadline_over_all_queries_and_a_flood_give_nothing(server: Server, network: Network) -> None:
    reasons = []
    for answering in (is_silent, trickles(b"HTTP/1.1 200 OK\r\n\r\n")):
        server.will(answering)
        # More queries than are asked at once: those that wait their turn have no longer.
        source = promql(server, network, *map(str, range(20)), timeout_seconds=0.3)
        reasons.append(await reason(source))
    server.will(floods(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"))
    reasons.append(await reason(promql(server, network)))

    assert reasons == [
        "no whole answer within 0.3 s",
        "no whole answer within 0.3 s",
        "the answer is larger than 8 MiB",
    ]


async def test_a_query_that_is_slow_or_wrong_costs_only_itself(server: Server, network: Network) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        query = parse_qs(request.body)["query"][0]
        if query == "slow":
            await is_silent(request, writer)
        answer = {"wrong": vector("1", "2"), "good": vector("3")}.get(query, vector(str(now().wall.timestamp())))
        await sends(answer)(request, writer)

    server.will(answer)

    found = await promql(server, network, "good", "slow", "wrong", timeout_seconds=3).read(now())

    assert found == {"good": 3.0}
    assert found.reasons == {"slow": "no whole answer within 3 s", "wrong": SEVERAL}


async def test_the_same_answer_again_is_no_observation(server: Server, network: Network) -> None:
    source, cached = promql(server, network), vector("1")
    says(server, cached)

    assert await source.read(now()) == {"q": 1.0}
    assert await reason(source) == "the same sample again: its time stamp has not moved"


async def test_a_server_that_has_stopped_scraping_shows_old_numbers_and_they_do_not_count(
    server: Server, network: Network
) -> None:
    says(server, vector("1"), scraped_seconds_ago=150)

    assert await reason(promql(server, network)) == "the server has scraped nothing for 2 min"


async def test_what_may_be_old_does_not_count_where_the_server_does_not_tell_when_it_scraped(
    server: Server, network: Network
) -> None:
    """A server that has no such series is another kind of server, and is believed."""
    answers(server, lambda query: response(b"no", 500) if query == SCRAPED_LAST else vector("1"))
    assert await reason(promql(server, network)) == (
        "when it last scraped is not known: answered 500 Internal Server Error"
    )
    with pytest.raises(SourceError, match="when it last scraped is not known"):
        await promql(server, network).fill(START, 5.0, 3)

    answers(server, lambda query: vector() if "up" in query else vector("1"))
    assert await promql(server, network).read(now()) == {"q": 1.0}


async def test_a_server_that_scraped_before_and_does_not_any_more_is_not_believed(
    server: Server, network: Network
) -> None:
    """“sum(rate(errors[1m])) or vector(0)” says 0 where nothing is scraped: no errors, and nobody who would see one."""
    source = promql(server, network)
    says(server, vector("1"))
    assert await source.read(now()) == {"q": 1.0}

    answers(server, lambda query: vector() if query == SCRAPED_LAST else vector("0"))
    gone = "the server scrapes nothing any more"
    assert [await reason(source), await reason(promql(server, network))] == [gone, gone]

    # Hours later not even the last hour tells it any more; whoever saw it scrape knows.
    known = promql(server, network)
    says(server, vector("1"))
    assert await known.read(now()) == {"q": 1.0}
    answers(server, lambda query: vector() if "up" in query else vector("0"))
    assert await reason(known) == gone

    answers(server, lambda query: success("matrix", []) if query == SCRAPED_LAST else points((0, "0"), (5, "0")))
    assert (await source.fill(START, 5.0, 2)).values == {}


async def test_what_may_not_be_asked_of_the_last_hour_leaves_it_open_whether_a_server_scrapes(
    server: Server, network: Network
) -> None:
    told = {SCRAPED_LAST: vector(), SCRAPED_LATELY: response(b"no", 500)}
    answers(server, lambda query: told.get(query, vector("1")))

    assert await reason(promql(server, network)) == (
        "when it last scraped is not known: answered 500 Internal Server Error"
    )


async def test_a_gap_is_sought_by_the_clock_of_the_server(server: Server, network: Network) -> None:
    """This machine's clock was set back by an hour, which the boot clock knew: the gap is not an hour old."""
    source, began = promql(server, network), now()
    answers(server, lambda query: vector(str(began.wall.timestamp()) if query == SCRAPED_LAST else "1"))
    await source.read(began)
    jumped = replace(now(), wall=now().wall - timedelta(hours=1))
    await source.read(jumped)
    server.requests.clear()
    answers(server, lambda _: success("matrix", []))

    await source.fill(jumped.wall - timedelta(seconds=10), 5.0, 2)

    assert {round(float(form["start"][0]) - began.wall.timestamp() + 10) // 60 for form in _forms(server)} == {0}


async def test_a_histogram_cannot_be_asked_for(server: Server, network: Network) -> None:
    source = PromqlSource(server.source(SourceKind.PROMQL), Wanted(histograms=frozenset({"h"})), network)
    says(server, vector("1"))

    assert await reason(source) == 'a query gives no buckets: write gauge = "…:histogram_quantile(…)"'


async def test_a_server_that_sends_a_secret_back_does_not_get_it_shown(server: Server) -> None:
    secret = Credential("c", server.address, {"Authorization": "Bearer s3cret-token"}, ("s3cret-token",))
    network = Network(Configuration(credentials={"c": secret}))
    source = PromqlSource(server.source(SourceKind.PROMQL, credential="c"), Wanted(frozenset({"q"})), network)
    says(server, response(b'{"status": "error", "error": "token s3cret-token is no good"}', 403))

    assert await reason(source) == "the server refuses the query: token ... is no good"
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer s3cret-token"}
    await network.close()


def points(*pairs: tuple[float, str]) -> bytes:
    values = [[START.timestamp() + second, value] for second, value in pairs]
    return success("matrix", [{"metric": {}, "values": values}])


def scraped(*pairs: tuple[float, float]) -> bytes:
    return points(*((second, repr(START.timestamp() + last)) for second, last in pairs))


async def fill(server: Server, network: Network, answer: bytes, last: bytes, count: int = 6) -> Filling:
    answers(server, lambda query: last if query == SCRAPED_LAST else answer)
    return await promql(server, network).fill(START, 5.0, count)


async def test_a_gap_is_filled_slot_by_slot(server: Server, network: Network) -> None:
    last = scraped(*((second, second - 1) for second in range(0, 30, 5)))

    found = await fill(server, network, points((0, "1"), (5, "2"), (10, "NaN"), (20, "4"), (95, "9")), last)

    assert found == Filling({"q": {0: 1.0, 1: 2.0, 4: 4.0}}, {})
    asked = parse_qs(server.requests[0].body)
    assert (asked["start"], asked["end"], asked["step"]) == (["1795377600.000"], ["1795377625.000"], ["5.000"])


async def test_what_a_server_shows_for_times_at_which_it_was_down_is_not_taken(
    server: Server, network: Network
) -> None:
    flat = points(*((second, "1") for second in range(0, 60, 5)))
    # It scraped every 5 s, stopped after 10 s, and was back at 50 s; its last sample is shown all the while.
    last = scraped(*((second, min(second, 10)) for second in range(0, 50, 5)), (50, 50), (55, 55))

    found = await fill(server, network, flat, last, 12)

    assert sorted(found.values["q"]) == [0, 1, 2, 3, 10, 11]


async def test_without_anything_that_says_when_it_scraped_all_is_taken(server: Server, network: Network) -> None:
    found = await fill(server, network, points((0, "1"), (25, "2")), success("matrix", []))

    assert found == Filling({"q": {0: 1.0, 5: 2.0}}, {})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (success("matrix", [{"values": []}, {"values": []}]), SEVERAL),
        (success("matrix", [{}]), "a range of numbers is expected"),
        (vector("1"), "a range of numbers is expected"),
        (response(b"no", 500), "answered 500 Internal Server Error"),
    ],
)
async def test_a_gap_that_cannot_be_filled_says_why(
    server: Server, network: Network, answer: bytes, expected: str
) -> None:
    assert await fill(server, network, answer, success("matrix", [])) == Filling({}, {"q": expected})


async def test_a_long_gap_is_asked_for_in_parts(server: Server, network: Network) -> None:
    answers(server, lambda _: success("matrix", []))
    await promql(server, network).fill(START, 1.0, MOST_POINTS + 1)

    spans = sorted({(float(form["start"][0]), float(form["end"][0])) for form in _forms(server)})
    begin = START.timestamp()
    assert spans == [(begin, begin + MOST_POINTS - 1), (begin + MOST_POINTS, begin + MOST_POINTS)]


def _forms(server: Server) -> list[dict[str, list[str]]]:
    return [parse_qs(request.body) for request in server.requests]


async def test_a_read_that_is_cancelled_leaves_nothing_running(server: Server, network: Network) -> None:
    server.will(is_silent)
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(promql(server, network, timeout_seconds=60).read(now()))
    await until_async(lambda: bool(server.requests))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    mine = {each for each in asyncio.all_tasks() - before if "handle" not in repr(each)}
    assert mine == set()


async def test_reasons_are_of_a_reading_that_gave_something(server: Server, network: Network) -> None:
    says(server, vector("1"))
    found = await promql(server, network).read(now())

    assert isinstance(found, Reading)
    assert not isinstance(found, SourceError)
    assert found.reasons == {}
