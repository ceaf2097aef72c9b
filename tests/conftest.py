"""How properties are tried, and what the tests tell at the end of a run, whatever process they ran in."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No timed asserts. What decides whether a change lands tries the same examples each time; everybody else new ones.
settings.register_profile("everybody", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "everybody")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the calibration, if it was simulated."""
    # Reports of what came before and after each test have no outcome; what it simulated was recorded after it.
    reports = terminalreporter.getreports("")
    lines = [line for report in reports for name, line in report.user_properties if name == "calibration"]
    if lines:
        terminalreporter.section("how often verdicts are right (tests/core/test_calibration.py)")
        terminalreporter.write_line(f"{'':<50}    pass inconcl unknown    fail")
        for line in sorted(str(line) for line in lines):
            terminalreporter.write_line(line)
