"""What a front end leaves behind of an error that nobody foresaw: a private file, without the values of variables."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from qudag_tui import __version__
from qudag_tui.run.witness import state_dir


def write_crash(error: BaseException) -> Path | None:
    """The file (0600) that now holds the traceback of ``error``; None if no folder takes it."""
    now = datetime.now(UTC)
    trace = "".join(traceback.format_exception(error))
    head = f"qudag-tui {__version__}, Python {platform.python_version()}, {platform.platform()}, {now:%FT%TZ}\n\n"
    text = (head + trace).encode("utf-8", "backslashreplace")
    for folder in _folders():
        path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return None


def _folders() -> list[Path]:
    return [state_dir() / "crashes", Path(tempfile.gettempdir())]
