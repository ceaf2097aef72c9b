"""A server on the loopback that answers as it is told, byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.run.clock import now
from qudag_tui.sources.source import SourceError, SourceReader

Answering = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    line: str
    headers: dict[str, str]
    body: str


@dataclass
class Server:
    port: int
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    answering: Answering | None = None

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def will(self, answering: Answering | bytes) -> None:
        self.answering = sends(answering) if isinstance(answering, bytes) else answering

    def will_say(self, body: str, content_type: str = "text/plain; version=0.0.4", status: int = 200) -> None:
        self.will(response(body.encode(), status, f"Content-Type: {content_type}"))

    def source(self, kind: SourceKind, path: str = "", timeout_seconds: float = 30.0, credential: str = "") -> Source:
        named = {"credential": credential} if credential else {}
        return Source("node", kind, {"address": self.address + path} | named, 5.0, timeout_seconds)


def response(body: bytes, status: int = 200, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def sends(*parts: bytes) -> Answering:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def trickles(head: bytes, pause_seconds: float = 0.02) -> Answering:
    """One byte after the other, for ever."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return answer


def floods(head: bytes, megabytes: int = 100) -> Answering:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        block = b"# filler\n" * 100_000
        for _number in range(megabytes):
            writer.write(block)
            await writer.drain()

    return answer


async def is_silent(_: Request, writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    await asyncio.Event().wait()


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Server]:
    """A server until the end of the block, at any port; whoever it was still answering is cut off there."""
    tasks: set[asyncio.Task[None]] = set()
    served = Server(0, "https" if context else "http")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            while True:
                request = await _request(reader)
                if request is None:
                    return
                served.requests.append(request)
                assert served.answering
                await served.answering(request, writer)
                await writer.drain()
                if request.headers.get("connection") == "close":
                    return
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            return
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", port, ssl=context)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted transport closes its socket at the loop's next turn


async def _request(reader: asyncio.StreamReader) -> Request | None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(head[0], headers, body.decode())
    return None


async def reason(reader: SourceReader) -> str:
    """Why a read gives nothing; "" if it gives something."""
    try:
        await reader.read(now())
    except SourceError as error:
        return str(error)
    return ""
