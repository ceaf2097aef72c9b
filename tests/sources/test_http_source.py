"""A page: up or not, how long it took, and numbers in it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.run.clock import now
from qudag_tui.sources.http import HttpSource
from qudag_tui.sources.network import Network
from qudag_tui.sources.wanted import Wanted
from tests.sources.answering import Answering, Server, floods, is_silent, reason, response, serving, trickles
from tests.sources.certificates import self_signed


def page(server: Server, network: Network, *series: str, timeout_seconds: float = 30.0) -> HttpSource:
    source = server.source(SourceKind.HTTP, "/health", timeout_seconds)
    return HttpSource(source, Wanted(frozenset({"up", "latency_seconds", *series})), network)


async def test_a_page_that_answers_is_up_and_timed(server: Server, network: Network) -> None:
    server.will(response(b"fine"))
    source = page(server, network)

    found = [await source.read(now()) for _ in range(2)]

    assert all((values["up"], values["status"]) == (1.0, 200.0) for values in found)
    assert all(0 < values["latency_seconds"] < 30 for values in found)
    # Every look makes a connection of its own, so that the first one is no slower.
    assert [request.headers["connection"] for request in server.requests] == ["close", "close"]


@pytest.mark.parametrize(
    ("answering", "status", "expected"),
    [
        (response(b"no", 503), 503.0, "answered 503 Service Unavailable"),
        (response(b"no", 404), 404.0, "answered 404 Not Found"),
        (
            response(b"", 302, "Location: /login"),
            302.0,
            "answered 302, a redirect to /login, which is not followed",
        ),
        (is_silent, None, "no whole answer within 0.3 s"),
        (trickles(b"HTTP/1.1 200 OK\r\n\r\n"), None, "no whole answer within 0.3 s"),
        (
            floods(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
            None,
            "the answer is larger than 8 MiB",
        ),
    ],
)
async def test_a_page_that_fails_is_down_and_its_time_is_no_latency(
    server: Server, network: Network, answering: Answering | bytes, status: float | None, expected: str
) -> None:
    server.will(answering)

    found = await page(server, network, timeout_seconds=0.3).read(now())

    assert found == {"up": 0.0} | ({} if status is None else {"status": status})
    assert found.reasons["up"] == found.reasons["latency_seconds"] == expected


async def test_nobody_there_or_a_bad_certificate_is_down(network: Network, tmp_path: Path) -> None:
    _, context = self_signed(tmp_path)
    async with serving(context) as server:
        untrusted = await page(server, network).read(now())
    async with serving() as server:
        gone = page(server, network)
    refused = await gone.read(now())

    assert (untrusted, refused) == ({"up": 0.0}, {"up": 0.0})
    assert untrusted.reasons["up"] == "its certificate is not accepted: self-signed certificate"
    assert refused.reasons["up"] == "connection refused"


async def test_what_could_not_be_asked_is_neither_up_nor_down(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    source = HttpSource(Source("p", SourceKind.HTTP, {"address": "http://gone.test/"}), Wanted(), network)

    assert await reason(source) == "the name gone.test was not found"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": {"b": [1, 2.5]}}', 2.5),
        ('{"a": {"b": [1, 10000000000000000000000]}}', 1e22),
        ('{"a": {"b": [1, "2"]}}', 'a number is expected there, not "2"'),
        ('{"a": {"b": [1, true]}}', "a number is expected there, not true"),
        ('{"a": {"b": [1, {"c": 2}]}}', 'a number is expected there, not {"c": 2}'),
        ('{"a": {"b": [1]}}', "a number is expected there, not nothing"),
        ('{"a": {"b": [1, NaN]}}', "the answer is no JSON: NaN is no JSON"),
        ('{"a": {"b": [1, Infinity]}}', "the answer is no JSON: Infinity is no JSON"),
        ('{"a": {"b": [1, 1e999]}}', "its value is inf"),
        (f'{{"a": {{"b": [1, {"9" * 400}]}}}}', "its value is inf"),
        ("", "the answer is empty"),
        ("<html>", "the answer is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[" * 100_000, "the answer is no JSON: nested too deeply"),
    ],
)
async def test_a_number_in_a_page_is_found_or_missed_with_a_reason(
    server: Server, network: Network, body: str, expected: float | str
) -> None:
    server.will_say(body, "application/json")

    found = await page(server, network, "json:a.b[1]").read(now())

    assert found["up"] == 1.0
    assert found.get("json:a.b[1]", found.reasons.get("json:a.b[1]")) == expected


async def test_an_expression_that_fails_leaves_the_others(server: Server, network: Network) -> None:
    server.will_say('{"a": 1, "b": "x"}')

    found = await page(server, network, "json:a", "json:abs(b)", "json:a[").read(now())

    assert found["json:a"] == 1.0
    assert sorted(found.reasons) == ["json:a[", "json:abs(b)"]
    assert all(text.startswith("the expression cannot be applied: ") for text in found.reasons.values())
