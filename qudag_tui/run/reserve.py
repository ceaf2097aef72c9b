"""Space set aside beyond the journal's end, so that a full disk does not stop a rollback."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from qudag_tui.run.disk import Disk
from qudag_tui.run.folder import JOURNAL, RunFolder

RESERVE_BYTES = 1 << 20
RESERVE_FILE = JOURNAL + ".reserve"
_BLOCK_BYTES = 512
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


class Reserve:
    """The reserve of one journal: allocated beyond the end of the file itself, or else a file given up when needed."""

    def __init__(self, folder: RunFolder, disk: Disk) -> None:
        """Nothing is set aside before the first :meth:`renew` or :meth:`take`."""
        self._folder = folder
        self._disk = disk
        self._needs_file = False

    def renew(self, descriptor: int, status: os.stat_result) -> None:
        """Set space aside again once half of it is used, or on a file that has none."""
        if self._needs_file:
            return
        left = status.st_blocks * _BLOCK_BYTES - status.st_size
        if left < RESERVE_BYTES // 2:
            self.take(descriptor, status.st_size)

    def take(self, descriptor: int, length: int) -> None:
        """Set space aside after ``length`` bytes. That it cannot be had is no error: the disk may be full."""
        try:
            self._disk.reserve(descriptor, length, RESERVE_BYTES)
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                self._needs_file = True
                self._make_file()

    def _make_file(self) -> None:
        with suppress(OSError):
            descriptor = self._folder.open_file(RESERVE_FILE, os.O_WRONLY | os.O_CREAT)
            try:
                missing = RESERVE_BYTES - os.fstat(descriptor).st_size
                if missing > 0:
                    os.lseek(descriptor, 0, os.SEEK_END)
                    os.write(descriptor, b"\n" * missing)
            finally:
                os.close(descriptor)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write, with the reserve file given up if the disk is full; how many bytes were taken. Raises ``OSError``."""
        try:
            return self._disk.write(descriptor, data)
        except OSError as error:
            if error.errno != errno.ENOSPC or not self._give_up_file():
                raise
            return self._disk.write(descriptor, data)

    def _give_up_file(self) -> bool:
        try:
            (self._folder.path / RESERVE_FILE).unlink()
        except OSError:
            return False
        self._needs_file = False
        return True
