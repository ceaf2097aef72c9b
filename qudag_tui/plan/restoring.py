"""Putting back the trusted copy of a file that has changed: in one step, keeping what it replaces."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.kept_copy import read_small
from qudag_tui.plan.ownership import others_can_write
from qudag_tui.plan.real_path import real_path
from qudag_tui.plan.trust import TrustError
from qudag_tui.plan.trust_record import Trusted, copies_of, folder_of, records_at
from qudag_tui.plan.user_state import save

# What stands in the place of the trusted file is kept up to this size; a larger one is moved away by hand.
MOST_REPLACED_BYTES = 64 << 20
_REPLACED = "replaced"
_SCRIPT_MODE, _FILE_MODE = 0o755, 0o644


@lean_dataclass(frozen=True, slots=True)
class Restorable:
    """A file that is not as it was trusted, and of which the trusted bytes are kept."""

    name: str
    digest: str


@lean_dataclass(frozen=True, slots=True)
class Restored:
    """A file that was put back; ``replaced`` is where its former content is kept ("" if there was none)."""

    name: str
    path: str
    replaced: str


def newest(path: Path) -> Trusted | None:
    """What was trusted last of the checklist file at ``path``, which need not exist, or be a plan, any more."""
    return next(reversed(records_at(real_path(path))), None)


def restorable(given: Trusted, *, with_plan: bool = True) -> list[Restorable]:
    """What of ``given`` is different on disk now, as far as copies are kept; the checklist file first, if it counts."""
    path = Path(given.path)
    copies = copies_of(path)
    wanted = ({path.name: given.plan} if with_plan else {}) | dict(given.files)
    return [
        Restorable(name, digest)
        for name, digest in wanted.items()
        if _digest(path.parent / name) != digest and copies.place(digest).exists()
    ]


def restore(given: Trusted, wanted: Sequence[Restorable], at: datetime) -> list[Restored]:
    """Put the trusted bytes of each back. Raises :class:`TrustError`; what was put back before it stays so."""
    return [_restore(given, each, at) for each in wanted]


def _digest(path: Path) -> str:
    try:
        data = read_small(path)
    except OSError:
        return ""
    return sha256(data).hexdigest() if data is not None else ""


def _restore(given: Trusted, wanted: Restorable, at: datetime) -> Restored:
    folder = Path(given.path).parent
    data = copies_of(Path(given.path)).get(wanted.digest)
    if data is None:
        raise TrustError(f"{wanted.name}: no sound copy of what was trusted is kept")
    try:
        target = (folder / wanted.name).resolve()
    except (OSError, RuntimeError) as error:
        raise TrustError(f"{wanted.name} cannot be put back: {error}") from error
    if not target.is_relative_to(folder):
        raise TrustError(f"{wanted.name} leads out of {folder} to {target}: nothing is written there")
    reason = others_can_write(target)
    if reason:
        raise TrustError(f"{wanted.name} cannot be put back: {reason}")
    try:
        replaced = _keep_replaced(given, wanted.name, target, at)
        _write(target, data, _mode(given, wanted.name, target, data))
    except OSError as error:
        raise TrustError(f"{target} cannot be put back: {error.strerror or error}") from error
    return Restored(wanted.name, str(target), replaced)


def _keep_replaced(given: Trusted, name: str, target: Path, at: datetime) -> str:
    """Keep what stands there in the user's state: beside it, a pattern of ``trusts`` might take it for new."""
    if not os.path.lexists(target):
        return ""
    data = read_small(target, MOST_REPLACED_BYTES)
    if data is None:
        most = MOST_REPLACED_BYTES >> 20
        raise OSError(None, f"what is there now is larger than {most} MiB, and would be lost; move it away first")
    kept = f"{name.replace('/', '+')[-60:]}.untrusted-{at:%Y%m%dT%H%M%S}-{sha256(data).hexdigest()[:8]}"
    place = folder_of(Path(given.path)) / _REPLACED / kept
    save(place, data)
    return str(place)


def _mode(given: Trusted, name: str, target: Path, data: bytes) -> int:
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    with suppress(ValueError, KeyError):
        return int(given.modes[name], 8) & 0o755
    return _SCRIPT_MODE if data.startswith(b"#!") else _FILE_MODE


def _write(target: Path, data: bytes, mode: int) -> None:
    """Put ``data`` there in one step, in the very folder that was looked at, so that no link put there is followed."""
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    passing = ""
    try:
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(target.name, dir_fd=folder, follow_symlinks=False).st_mode):
                raise OSError(None, "what is there is no regular file")
        passing = f".{target.name[:60]}.{secrets.token_hex(4)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(passing, flags, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(passing, target.name, src_dir_fd=folder, dst_dir_fd=folder)
        passing = ""
        os.fsync(folder)
    finally:
        if passing:
            with suppress(OSError):
                os.unlink(passing, dir_fd=folder)
        os.close(folder)
