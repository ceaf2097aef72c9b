"""Whether what the supervisor measures is stored: where it cannot write it cannot say so either, so front ends look."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qudag_tui.core.duration import spoken
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.observed import MOST_PERIODS, SUPERVISOR, SUPERVISOR_EVERY_SECONDS

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State
    from qudag_tui.run.folder import RunFolder
    from qudag_tui.run.samples import SampleReader

# The supervisor's own samples are never older than this, by some slack for a machine that has much to do.
STALE_SECONDS = (MOST_PERIODS + 1) * SUPERVISOR_EVERY_SECONDS
# With less than this a database cannot grow.
_LEAST_BYTES = 64 * 1024


def sampling_trouble(samples: SampleReader, folder: RunFolder, state: State, now: Instant) -> str:
    """Since when nothing was stored although there is a supervisor, and why; nothing where all is well.

    ``state`` is that of a run whose supervisor is alive.
    """
    known = state.supervisor
    if known is None or known.stopped is not None:
        return ""
    newest = samples.latest(SUPERVISOR)
    stale = now.seconds_since(known.at)
    if newest:
        stale = min(stale, (state.clock.at(now) - newest[-1][0]) / NANOSECONDS)
    if stale <= STALE_SECONDS:
        return ""
    why = "the disk is full" if _is_full(folder) else "it hangs, or cannot write: supervisor.log says more"
    return f"the supervisor has stored nothing for {spoken(stale)}: {why}"


def _is_full(folder: RunFolder) -> bool:
    try:
        found = os.statvfs(folder.path)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _LEAST_BYTES
