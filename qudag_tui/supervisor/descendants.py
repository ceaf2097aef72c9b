"""The processes below one process, read from /proc. Used by the shim, so it imports next to nothing."""

from __future__ import annotations

import os
import signal
from errno import ENOSYS

_PARENT, _TICKS, _STATE = 1, 19, 0
_ENDED = ("Z", "X", "x")


def _stat(pid: int) -> tuple[str, list[str]] | None:
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(descriptor, 4096).decode("utf-8", "replace")
        finally:
            os.close(descriptor)
    except OSError:
        return None
    # The name in brackets may itself hold brackets and spaces.
    before, _, after = text.rpartition(")")
    return before.partition("(")[2], after.split()


def ticks_of(pid: int) -> int:
    """The raw start ticks of a process, 0 where it cannot be told."""
    found = _stat(pid)
    return int(found[1][_TICKS]) if found else 0


def name_of(pid: int) -> str:
    """The name of a process, "" if it is gone."""
    found = _stat(pid)
    return found[0] if found else ""


def descendants(root: int) -> dict[int, int]:
    """Every process below ``root`` that has not ended, parents before children, with its raw start ticks.

    Empty where there is no /proc.
    """
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  # pathlib takes long to import
    except OSError:
        return {}
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    ended: set[int] = set()
    for pid in pids:
        found = _stat(pid)
        if found is not None:
            children.setdefault(int(found[1][_PARENT]), []).append(pid)
            ticks[pid] = int(found[1][_TICKS])
            if found[1][_STATE] in _ENDED:
                ended.add(pid)
    below: list[int] = []
    level = [root]
    while level:
        level = [child for parent in level for child in children.get(parent, ())]
        below += level
    return {pid: ticks[pid] for pid in below if pid not in ended}


def send(pid: int, ticks: int, number: int) -> None:
    """A signal to the very process that started at ``ticks``; to nobody if it is gone, whoever has its pid by now."""
    try:
        # The descriptor first, then the look at the ticks: no other process can come between.
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        # Before Linux 5.3 the look alone has to do.
        if error.errno == ENOSYS and pid > 1 and ticks_of(pid) == ticks:
            _kill(pid, number)
        return
    try:
        if ticks_of(pid) == ticks:
            signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return
