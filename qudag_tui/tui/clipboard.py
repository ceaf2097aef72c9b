"""Copying inside tmux, which drops the terminal's own way in silence."""

from __future__ import annotations

import os
import subprocess

_SECONDS = 3.0


def is_in_tmux() -> bool:
    """Whether this terminal is tmux's."""
    return bool(os.environ.get("TMUX"))


def copy_through_tmux(text: str) -> bool:
    """Put ``text`` into tmux's buffer, and on to the terminal's clipboard where tmux may (``-w``)."""
    for arguments in (("-w", "-"), ("-",)):
        try:
            done = subprocess.run(
                ["tmux", "load-buffer", *arguments],
                input=text.encode("utf-8", "replace"),
                timeout=_SECONDS,
                check=False,
                capture_output=True,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode == 0:
            return True
    return False
