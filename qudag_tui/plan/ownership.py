"""Who can write a file, or put another in its place: trust is worth nothing if somebody else can."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

_ROOT = 0


def others_can_write(path: Path) -> str:
    """Why somebody else than this login and root can write ``path`` or a folder above it; "" if nobody can.

    ``path`` is resolved and exists. In a folder with the sticky bit (``/tmp``) others cannot replace what is ours.
    """
    for place in (path, *path.parents):
        try:
            status = place.lstat()
        except OSError as error:
            return f"{place} cannot be looked at: {error.strerror}"
        if status.st_uid not in {os.geteuid(), _ROOT}:
            return f"{place} belongs to {_user(status.st_uid)}"
        if place != path and stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
            continue
        if status.st_mode & stat.S_IWOTH:
            return f"anybody can write {place} (chmod o-w takes that away)"
        if status.st_mode & stat.S_IWGRP and not _is_own_group(status.st_gid):
            return f"the group {_group(status.st_gid)} can write {place} (chmod g-w takes that away)"
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
