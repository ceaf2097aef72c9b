"""The few calls that make a write durable, in one place, so that a test can let any of them fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import cache

_KEEP_SIZE = 1


@cache
def _fallocate() -> Callable[[int, int, int, int], None] | None:
    import ctypes  # a front end that only reads never needs it

    try:
        call = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return None
    call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]

    def allocate(descriptor: int, mode: int, offset: int, length: int) -> None:
        if call(descriptor, mode, offset, length) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return allocate


class Disk:
    """The real one. Every method raises ``OSError``."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write at the end; how many bytes were taken."""
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        """Return when everything written to the file is durable."""
        os.fsync(descriptor)

    def truncate(self, descriptor: int, length: int) -> None:
        """Cut the file to ``length`` bytes."""
        os.ftruncate(descriptor, length)

    def reserve(self, descriptor: int, offset: int, length: int) -> None:
        """Set ``length`` bytes aside beyond the file's end; ``EOPNOTSUPP`` where the filesystem cannot."""
        allocate = _fallocate()
        if allocate is None:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        allocate(descriptor, _KEEP_SIZE, offset, length)
