"""Which filesystem a folder stands on: a run needs one of this machine."""

from __future__ import annotations

import re
from pathlib import Path

from qudag_tui.run.error import RunRefused

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    (
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.davfs2",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "pvfs2",
        "smb3",
        "smbfs",
    )
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def filesystem_of(path: Path, mountinfo: str) -> str:
    """The type of the filesystem on which ``path`` (absolute, without links) stands; "" if the table names none."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # A later line of equal length is mounted over the earlier one.
        if (path == point or point in path.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind


def refuse_network(path: Path) -> None:
    """Raise :class:`RunRefused` if ``path`` is on a network filesystem, where neither locks nor fsync can be relied on."""
    try:
        table = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = filesystem_of(path, table)
    if kind in _NETWORK:
        raise RunRefused(
            f"it is on a network filesystem ({kind}), where neither locks nor fsync can be relied on",
            where=path,
            hint="choose a local folder with --runs-dir",
        )
