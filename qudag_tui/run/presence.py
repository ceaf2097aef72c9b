"""Which front ends are attached to a run."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from qudag_tui.core.event import Actor
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run import clock
from qudag_tui.run.block import stamp
from qudag_tui.run.error import NotSaved, RunError
from qudag_tui.run.folder import PRESENCE, PRESENCE_LOCK, RunFolder
from qudag_tui.run.lock import Lock

_ATTACH_SECONDS = 5.0
_MOST_BYTES = 4096


@lean_dataclass(frozen=True, slots=True)
class Attached:
    """One front end that is there now; ``since`` is RFC 3339."""

    by: str
    login: str
    host: str
    tty: str
    pid: int
    since: str


class Presence:
    """This front end's own presence: as long as it lasts, a supervisor that is there stays."""

    def __init__(self, folder: RunFolder, lock: Lock, name: str, descriptor: int) -> None:
        """Take over the shared lock and the locked file; :func:`attach` is the way in."""
        self._folder = folder
        self._lock = lock
        self._name = name
        self._descriptor = descriptor

    @property
    def is_held(self) -> bool:
        """Whether it lasts."""
        return self._descriptor >= 0

    def close(self) -> None:
        """Leave."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        with suppress(OSError):
            (self._folder.path / self._name).unlink()
        os.close(descriptor)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def attach(folder: RunFolder | Path | str, actor: Actor) -> Presence:
    """Be there: hold ``presence.lock`` shared, and say who is there. Call ``ensure_supervisor`` after it.

    Raises :class:`LockTimeout` (a leaving supervisor holds it for a moment only), :class:`NotSaved`,
    :class:`ReadOnly`, :class:`RunGone`.
    """
    opened = RunFolder.of(folder)
    lock = Lock(opened, PRESENCE_LOCK)
    try:
        lock.acquire(_ATTACH_SECONDS, shared=True)
    except OSError as error:
        raise _not_saved(opened, error) from error
    try:
        name, descriptor = _say(opened, actor)
    except OSError as error:
        lock.release()
        raise _not_saved(opened, error) from error
    except BaseException:
        lock.release()
        raise
    return Presence(opened, lock, name, descriptor)


def _not_saved(folder: RunFolder, error: OSError) -> NotSaved:
    return NotSaved(
        f"who is attached cannot be written ({error.strerror})", where=folder.presence, hint="mend that, then try again"
    )


def _say(folder: RunFolder, actor: Actor) -> tuple[str, int]:
    said = {
        "by": actor.by,
        "login": actor.login,
        "host": actor.host,
        "tty": actor.tty,
        "pid": os.getpid(),
        "since": stamp(clock.now().wall),
    }
    token = secrets.token_hex(4)
    passing, name = f"{PRESENCE}/.{os.getpid()}-{token}", f"{PRESENCE}/{os.getpid()}-{token}"
    descriptor = folder.open_file(passing, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # A full disk keeps nobody out: they are then attached without a name.
        with suppress(OSError):
            os.write(descriptor, json.dumps(said).encode())
        # Renamed into view only now, so that whatever is in view and not locked has died.
        (folder.path / passing).rename(folder.path / name)
    except BaseException:
        os.close(descriptor)
        with suppress(OSError):
            (folder.path / passing).unlink()
        raise
    return name, descriptor


def attached(folder: RunFolder | Path | str) -> list[Attached]:
    """Who is attached now, earliest first; what the dead left behind is removed. Never an error."""
    opened = RunFolder.of(folder)
    found = []
    try:
        names = sorted(path.name for path in opened.presence.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    for name in names:
        try:
            descriptor = opened.open_file(f"{PRESENCE}/{name}")
        except (OSError, RunError):
            continue
        try:
            if _is_locked(descriptor):
                said = _parse(os.read(descriptor, _MOST_BYTES))
                if said is not None:
                    found.append(said)
            elif not opened.read_only:
                with suppress(OSError):
                    (opened.presence / name).unlink()
        finally:
            os.close(descriptor)
    return sorted(found, key=lambda one: one.since)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _parse(data: bytes) -> Attached | None:
    try:
        said = json.loads(data)
        by, login, host, tty, since = (str(said[key]) for key in ("by", "login", "host", "tty", "since"))
        return Attached(by, login, host, tty, int(said["pid"]), since)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
