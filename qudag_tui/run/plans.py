"""The plans that a run ever followed, each kept under the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping

from qudag_tui.core.checklist import Plan
from qudag_tui.plan.error import PlanErrors
from qudag_tui.plan.file import parse_plan
from qudag_tui.run.disk import Disk
from qudag_tui.run.error import NotSaved, RunBroken, RunError
from qudag_tui.run.folder import PLANS, RunFolder

_SHA256 = re.compile(r"[0-9a-f]{64}")


def save_plan(folder: RunFolder, sha256: str, data: bytes, disk: Disk) -> None:
    """Keep a plan, durably, before an event names it. Raises :class:`NotSaved`, :class:`ReadOnly`.

    One that is kept already is never written over: the run may be following it.
    """
    name, passing = f"{sha256}.toml", f".new-{secrets.token_hex(8)}"
    try:
        above = os.open(folder.path / PLANS, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not _is_kept(folder, sha256):
                _write(folder, f"{PLANS}/{passing}", data, disk)
                os.rename(passing, name, src_dir_fd=above, dst_dir_fd=above)
            disk.fsync(above)
        finally:
            os.close(above)
    except OSError as error:
        raise NotSaved(
            f"the plan was not saved ({error.strerror})", where=folder.plan(sha256), hint="mend that, then do it again"
        ) from error


def _write(folder: RunFolder, name: str, data: bytes, disk: Disk) -> None:
    descriptor = folder.open_file(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        left = memoryview(data)
        while left:
            left = left[disk.write(descriptor, bytes(left)) :]
        disk.fsync(descriptor)
    except BaseException:  # whatever ended it, ctrl+c as well: half a plan is left behind by nobody
        (folder.path / name).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _is_kept(folder: RunFolder, sha256: str) -> bool:
    try:
        load_plan(folder, sha256)
    except RunError:
        return False
    return True


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


def followed_plan(folder: RunFolder, sha256: str, variables: Mapping[str, object]) -> Plan:
    """The plan that the journal names with its resolved variables. Raises :class:`RunBroken` where it is not there."""
    name = str(folder.plan(sha256))
    try:
        return parse_plan(load_plan(folder, sha256), name, {key: str(value) for key, value in variables.items()})
    except PlanErrors as error:
        raise RunBroken(f"the plan it follows cannot be read: {error}", where=name) from error
