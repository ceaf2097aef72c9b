"""Whether a test was let run: a machine that has no time loses slots by itself."""

from __future__ import annotations

import os
from pathlib import Path


def waited_seconds(pid: int | None = None) -> float:
    """How long a process (this one, if None) has been ready to run and was not let; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid or os.getpid()}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
