"""The user's own configuration: credentials that others cannot read, and where they may go."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qudag_tui.sources.configuration import (
    Configuration,
    ConfigurationError,
    Credential,
    Origin,
    load_configuration,
    origin_of,
)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def loaded(folder: Path, text: str, mode: int = 0o600) -> Configuration | str:
    path = written(folder, text, mode)
    try:
        return load_configuration(path)
    except ConfigurationError as error:
        return str(error).replace(str(path), "config.toml")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://Node.Example/metrics?x=1", "https://node.example:443"),
        ("http://node.example.:80", "http://node.example:80"),
        ("http://[::1]:9090/m", "http://[::1]:9090"),
        ("http://ana@node:9090", "http://node:9090"),
    ],
)
def test_an_origin_has_one_spelling(address: str, expected: str) -> None:
    assert origin_of(address) == expected


@pytest.mark.parametrize("address", ["node", "ftp://node", "http://", "http://node:99999", "http://" + "ü" * 99])
def test_what_is_no_address_has_no_origin(address: str) -> None:
    with pytest.raises(ConfigurationError):
        origin_of(address)


def test_reads_credentials_of_every_form_and_origins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("from a file\n")
    monkeypatch.setenv("KEY", "from the environment")
    text = f"""
operator = "ana"
[credentials.a]
origin = "https://a.test"
bearer = {{ file = "{tmp_path}/token" }}
[credentials.b]
origin = "https://b.test:8443/x"
header = "X-Api-Key"
value = {{ env = "KEY" }}
[credentials.c]
origin = "http://c.test"
user = "ana"
password = "pw"
[origins."https://a.test"]
ca = "/ca.pem"
redirects = true
"""

    assert loaded(tmp_path, text) == Configuration(
        tmp_path / "config.toml",
        {
            "a": Credential("a", "https://a.test:443", {"Authorization": "Bearer from a file"}, ("from a file",)),
            "b": Credential(
                "b", "https://b.test:8443", {"X-Api-Key": "from the environment"}, ("from the environment",)
            ),
            "c": Credential("c", "http://c.test:80", {"Authorization": "Basic YW5hOnB3"}, ("YW5hOnB3", "pw")),
        },
        {"https://a.test:443": Origin("/ca.pem", "", redirects=True)},
    )


C = '[credentials.c]\norigin = "http://c"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = ", "config.toml cannot be read: Invalid value (at end of document)"),
        ("credentials = 1", "config.toml: credentials is a table of tables"),
        ("[origins]\na = 1", "config.toml: origins is a table of tables"),
        (
            C,
            "config.toml: credentials.c has origin, and bearer, or user and password, or header and value",
        ),
        (
            '[credentials.c]\nbearer = "x"',
            "config.toml: credentials.c has origin, and bearer, or user and password, or header and value",
        ),
        (
            C + "bearer = 5",
            "config.toml: credentials.c.bearer is printable ASCII: a string, { file = … } or { env = … }",
        ),
        (
            C + 'bearer = "a\\r\\nX-Other: b"',
            "config.toml: credentials.c.bearer is printable ASCII: a string, { file = … } or { env = … }",
        ),
        (C + 'bearer = { env = "NOT_SET" }', "config.toml: credentials.c.bearer: the environment has no NOT_SET"),
        (
            C + 'bearer = { file = "/none" }',
            "config.toml: credentials.c.bearer: /none cannot be read: No such file or directory",
        ),
        (
            C + 'bearer = { file = "~nobody-at-all/x" }',
            "config.toml: credentials.c.bearer: ~nobody-at-all/x cannot be read: No such file or directory",
        ),
        (
            '[origins."http://a"]\nverify = false',
            'config.toml: origins."http://a" has ca (a file), proxy (an address) and redirects',
        ),
        ('[origins.a]\nca = "x"', "an address starts with http:// or https:// and names a host"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    assert loaded(tmp_path, text) == expected


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_said_to_be_none_and_kept_nobody_waiting(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "config.toml")
    make(tmp_path / "token")

    with pytest.raises(ConfigurationError, match=r"config\.toml cannot be read: it is no regular file"):
        load_configuration(tmp_path / "config.toml")
    (tmp_path / "other.toml").write_text(C + f'bearer = {{ file = "{tmp_path}/token" }}')
    (tmp_path / "other.toml").chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"bearer: .*/token cannot be read: it is no regular file"):
        load_configuration(tmp_path / "other.toml")


def test_credentials_that_others_can_read_are_refused(tmp_path: Path) -> None:
    assert loaded(tmp_path, C + 'bearer = "x"', 0o640) == (
        "config.toml holds credentials and others can read it: chmod 600 config.toml"
    )
    assert isinstance(loaded(tmp_path, 'operator = "ana"', 0o644), Configuration)


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    found = loaded(tmp_path, C + 'bearer = "hunter22"')

    assert isinstance(found, Configuration)
    assert "hunter22" not in repr(found)
    assert found.credentials["c"].mask(b"you sent hunter22") == b"you sent ..."
    assert "hunter22" not in repr(Origin(proxy="http://ana:hunter22@proxy"))


def test_a_short_secret_is_not_sought_in_numbers() -> None:
    assert Credential("c", "http://c:80", {}, ("1234567",)).mask(b"12345678") == b"12345678"
