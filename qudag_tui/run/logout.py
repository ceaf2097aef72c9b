"""Whether this machine ends background processes when their user logs out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.actor import login as own_login

_CONFIG_ROOTS = tuple(
    Path(root) for root in ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
)
_SETTING = re.compile(
    r"^[ \t]*(#?)[ \t]*(KillUserProcesses|KillOnlyUsers|KillExcludeUsers)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE
)
_YES = frozenset({"1", "yes", "y", "true", "t", "on"})


@lean_dataclass(frozen=True, slots=True)
class LogoutPlaces:
    """Where systemd says what it does at logout; every path may be missing."""

    config_roots: Iterable[Path] = _CONFIG_ROOTS
    linger: Path = Path("/var/lib/systemd/linger")
    booted: Path = Path("/run/systemd/system")
    cgroup: Path = Path("/proc/self/cgroup")


@dataclass(slots=True)
class _Settings:
    values: dict[str, str] = field(default_factory=dict)
    where: Path | None = None

    def read(self, path: Path, *, defaults: bool) -> None:
        """Take a file's settings over; the main file names its compiled-in defaults as comments."""
        for comment, key, value in _SETTING.findall(_text(path)):
            if comment and (not defaults or key in self.values):
                continue
            self.values[key] = value
            if key == "KillUserProcesses" and not comment:
                self.where = path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _drop_ins(roots: Iterable[Path]) -> Iterator[Path]:
    found: dict[str, Path] = {}
    for root in roots:
        try:
            for path in (root / "logind.conf.d").iterdir():
                if path.name.endswith(".conf"):
                    found.setdefault(path.name, path)
        except OSError:
            continue
    yield from (found[name] for name in sorted(found))


def logout_kills(login: str = "", places: LogoutPlaces | None = None) -> str:
    """Why a supervisor started here would be ended when ``login`` (this one) logs out; "" if it would not.

    It would where ``KillUserProcesses`` is on for that login, it does not linger, and we run in a session, not in a
    unit of the system.
    """
    places = places or LogoutPlaces()
    name = login or own_login()
    if not places.booted.is_dir() or (places.linger / name).exists():
        return ""
    if "/user.slice/" not in _text(places.cgroup):
        return ""
    roots = tuple(places.config_roots)
    settings = _Settings()
    main = next((path for root in roots if (path := root / "logind.conf").is_file()), None)
    if main is not None:
        settings.read(main, defaults=True)
    for path in _drop_ins(roots):
        settings.read(path, defaults=False)
    values = settings.values
    if values.get("KillUserProcesses", "no").lower() not in _YES:
        return ""
    only = values.get("KillOnlyUsers", "").split()
    if (only and name not in only) or name in values.get("KillExcludeUsers", "root").split():
        return ""
    return (
        f"KillUserProcesses is on ({settings.where or main}), and {name} does not linger: "
        f"the supervisor ends at logout (loginctl enable-linger {name} keeps it)"
    )
