"""What this login lets sources do: credentials and where they may go, certificates, proxies and redirects.

It stands in the user's own ``config.toml``, never in a checklist file, which only names a credential::

    [credentials.prometheus]
    origin = "https://prometheus.example"     # the only place it may go to
    bearer = { file = "/run/secrets/token" }  # or user and password, or header and value; "…", { file } or { env }

    [origins."https://prometheus.example"]
    ca = "/etc/ssl/company.pem"
    proxy = "http://proxy.example:3128"
    redirects = true
"""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from qudag_tui.sources.source import SourceError

_PORTS = {"http": 80, "https": 443}
_MOST_BYTES = 1 << 20
_MOST_SECRET_BYTES = 64 << 10
_CREDENTIAL_FORMS = ({"bearer"}, {"user", "password"}, {"header", "value"})
_ORIGIN_KEYS = {"ca": str, "proxy": str, "redirects": bool}
_MASK = b"..."
# Shorter ones would also be found where they are not meant, in the middle of a number.
LEAST_MASKED = 8


class ConfigurationError(SourceError):
    """The user's configuration cannot be used; the message says which line of it is meant and what is allowed."""


def origin_of(address: str) -> str:
    """``scheme://host:port`` of an address, in one spelling, so that origins can be compared.

    Raises :class:`ConfigurationError` for what is no http or https address.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        name = f"[{host}]" if ":" in host else host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, KeyError):
        name = ""
    if not name:
        raise ConfigurationError("an address starts with http:// or https:// and names a host")
    return f"{parts.scheme}://{name.rstrip('.')}:{port}"


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers that go to one origin. ``repr`` shows no secret."""

    name: str
    origin: str
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    def mask(self, sent: bytes) -> bytes:
        """``sent`` by the server, without secrets (of eight characters or more) that it may have sent back."""
        for secret in self.secrets:
            if len(secret) >= LEAST_MASKED:
                sent = sent.replace(secret.encode(), _MASK)
        return sent


@dataclass(frozen=True, slots=True)
class Origin:
    """What is asked for at one origin: a certificate authority (a file), a proxy, and that redirects are followed."""

    ca: str = ""
    proxy: str = field(default="", repr=False)  # it may hold a password
    redirects: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """What ``config.toml`` says of sources; ``path`` is where it stands, or would."""

    path: Path = Path("config.toml")
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)


def configuration_path() -> Path:
    """Where the configuration of this login stands."""
    import platformdirs  # only a plan with addresses needs it

    return platformdirs.user_config_path("qudag-tui") / "config.toml"


def load_configuration(path: Path) -> Configuration:
    """What ``path`` says; nothing if there is no such file. Raises :class:`ConfigurationError`."""
    try:
        with opened(path) as file:
            status = os.fstat(file.fileno())
            said = tomllib.loads(file.read(_MOST_BYTES).decode())
    except (FileNotFoundError, NotADirectoryError):
        return Configuration(path)
    except (OSError, ValueError, RecursionError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path} cannot be read: {what}") from error
    tables = {name: said.get(name, {}) for name in ("credentials", "origins")}
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
            raise ConfigurationError(f"{path}: {name} is a table of tables")
    if tables["credentials"]:
        _require_private(path, status)
    return Configuration(
        path,
        {name: _credential(name, entry, path) for name, entry in tables["credentials"].items()},
        {origin_of(address): _origin(address, entry, path) for address, entry in tables["origins"].items()},
    )


def opened(path: Path) -> BinaryIO:
    """The file at ``path``, which has to be one: a pipe would keep everybody waiting. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is no regular file")


def _require_private(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o077:
        raise ConfigurationError(f"{path} holds credentials and others can read it: chmod 600 {path}")


def _credential(name: str, entry: dict[str, Any], path: Path) -> Credential:
    place = f"{path}: credentials.{name}"
    keys = set(entry) - {"origin"}
    if keys not in _CREDENTIAL_FORMS or not isinstance(entry.get("origin"), str):
        raise ConfigurationError(f"{place} has origin, and bearer, or user and password, or header and value")
    given = {key: _secret(entry[key], f"{place}.{key}") for key in keys}
    if keys == {"bearer"}:
        headers = {"Authorization": f"Bearer {given['bearer']}"}
    elif keys == {"header", "value"}:
        headers = {given["header"]: given["value"]}
    else:
        pair = b64encode(f"{given['user']}:{given['password']}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"}
    secrets = [given[key] for key in ("bearer", "password", "value") if key in given]
    # What was encoded may come back encoded.
    secrets += [header.rpartition(" ")[2] for header in headers.values() if keys == {"user", "password"}]
    return Credential(name, origin_of(entry["origin"]), headers, tuple(sorted(secrets, key=len, reverse=True)))


def _secret(value: Any, place: str) -> str:
    secret: Any = value
    if isinstance(value, dict) and list(value) == ["env"] and isinstance(value["env"], str):
        secret = os.environ.get(value["env"])
        if secret is None:
            raise ConfigurationError(f"{place}: the environment has no {value['env']}")
    elif isinstance(value, dict) and list(value) == ["file"] and isinstance(value["file"], str):
        try:
            # pathlib's expanduser raises where nobody has such a home.
            with opened(Path(os.path.expanduser(value["file"]))) as file:  # noqa: PTH111
                secret = file.read(_MOST_SECRET_BYTES).decode().strip()
        except (OSError, ValueError) as error:
            why = f": {error.strerror}" if isinstance(error, OSError) else ""
            raise ConfigurationError(f"{place}: {value['file']} cannot be read{why}") from error
    # A header ends at a line break; latin-1 is all that it can hold.
    if not isinstance(secret, str) or not secret or not secret.isascii() or not secret.isprintable():
        raise ConfigurationError(f"{place} is printable ASCII: a string, {{ file = … }} or {{ env = … }}")
    return secret


def _origin(address: str, entry: dict[str, Any], path: Path) -> Origin:
    for key, value in entry.items():
        if not isinstance(value, _ORIGIN_KEYS.get(key, ())):
            raise ConfigurationError(f'{path}: origins."{address}" has ca (a file), proxy (an address) and redirects')
    return Origin(**entry)
