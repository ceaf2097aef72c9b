"""How a run comes to have exactly one supervisor, and how that one leaves: RUN.md's "Supervisor" is the protocol."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import qudag_tui
from qudag_tui.run.error import NotSaved, RunError
from qudag_tui.run.folder import PRESENCE_LOCK, SUPERVISOR_LOCK, SUPERVISOR_LOG, RunFolder
from qudag_tui.run.lock import Holder, Lock, read_holder
from qudag_tui.run.presence import Presence, attached
from qudag_tui.run.witness import STATE_VARIABLE

if TYPE_CHECKING:
    from qudag_tui.core.observation import Supervisor

PURPOSE = "supervise"
MODULE = "qudag_tui.supervisor"

Start = Callable[[RunFolder, Lock], int]


def ensure_supervisor(
    folder: RunFolder | Path | str, presence: Presence | None = None, *, start: Start | None = None
) -> bool:
    """Start the run's supervisor unless there is one; whether this call started it.

    The caller holds a presence (``presence``, if it is handed in): without it a supervisor might be leaving just now.
    ``start`` gives a process the lock's descriptor and returns its pid. Raises :class:`NotSaved` if it cannot be
    started, :class:`ReadOnly`.
    """
    if presence is not None and not presence.is_held:
        raise ValueError("the presence was given up already")
    opened = RunFolder.of(folder)
    lock = Lock(opened, SUPERVISOR_LOCK)
    try:
        if not lock.try_acquire(purpose="start a supervisor"):
            return False
        try:
            pid = (start or spawn)(opened, lock)
            lock.name_holder(PURPOSE, pid)
        except BaseException:
            # Left there, our own name would say for as long as we live that the run is supervised.
            lock.forget_holder()
            lock.release()
            raise
        lock.hand_over()
    except OSError as error:
        raise NotSaved(
            f"no supervisor could be started ({error.strerror})", where=opened.path, hint="mend that, then try again"
        ) from error
    return True


def spawn(folder: RunFolder, lock: Lock) -> int:
    """Start a supervisor, detached, with the lock's descriptor and no other; its pid. Raises ``OSError``."""
    log = folder.open_file(SUPERVISOR_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, str(folder.path), "--lock-fd", str(lock.descriptor)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder.path,
            env=_environment(),
            pass_fds=(lock.descriptor,),
            start_new_session=True,
        )
    finally:
        os.close(log)
    # It outlives us; while we live, somebody has to take note of its end, or it would stay as a zombie.
    threading.Thread(target=process.wait, name="supervisor's end", daemon=True).start()
    return process.pid


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    # What is not absolute would be sought in the run's folder.
    paths = [path for path in environment.pop("PYTHONPATH", "").split(os.pathsep) if path.startswith("/")]
    if environment.get(STATE_VARIABLE):
        environment[STATE_VARIABLE] = os.path.abspath(environment[STATE_VARIABLE])  # noqa: PTH100  # a text
    home = Path(qudag_tui.__file__).resolve().parents[1]
    installed = {Path(sysconfig.get_path(scheme)).resolve() for scheme in ("purelib", "platlib")}
    if home not in installed:
        # Run from a checkout, which -P and another working directory would hide.
        paths.insert(0, str(home))
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def adopt_supervisor_lock(folder: RunFolder, descriptor: int) -> Lock:
    """The supervisor's side of a start: the lock it inherited, close-on-exec again, naming it."""
    return Lock.adopt(folder, SUPERVISOR_LOCK, descriptor, PURPOSE)


def take_supervisor_lock(folder: RunFolder) -> Lock | None:
    """For a supervisor in the foreground: the lock, or None while there is another."""
    lock = Lock(folder, SUPERVISOR_LOCK)
    return lock if lock.try_acquire(purpose=PURPOSE) else None


def supervisor_holder(folder: RunFolder | Path | str) -> Holder | None:
    """The supervisor that is alive, by what it wrote into its lock; None where there is none.

    The lock itself is not touched: probing by taking it leaves a run without a supervisor.
    """
    try:
        opened = RunFolder.of(folder)
        if opened.is_unknown:
            return None  # whatever is written there
        holder = read_holder(opened, SUPERVISOR_LOCK)
    except (OSError, RunError):
        return None
    return holder if holder is not None and holder.is_alive() else None


def supervisor_alive(folder: RunFolder | Path | str) -> bool:
    """Whether the run has a supervisor (or somebody who is starting one right now)."""
    return supervisor_holder(folder) is not None


def has_started(folder: RunFolder | Path | str, known: Supervisor | None) -> bool:
    """Whether the supervisor that is alive has said in the journal that it started (``known`` is the last that did).

    What is asked for before that waits for a person: the request was made to the one before it, or to nobody.
    """
    holder = supervisor_holder(folder)
    return holder is not None and known is not None and known.stopped is None and known.started.pid == holder.pid


def leave(folder: RunFolder, lock: Lock, is_needed: Callable[[], bool]) -> bool:
    """The supervisor's way out: whether it left, its lock then given back; else it stays.

    ``is_needed`` rereads the journal and says whether anything is pending; it is asked while nobody can attach.
    """
    presence = Lock(folder, PRESENCE_LOCK)
    if not presence.try_acquire(purpose="leave"):
        return False
    try:
        # Whoever attached before somebody deleted the lock's file holds one that nobody else can see.
        if attached(folder) or is_needed():
            return False
        # In this order only: whoever attaches after presence is free must find the supervisor's lock free as well.
        lock.forget_holder()
        lock.release()
        return True
    finally:
        presence.release()
