"""Measure everything, or the parts named on the command line, and print one table."""

from __future__ import annotations

import sys

from tests.bench import execution, idle, judging, keys, metrics_view, output, scraping, startup, tick
from tests.bench.figure import Figure
from tests.bench.scene import scratch

PARTS = {
    "startup": startup,
    "keys": keys,
    "tick": tick,
    "idle": idle,
    "judging": judging,
    "scraping": scraping,
    "metrics": metrics_view,
    "execution": execution,
    "output": output,
}


def main() -> int:
    """0 if every figure holds, else 1."""
    names = sys.argv[1:] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    print(f"{'what':<62} {'measured':<44} {'value':>10} {'at most':>8}")
    found: list[Figure] = []
    for name in names:
        with scratch() as folder:
            for figure in PARTS[name].figures(folder):
                found.append(figure)
                print(figure, flush=True)
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
