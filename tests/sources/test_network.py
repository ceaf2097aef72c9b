"""One client for all: what it refuses, how long it waits, and where credentials go."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.sources.configuration import Configuration, Credential, Origin, load_configuration
from qudag_tui.sources.network import Answer, Network
from qudag_tui.sources.reason import UnansweredError
from qudag_tui.sources.resolution import is_link_local, resolve
from qudag_tui.sources.source import SourceError
from tests.sources.answering import Request, Server, floods, is_silent, response, sends, serving, trickles
from tests.sources.certificates import self_signed
from tests.waiting import until_async

OK = response(b"fine")


async def asked(
    address: str, within_seconds: float = 30.0, configuration: Configuration | None = None, **options: Any
) -> Answer | str:
    """The answer, or the reason why there is none: one that nobody gave stands behind ``not asked:``."""
    network = Network(configuration)
    try:
        return await network.ask(address, within_seconds, **options)
    except UnansweredError as error:
        return str(error)
    except SourceError as error:
        return f"not asked: {error}"
    finally:
        await network.close()


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_an_answer_has_its_status_body_type_and_time(server: Server) -> None:
    server.will(response(b"fine", 404, "Content-Type: text/x"))

    answer = await asked(server.address)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.content_type, answer.is_good) == (404, b"fine", "text/x", False)
    assert answer.reason == "answered 404 Not Found"
    assert answer.seconds > 0


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", "the answer is larger than 8 MiB"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "the answer is larger than 8 MiB"),
        (b"HTTP/1.1 500 Oops\r\n\r\n", "the answer is larger than 8 MiB"),
    ],
)
async def test_a_hundred_megabytes_are_not_read(server: Server, head: bytes, expected: str) -> None:
    server.will(floods(head))

    assert await asked(server.address) == expected


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
async def test_one_byte_after_the_other_meets_the_deadline(server: Server, head: bytes) -> None:
    server.will(trickles(head))

    assert await asked(server.address, 0.3) == "no whole answer within 0.3 s"


async def test_silence_meets_the_deadline(server: Server) -> None:
    server.will(is_silent)

    assert await asked(server.address, 0.2) == "no whole answer within 0.2 s"


async def test_a_slow_server_delays_no_other_one(server: Server) -> None:
    server.will(is_silent)
    network = Network()
    async with serving() as quick:
        quick.will(OK)
        slow = [asyncio.ensure_future(network.ask(server.address, 60)) for _ in range(150)]

        answers = [await network.ask(quick.address, 30) for _ in range(3)]

        assert [answer.status for answer in answers] == [200, 200, 200]
        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        await network.close()


async def test_a_name_server_that_hangs_delays_no_other_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        release.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    server.will(OK)
    network = Network()
    slow = [asyncio.ensure_future(network.ask("http://slow.test", 60)) for _ in range(60)]

    assert (await network.ask(server.address, 30)).status == 200

    release.set()
    assert {str(error) for error in await asyncio.gather(*slow, return_exceptions=True)} == {
        "the name slow.test was not found"
    }
    await network.close()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "what came back is no whole HTTP answer: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "what came back is no whole HTTP answer: "),
        (b"", "what came back is no whole HTTP answer: Server disconnected without sending a response."),
        (response(b"\x1f\x8b", 200, "Content-Encoding: gzip"), "answered in the encoding gzip"),
    ],
)
async def test_what_is_no_whole_answer_says_so(server: Server, sent: bytes, expected: str) -> None:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    server.will(answer)

    assert str(await asked(server.address)).startswith(expected)


async def test_a_kept_connection_that_the_other_end_closed_is_asked_again(server: Server) -> None:
    network = Network()
    first = True

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        if len(server.requests) == 2 and first:
            first = False
            writer.close()
            return
        await sends(OK)(request, writer)

    server.will(answer)
    await network.ask(server.address, 30)

    assert (await network.ask(server.address, 30)).status == 200
    assert len(server.requests) == 3
    await network.close()


async def test_nobody_there_is_an_answer_of_a_kind_and_a_name_that_is_none_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert await asked(f"http://127.0.0.1:{closed_port()}/") == "connection refused"
    monkeypatch.setattr(socket, "getaddrinfo", none)
    assert await asked("http://nobody.test/") == "not asked: the name nobody.test was not found"


async def test_an_environment_with_a_proxy_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    server.will(OK)

    assert isinstance(await asked(server.address), Answer)


async def test_a_proxy_that_was_asked_for_is_used(server: Server) -> None:
    server.will(response(b"from the proxy"))
    configuration = Configuration(origins={"http://far.test:80": Origin(proxy=server.address)})

    answer = await asked("http://far.test/m", configuration=configuration)

    assert isinstance(answer, Answer)
    assert answer.body == b"from the proxy"
    assert server.requests[0].line == "GET http://far.test/m HTTP/1.1"


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.1.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"]
)
async def test_a_name_that_resolves_to_a_link_local_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
        (family, socket.SOCK_STREAM, 6, "", (address, 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert await asked("http://rebound.test/") == (
        f"not asked: rebound.test is {address}, a link-local address: asked only where an address names it"
    )


async def test_a_link_local_address_that_is_named_is_asked() -> None:
    assert await resolve("169.254.169.254", 80) == ["169.254.169.254"]
    assert await resolve("fe80::1", 80) == ["fe80::1"]


def test_tells_link_local_addresses_from_others() -> None:
    assert [is_link_local(host) for host in ("169.254.0.1", "[fe80::1%eth0]", "::ffff:169.254.0.1")] == [True] * 3
    assert [is_link_local(host) for host in ("127.0.0.1", "::1", "10.0.0.1", "node.test")] == [False] * 4


async def test_of_several_addresses_one_that_answers_is_enough(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", closed_port())),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    server.will(OK)

    assert isinstance(await asked(f"http://two.test:{server.port}/"), Answer)
    assert server.requests[0].headers["host"] == f"two.test:{server.port}"


async def test_a_redirect_is_an_answer_and_not_followed(server: Server) -> None:
    server.will(response(b"", 302, "Location: /login"))

    answer = await asked(server.address)

    assert isinstance(answer, Answer)
    assert answer.reason == "answered 302, a redirect to /login, which is not followed"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://169.254.169.254/latest", "redirected to 169.254.169.254, a link-local address"),
        ("ftp://h/", "redirected to ftp:, which is not followed"),
        ("/again", "redirected more than 5 times"),
    ],
)
async def test_redirects_that_were_asked_for_are_followed_within_reason(
    server: Server, location: str, expected: str
) -> None:
    server.will(response(b"", 302, f"Location: {location}"))
    configuration = Configuration(origins={server.address: Origin(redirects=True)})

    assert await asked(server.address, configuration=configuration) == expected


async def test_a_credential_goes_to_its_own_origin_and_not_where_it_is_redirected(server: Server) -> None:
    secret = Credential("c", server.address, {"Authorization": "Bearer s3cret"}, ("s3cret",))
    async with serving() as other:
        server.will(response(b"", 307, f"Location: {other.address}/elsewhere"))
        other.will(OK)
        configuration = Configuration(credentials={"c": secret}, origins={server.address: Origin(redirects=True)})

        answer = await asked(server.address, configuration=configuration, credential="c")

        assert isinstance(answer, Answer)
        assert server.requests[0].headers["authorization"] == "Bearer s3cret"
        assert "authorization" not in other.requests[0].headers
        assert await asked(other.address, configuration=configuration, credential="c") == (
            f"not asked: the credential c may go to {server.address}, not to {other.address}"
        )
    assert "s3cret" not in repr(secret)


async def test_a_credential_that_is_not_configured_and_a_password_in_the_address_are_refused(server: Server) -> None:
    configuration = Configuration(Path("/c/config.toml"))
    assert await asked(server.address, configuration=configuration, credential="c") == (
        "not asked: no credential has the name c in /c/config.toml"
    )
    assert await asked(f"http://ana:pw@127.0.0.1:{server.port}/") == (
        "not asked: the address holds a user or a password: name a credential instead"
    )
    assert server.requests == []


async def test_cookies_are_not_kept(server: Server) -> None:
    server.will(response(b"", 200, "Set-Cookie: a=b"))
    network = Network()
    await network.ask(server.address, 30)
    await network.ask(server.address, 30)
    await network.close()

    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


async def test_a_certificate_of_nobody_is_refused_and_one_of_an_authority_of_ours_is_not(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    async with serving(context) as server:
        server.will(OK)
        ours = Configuration(origins={server.address: Origin(ca=str(certificate))})

        assert await asked(server.address) == "its certificate is not accepted: self-signed certificate"
        assert isinstance(await asked(server.address, configuration=ours), Answer)


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path, "DNS:other.test")
    async with serving(context) as server:
        ours = Configuration(origins={server.address: Origin(ca=str(certificate))})

        assert str(await asked(server.address, configuration=ours)).startswith(
            "its certificate is not accepted: IP address mismatch"
        )


async def test_a_server_without_tls_says_so() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert str(await asked(f"https://127.0.0.1:{port}")).startswith("TLS failed: ")


async def test_a_certificate_authority_that_cannot_be_read_says_so() -> None:
    with pytest.raises(SourceError, match=r"a certificate authority: No such file or directory: none\.pem"):
        Network(Configuration(origins={"https://h:443": Origin(ca="none.pem")}))


async def test_a_pipe_for_a_certificate_authority_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ca.pem")

    with pytest.raises(SourceError, match=r"a certificate authority: it is no regular file"):
        Network(Configuration(origins={"https://h:443": Origin(ca=str(tmp_path / "ca.pem"))}))


async def test_a_proxy_that_cannot_be_used_does_not_show_its_password() -> None:
    with pytest.raises(SourceError, match=r"^a proxy of an origin cannot be used$"):
        Network(Configuration(origins={"https://h:443": Origin(proxy="gopher://ana:hunter22@proxy")}))


async def test_a_cancelled_exchange_leaves_the_client_usable(server: Server) -> None:
    network = Network()
    server.will(is_silent)
    task = asyncio.ensure_future(network.ask(server.address, 60))
    await until_async(lambda: bool(server.requests))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    server.will(OK)

    assert (await network.ask(server.address, 30)).status == 200
    await network.close()


def test_no_configuration_is_an_empty_one(tmp_path: Path) -> None:
    assert load_configuration(tmp_path / "config.toml") == Configuration(tmp_path / "config.toml")
