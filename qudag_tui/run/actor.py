"""Who is at the keyboard: the declared operator, and the login, host and terminal they came by."""

from __future__ import annotations

import os
import pwd
import tomllib
from functools import cache

from qudag_tui.core.event import Actor
from qudag_tui.run.error import RunError

_VARIABLE = "QUDAG_TUI_AS"


class ConfigInvalid(RunError):  # noqa: N818 - as in run/error.py
    """The user's own configuration cannot be read."""


@cache
def login() -> str:
    """The name of the login that this process runs as, or its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""


def _configured() -> str:
    import platformdirs  # only where somebody's name is asked for

    path = platformdirs.user_config_path("qudag-tui") / "config.toml"
    try:
        with path.open("rb") as file:
            operator = tomllib.load(file).get("operator", "")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigInvalid(f"cannot be read ({error})", where=path, hint="mend it, or move it away") from error
    if not isinstance(operator, str):
        raise ConfigInvalid("operator is not a string", where=path, hint='write operator = "your name"')
    return operator


def _recordable(text: str) -> str:
    # Bytes of the environment that are no UTF-8 arrive as lone surrogates, which no journal can hold.
    return text.encode("utf-8", "backslashreplace").decode("utf-8").strip()


def this_actor(declared: str | None = None) -> Actor:
    """The actor of this process.

    The operator is ``declared`` (``--as``), else ``QUDAG_TUI_AS``, else ``operator`` of the user's ``config.toml``,
    else the login. Raises :class:`ConfigInvalid`.
    """
    by = _recordable(declared or "") or _recordable(os.environ.get(_VARIABLE, "")) or _recordable(_configured())
    return Actor(by or login(), login(), _recordable(os.uname().nodename), _terminal())
