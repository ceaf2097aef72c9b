"""One client for all sources that have an address: bounded, with a deadline, and no further than it was asked to go."""

from __future__ import annotations

import asyncio
import errno
import http
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from time import perf_counter

import httpx

from qudag_tui import __version__
from qudag_tui.sources.configuration import Configuration, Credential, Origin, opened, origin_of
from qudag_tui.sources.reason import UnansweredError, short
from qudag_tui.sources.resolution import ASKED, Transport, is_link_local
from qudag_tui.sources.source import SourceError

MOST_BYTES = 8 << 20
MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# These say that this machine has no network, and nothing of the other end.
_OWN_FAULT = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``seconds`` from the start of the connection to the last byte, ``location`` of a redirect."""

    status: int
    body: bytes
    content_type: str
    seconds: float
    location: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """The status in words."""
        if self.status in _REDIRECTS:
            return short(f"answered {self.status}, a redirect to {self.location or 'nowhere'}, which is not followed")
        try:
            phrase = f" {http.HTTPStatus(self.status).phrase}"
        except ValueError:
            phrase = ""
        return f"answered {self.status}{phrase}"

    def require_good(self) -> None:
        """Raises :class:`UnansweredError` if the status is not one of success."""
        if not self.is_good:
            raise UnansweredError(self.reason)


class Network:
    """The client. One for a process; ``ask`` as often at once as there are sources."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        """Asks nobody. Raises :class:`SourceError` where a certificate authority cannot be read."""
        self._configuration = configuration or Configuration()
        origins = self._configuration.origins.items()
        self._client = httpx.AsyncClient(
            transport=Transport(ssl.create_default_context()),
            mounts={address: _transport(origin) for address, origin in origins if origin.ca or origin.proxy},
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113  # every exchange has one deadline over all of it
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"qudag-tui/{__version__}", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def ask(
        self,
        address: str,
        within_seconds: float,
        *,
        credential: str = "",
        accept: str = "*/*",
        form: Mapping[str, str] | None = None,
        is_fresh: bool = False,
    ) -> Answer:
        """One exchange: name, connection and body together take at most ``within_seconds``.

        ``form`` is posted; ``is_fresh`` asks over a connection of its own. An answer with any status is an answer.
        Raises :class:`UnansweredError`, and :class:`SourceError` where it could not even be asked.
        """
        headers = {"Accept": accept} | ({"Connection": "close"} if is_fresh else {})
        allowed = self._credential(credential, address)
        try:
            async with asyncio.timeout(within_seconds):
                answer = await self._follow(address, headers, allowed, form)
        except TimeoutError as error:
            raise UnansweredError(f"no whole answer within {within_seconds:g} s") from error
        except httpx.InvalidURL as error:
            raise SourceError(short(f"not an address: {error}")) from error
        except (httpx.HTTPError, OSError) as error:
            raise _failure(error) from error
        if allowed is None:
            return answer
        # What it says may be shown as a reason, and recorded.
        location = allowed.mask(answer.location.encode("utf-8", "replace")).decode("utf-8", "replace")
        return replace(answer, body=allowed.mask(answer.body), location=location)

    def _credential(self, name: str, address: str) -> Credential | None:
        if not name:
            return None
        found = self._configuration.credentials.get(name)
        if found is None:
            raise SourceError(short(f"no credential has the name {name} in {self._configuration.path}"))
        if found.origin != origin_of(address):
            raise SourceError(short(f"the credential {name} may go to {found.origin}, not to {origin_of(address)}"))
        return found

    async def _follow(
        self, address: str, headers: dict[str, str], credential: Credential | None, form: Mapping[str, str] | None
    ) -> Answer:
        url = httpx.URL(address)
        if url.userinfo:
            raise SourceError("the address holds a user or a password: name a credential instead")
        is_followed = self._configuration.origins.get(origin_of(address), Origin()).redirects
        asked, began = str(url), perf_counter()
        for _ in range(MOST_REDIRECTS + 1):
            # A credential goes to its own origin, wherever the redirects lead.
            goes = credential is not None and origin_of(str(url)) == credential.origin
            sent = headers | (dict(credential.headers) if credential and goes else {})
            answer = await self._exchange(url, sent, form, (asked, began))
            if not (is_followed and answer.status in _REDIRECTS and answer.location):
                return answer
            url = _next(url, answer.location)
        raise UnansweredError(f"redirected more than {MOST_REDIRECTS} times")

    async def _exchange(
        self, url: httpx.URL, headers: dict[str, str], form: Mapping[str, str] | None, since: tuple[str, float]
    ) -> Answer:
        """``since`` is the address that was asked first, and when that was."""
        extensions = {ASKED: since[0]}
        method, again = ("GET" if form is None else "POST"), "Connection" not in headers
        while True:
            try:
                async with self._client.stream(
                    method, url, headers=headers, data=form, extensions=extensions
                ) as response:
                    body = await _body(response)
                    return Answer(
                        response.status_code,
                        body,
                        response.headers.get("Content-Type", ""),
                        perf_counter() - since[1],
                        response.headers.get("Location", ""),
                    )
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                # A connection that was kept may be closed by the other end at the moment that it is used again.
                if not again:
                    raise
                again, headers = False, headers | {"Connection": "close"}


def _transport(origin: Origin) -> httpx.AsyncBaseTransport:
    try:
        if origin.ca:
            opened(Path(origin.ca)).close()
        context = ssl.create_default_context(cafile=origin.ca or None)
        # Through a proxy it is the proxy that resolves, and it was asked for.
        return (
            httpx.AsyncHTTPTransport(verify=context, trust_env=False, proxy=origin.proxy)
            if origin.proxy
            else Transport(context)
        )
    except OSError as error:  # an SSLError too
        raise SourceError(short(f"a certificate authority: {error.strerror or error}: {origin.ca}")) from error
    except (ValueError, httpx.InvalidURL) as error:  # neither is shown: a proxy's address may hold a password
        raise SourceError("a proxy of an origin cannot be used") from error


async def _body(response: httpx.Response) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnansweredError(short(f"answered in the encoding {encoding}, which was not asked for"))
    large = f"the answer is larger than {MOST_BYTES >> 20} MiB"
    announced = response.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > MOST_BYTES:
        raise UnansweredError(large)
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise UnansweredError(large)
    return bytes(body)


def _next(url: httpx.URL, location: str) -> httpx.URL:
    following = url.join(location)
    if following.scheme not in {"http", "https"} or (url.scheme, following.scheme) == ("https", "http"):
        raise UnansweredError(short(f"redirected to {following.scheme}:, which is not followed"))
    if is_link_local(following.host):
        raise UnansweredError(short(f"redirected to {following.host}, a link-local address"))
    return following.copy_with(username="", password="")


def _failure(error: BaseException) -> SourceError:
    """What went wrong, from the libraries' chain of exceptions."""
    for cause in _causes(error):
        if isinstance(cause, SourceError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnansweredError(short(f"its certificate is not accepted: {cause.verify_message}"))
        if isinstance(cause, ssl.SSLError):
            return UnansweredError(short(f"TLS failed: {cause.reason or cause}"))
        if isinstance(cause, OSError) and cause.errno in _OWN_FAULT:
            return SourceError(short(f"this machine cannot reach it: {cause.strerror}"))
        if isinstance(cause, ConnectionRefusedError):
            return UnansweredError("connection refused")
        if isinstance(cause, OSError) and cause.strerror:
            return UnansweredError(short(f"the connection failed: {cause.strerror}"))
    if isinstance(error, httpx.RemoteProtocolError):
        return UnansweredError(short(f"what came back is no whole HTTP answer: {error}"))
    return UnansweredError(short(f"the connection failed: {str(error) or type(error).__name__}"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if cause in seen:
            continue
        seen.append(cause)
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
        waiting += [other for other in (cause.__context__, cause.__cause__) if other is not None]
