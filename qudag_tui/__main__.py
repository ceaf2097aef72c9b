"""Run the program as ``python -m qudag_tui``."""

from qudag_tui.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
