"""From a name to a connection: resolved where it holds up nobody, and never to a link-local address by surprise."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Iterator

import httpcore
import httpx

from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.source import SourceError

# While further addresses are left, one that does not answer gets this long.
ATTEMPT_SECONDS = 1.0
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# The extension of a request that holds the address in the plan, wherever redirects lead from there.
ASKED = "qudag_tui.asked"


def is_link_local(host: str) -> bool:
    """Whether ``host`` is written as a link-local address; those answer with the secrets of a cloud machine."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return address.is_link_local or any(inner.is_link_local for inner in _carried(address))


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address may lead to: mapped, by 6to4, and by a translator (RFC 6052)."""
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        if address in _TRANSLATED:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host``, in the resolver's order. Raises :class:`SourceError`, also for a link-local one."""
    if _is_address(host):
        return [host]
    try:
        # Not the loop's resolver: its few threads are shared by all, and one dead name server would take them.
        found = await off_loop(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise SourceError(f"the name {host} was not found") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    refused = next(filter(is_link_local, addresses), None)
    if refused:
        raise SourceError(f"{host} is {refused}, a link-local address: asked only where an address names it")
    return addresses


class Backend(httpcore.AnyIOBackend):
    """Connects to addresses that were looked at first."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of ``host`` that takes one."""
        addresses = await resolve(host, port)
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, TimeoutError):
                continue
        return await super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


class Transport(httpx.AsyncBaseTransport):
    """Connections made by :class:`Backend`, in a pool for each address that is asked, so that none can use up another's.

    A pool looks at all of its connections for each request: sixty sources in one took half a core at one look a second.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        """``context`` says whose certificates are accepted."""
        self._context = context
        self._pools: dict[str, _Pool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange, in the pool of the address that the request's extension :data:`ASKED` names."""
        asked = str(request.extensions.get(ASKED, ""))
        pool = self._pools.get(asked)
        if pool is None:
            pool = self._pools[asked] = _Pool(self._context)
        return await pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()


class _Pool(httpx.AsyncHTTPTransport):
    """Without a limit, as whoever asks has its own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx has no argument for it; that the refusal of link-local addresses works is a test.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=None, keepalive_expiry=30.0, network_backend=Backend()
        )
