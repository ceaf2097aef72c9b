"""Who can write a file, or put another in its place: trust is worth nothing if somebody else can."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_ROOT = 0
_MOST_LINKS = 40
_ACCESS_LIST = "system.posix_acl_access"
_ACL_USER, _ACL_GROUP = 2, 8


def others_can_write_any(paths: Iterable[Path]) -> str:
    """The first reason of :func:`others_can_write` among ``paths``; each folder is looked at once."""
    seen: set[Path] = set()
    return next(filter(None, (_first_reason(path, seen) for path in paths)), "")


def others_can_write(path: Path) -> str:
    """Why somebody else than this login and root can write ``path``, or put another in its place; "" if nobody can.

    Looked at are ``path`` (absolute), every folder above it, and every link on the way with what is above that. What
    does not exist is left to whoever uses it. In a folder with the sticky bit (``/tmp``) others cannot replace what is
    ours.
    """
    return _first_reason(path, set())


def _first_reason(path: Path, seen: set[Path]) -> str:
    left, place, links = [*reversed(path.parts)], Path("/"), 0
    while left:
        part = left.pop()
        candidate = place.parent if part == ".." else place / part
        reason, target = _look(candidate, seen, is_last=not left)
        if reason:
            return reason
        if target is None:
            place = candidate
            continue
        # What a link says is followed by hand, so that every folder that could be changed is seen.
        links += 1
        if links > _MOST_LINKS:
            return f"{path} has too many symbolic links on its way"
        left.extend(reversed(Path(target).parts))
    return ""


def _look(place: Path, seen: set[Path], *, is_last: bool) -> tuple[str, str | None]:
    """Why others can write ``place`` itself, and where it leads if it is a link."""
    if place in seen and not is_last:
        return "", None
    try:
        status = place.lstat()
        if stat.S_ISLNK(status.st_mode):
            owner = "" if status.st_uid in {os.geteuid(), _ROOT} else f"{place} belongs to {_user(status.st_uid)}"
            return owner, str(place.readlink())
    except (FileNotFoundError, NotADirectoryError):
        return "", None
    except OSError as error:
        return f"{place} cannot be looked at: {error.strerror}", None
    if not is_last:
        seen.add(place)
    return _reason(place, status, is_last=is_last), None


def _reason(place: Path, status: os.stat_result, *, is_last: bool) -> str:
    if status.st_uid not in {os.geteuid(), _ROOT}:
        return f"{place} belongs to {_user(status.st_uid)}"
    if not is_last and stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return ""
    if status.st_mode & stat.S_IWOTH:
        return f"anybody can write {place} (chmod o-w takes that away)"
    if not status.st_mode & stat.S_IWGRP:
        return ""
    if not _is_own_group(status.st_gid):
        return f"the group {_group(status.st_gid)} can write {place} (chmod g-w takes that away)"
    # Where there is an access list, the group's bits are its mask: it may let anybody write.
    named = _named_in_access_list(place)
    return f"an access list lets {named} write {place} (setfacl -b takes that away)" if named else ""


def _named_in_access_list(place: Path) -> str:
    """Whom a POSIX access list lets write beside owner and group; "" where there is none."""
    try:
        data = os.getxattr(place, _ACCESS_LIST)
    except (OSError, AttributeError):
        return ""
    for tag, permissions, number in struct.iter_unpack("<HHI", data[4 : 4 + (len(data) - 4) // 8 * 8]):
        if permissions & 2 and tag == _ACL_USER and number not in {os.geteuid(), _ROOT}:
            return _user(number)
        if permissions & 2 and tag == _ACL_GROUP and not _is_own_group(number):
            return f"the group {_group(number)}"
    return ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the login {uid}"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _is_own_group(gid: int) -> bool:
    """Whether it is root's group, or the group that many systems give every login for itself alone."""
    if gid == _ROOT:
        return True
    try:
        me, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return gid == me.pw_gid and group.gr_name == me.pw_name and set(group.gr_mem) <= {me.pw_name}
