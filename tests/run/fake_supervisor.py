"""A supervisor that tells what it was started with, and leaves when nobody is attached."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from qudag_tui.run.folder import RunFolder
from qudag_tui.run.supervision import adopt_supervisor_lock, leave


def main() -> None:
    given = sorted(int(path.name) for path in Path("/proc/self/fd").iterdir())
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--lock-fd", type=int)
    arguments = parser.parse_args()
    links = {}
    for descriptor in given:
        try:
            links[descriptor] = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        except FileNotFoundError:
            continue  # the listing's own
    folder = RunFolder.open(Path(arguments.folder))
    lock = adopt_supervisor_lock(folder, arguments.lock_fd)
    said = {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "cwd": str(Path.cwd()),
        "safe_path": sys.flags.safe_path,
        "stdin": links.pop(0),
        "stdout": links.pop(1),
        "stderr": links.pop(2),
        "others": sorted(links.values()),
        "inherits": [descriptor for descriptor in links if os.get_inheritable(descriptor)],
    }
    print(json.dumps(said), flush=True)
    while not leave(folder, lock, lambda: False):
        time.sleep(0.001)


if __name__ == "__main__":
    main()
