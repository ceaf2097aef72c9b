"""Where a path leads, whatever it is: a checklist file may be replaced by anything while a run goes on."""

from __future__ import annotations

import os
from pathlib import Path


def real_path(path: Path) -> Path:
    """``path``, absolute and without symbolic links; of a loop of them itself, as nothing is there.

    ``Path.resolve`` raises ``RuntimeError`` for a loop, which nobody who reads a file expects.
    """
    return Path(os.path.realpath(path))
