"""A message on every client of this tmux session, whatever window each of them looks at."""

from __future__ import annotations

import os
import subprocess

from qudag_tui.core.printable import for_tmux_message

_SECONDS = 3.0
_SHOWN_MILLISECONDS = "10000"


def tell_tmux(text: str) -> int:
    """How many clients were shown ``text``. Blocks for a moment; never raises."""
    told = 0
    clients = _tmux("list-clients", "-t", os.environ.get("TMUX_PANE", ""), "-F", "#{client_name}")
    for client in (clients or "").splitlines():
        # The words before and after it are ours: a text that begins with - or ends with ; would mean something.
        shown = f"qudag-tui: {for_tmux_message(text)} (3 shows it)"
        told += _tmux("display-message", "-c", client, "-d", _SHOWN_MILLISECONDS, shown) is not None
    return told


def _tmux(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["tmux", *arguments], timeout=_SECONDS, check=False, capture_output=True)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
