"""A lock file: taken with flock, and naming in itself who holds it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import field, replace

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run import clock
from qudag_tui.run.actor import login
from qudag_tui.run.block import stamp
from qudag_tui.run.error import LockTimeout
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.process import is_alive, own_ticks, start_ticks

_NANOSECONDS = 1_000_000_000
_FIRST_PAUSE_SECONDS = 0.000_2
_LONGEST_PAUSE_SECONDS = 0.02
# One length for every holder: it is written in place, which needs no space on a full disk.
_HOLDER_BYTES = 256
# What the holder does just now stands after that, so that saying it never touches who it is.
_DOING_BYTES = 768
# Each of at most six bytes, as an escape or in UTF-8.
_MOST_DOING = 110


@lean_dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote themselves into a lock file: whether they still hold it, only the lock knows.

    ``doing`` is what they said last of what they do just now; whoever does something else is the same holder.
    """

    pid: int
    ticks: int
    login: str
    since: str
    purpose: str
    doing: str = field(default="", compare=False)

    @property
    def aim(self) -> str:
        """For what it is held at this moment, to follow the word “to”."""
        return f"{self.purpose}, now to {self.doing}" if self.doing else self.purpose

    def __str__(self) -> str:
        since = self.since[11:19]
        return f"process {self.pid} ({self.login}) has held it since {since} UTC to {self.aim}"

    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        return is_alive(self.pid, self.ticks)


def read_holder(folder: RunFolder, name: str) -> Holder | None:
    """Who is written into a lock file, without touching its lock; None where nobody is."""
    try:
        descriptor = folder.open_file(name)
    except FileNotFoundError:
        return None
    try:
        holder = _parse_holder(os.pread(descriptor, _HOLDER_BYTES, 0))
        if holder is None:
            return None
        return replace(holder, doing=_parse_doing(os.pread(descriptor, _DOING_BYTES, _HOLDER_BYTES), holder))
    finally:
        os.close(descriptor)


def _parse_holder(data: bytes) -> Holder | None:
    try:
        said = json.loads(data)
        return Holder(
            int(said["pid"]), int(said["ticks"]), str(said["login"]), str(said["since"]), str(said["purpose"])
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _parse_doing(data: bytes, holder: Holder) -> str:
    """What that very holder said last; nothing where another one did, or while it is being written."""
    try:
        said = json.loads(data)
        is_theirs = (said["pid"], said["ticks"]) == (holder.pid, holder.ticks)
        return str(said["doing"]) if is_theirs else ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


class Lock:
    """One flock lock on one file of a run, exclusive or shared.

    The lock belongs to the open descriptor: a child that inherits :attr:`descriptor` holds it on after the parent
    closed its copy (:meth:`hand_over`, :meth:`adopt`). Not for use by two threads at once; each makes its own.
    """

    def __init__(self, folder: RunFolder, name: str) -> None:
        """A lock on the file ``name`` of ``folder``, not taken yet."""
        self._folder = folder
        self._name = name
        self.descriptor = -1

    @classmethod
    def adopt(cls, folder: RunFolder, name: str, descriptor: int, purpose: str) -> Lock:
        """The lock that this process inherited by ``descriptor``; names this process in it."""
        os.set_inheritable(descriptor, False)
        lock = cls(folder, name)
        lock.descriptor = descriptor
        lock.name_holder(purpose)
        return lock

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self.descriptor >= 0

    @property
    def is_in_place(self) -> bool:
        """Whether what it holds is still the file that others would take. Raises ``OSError``."""
        try:
            return self.is_held and os.path.samestat(os.fstat(self.descriptor), self._folder.stat(self._name))
        except FileNotFoundError:
            return False

    def try_acquire(self, *, shared: bool = False, purpose: str = "") -> bool:
        """Take the lock if it is free now. Raises as ``RunFolder.open_file`` does."""
        descriptor = self._folder.open_file(self._name, os.O_RDWR | os.O_CREAT)
        if not self._flock(descriptor, shared):
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        if not shared:
            self.name_holder(purpose)
        return True

    def _flock(self, descriptor: int, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            os.close(descriptor)
            raise
        # The file may have been deleted while we waited: a lock on an orphan keeps nobody out.
        try:
            return os.path.samestat(os.fstat(descriptor), self._folder.stat(self._name))
        except FileNotFoundError:
            return False

    def acquire(self, timeout_seconds: float, *, shared: bool = False, purpose: str = "") -> None:
        """Take the lock, waiting for it up to ``timeout_seconds``. Raises :class:`LockTimeout`, naming the holder."""
        deadline = clock.boot_ns() + round(timeout_seconds * _NANOSECONDS)
        pause = _FIRST_PAUSE_SECONDS
        while not self.try_acquire(shared=shared, purpose=purpose):
            if clock.boot_ns() >= deadline:
                raise self._timeout(timeout_seconds)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)

    def _timeout(self, timeout_seconds: float) -> LockTimeout:
        holder = read_holder(self._folder, self._name)
        who = str(holder) if holder else "somebody who did not say who holds it"
        return LockTimeout(
            f"could not be taken within {timeout_seconds:g} s: {who}",
            where=self._folder.path / self._name,
            hint="wait for that process, continue it if it is stopped, or end it",
        )

    def name_holder(self, purpose: str, pid: int = 0) -> None:
        """Write who holds it: this process, or the child ``pid`` that it is handed to."""
        said = {
            "pid": pid or os.getpid(),
            "ticks": start_ticks(pid) if pid else own_ticks(),
            "login": login()[:48],
            "since": stamp(clock.now().wall),
            "purpose": purpose[:80],
        }
        self._write(json.dumps(said))

    def say_doing(self, doing: str) -> None:
        """Write what this process, which holds the lock, does just now; "" if nothing but its purpose."""
        said = {"pid": os.getpid(), "ticks": own_ticks(), "doing": doing[:_MOST_DOING]}
        with suppress(OSError):
            text = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
            os.pwrite(self.descriptor, text.ljust(_DOING_BYTES - 1) + b"\n", _HOLDER_BYTES)

    def forget_holder(self) -> None:
        """Name nobody: for a holder that is about to leave."""
        self._write("")

    def _write(self, said: str) -> None:
        # The name is a courtesy: on a full disk the lock holds all the same.
        with suppress(OSError):
            os.pwrite(self.descriptor, said.encode().ljust(_HOLDER_BYTES - 1) + b"\n", 0)

    def release(self) -> None:
        """Give it back; nothing if it is not held."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def hand_over(self) -> None:
        """Close this process's copy without unlocking: the child that inherited the descriptor holds it on."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
