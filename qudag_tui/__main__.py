"""Run the program as ``python -m qudag_tui``."""

import os
import sys
from contextlib import suppress

# ``-m`` puts the working folder first, where a checklist's repository may have a ``sqlite3.py`` of its own; only a
# checkout of this program is a place to import from.
_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # before anything is imported
with suppress(FileNotFoundError):
    _HERE = os.getcwd()  # noqa: PTH109  # as above
    sys.path[:] = [path for path in sys.path if path == _HOME or (path.startswith("/") and path != _HERE)]

from qudag_tui.cli.main import main  # noqa: E402  # not before the lines above

if __name__ == "__main__":
    raise SystemExit(main())
