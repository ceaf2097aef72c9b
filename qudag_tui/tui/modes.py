"""The four views by name; each but the first is imported when it is looked at, and the palette when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qudag_tui.tui.screens.checklists import Checklists

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.screen import Screen


def _metrics() -> Screen[None]:
    from qudag_tui.tui.screens.metrics import Metrics  # imported when it is looked at

    return Metrics()


def _rollback() -> Screen[None]:
    from qudag_tui.tui.screens.rollback import Rollback  # imported when it is looked at

    return Rollback()


def _timeline() -> Screen[None]:
    from qudag_tui.tui.screens.timeline import Timeline  # imported when it is looked at

    return Timeline()


FIRST = "checklists"
MODES: Mapping[str, Callable[[], Screen[Any]]] = {
    FIRST: Checklists,
    "metrics": _metrics,
    "rollback": _rollback,
    "timeline": _timeline,
}


def commands() -> type[Provider]:
    """What the palette lists."""
    from qudag_tui.tui.commands import Commands  # imported with the palette

    return Commands
