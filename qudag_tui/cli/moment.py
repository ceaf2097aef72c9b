"""Times as the command line prints them."""

from __future__ import annotations

from datetime import datetime


def stamp(moment: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
