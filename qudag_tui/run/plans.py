"""The plans that a run ever followed, each kept under the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import re

from qudag_tui.run.disk import Disk
from qudag_tui.run.error import NotSaved, RunBroken
from qudag_tui.run.folder import PLANS, RunFolder

_SHA256 = re.compile(r"[0-9a-f]{64}")


def save_plan(folder: RunFolder, sha256: str, data: bytes, disk: Disk) -> None:
    """Keep a plan, durably, before an event names it. Raises :class:`NotSaved`."""
    name = f"{PLANS}/{sha256}.toml"
    try:
        descriptor = folder.open_file(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            left = memoryview(data)
            while left:
                left = left[disk.write(descriptor, bytes(left)) :]
            disk.fsync(descriptor)
        finally:
            os.close(descriptor)
        above = os.open(folder.path / PLANS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            disk.fsync(above)
        finally:
            os.close(above)
    except OSError as error:
        raise NotSaved(
            f"the plan was not saved ({error.strerror})", where=folder.path / name, hint="mend that, then do it again"
        ) from error


def load_plan(folder: RunFolder, sha256: str) -> bytes:
    """The bytes of a plan that this run followed. Raises :class:`RunBroken` if they are missing or changed."""
    if not _SHA256.fullmatch(sha256):
        raise RunBroken("its plan has no proper hash", where=folder.journal, hint="see verify")
    where = folder.plan(sha256)
    try:
        data = folder.read(f"{PLANS}/{sha256}.toml")
    except OSError as error:
        raise RunBroken(f"the plan it follows cannot be read ({error.strerror})", where=where) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RunBroken("the plan it follows was changed", where=where, hint="put the original back")
    return data
