"""The questions before most intents: are you sure, and why. Nothing is asked for without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.tui.screens.dialog import Choice, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from qudag_tui.core.intent import Intent
    from qudag_tui.tui.app import QudagApp

# Stands for the reason that is asked for once it is known that nothing else is in the way.
TYPED = "…"


def ask_yes(app: QudagApp, title: str, lines: list[str], intent: Intent, *, yes: str = "yes") -> None:
    """Ask for ``intent`` once somebody has pressed y, which is called ``yes``."""
    app.push_screen(
        Choice(title, [*lines, ""], {"y": yes}), lambda answer: app.submit(intent) if answer == "y" else None
    )


def ask_why(app: QudagApp, title: str, lines: list[str], hint: str, because: Callable[[str], Intent]) -> None:
    """Ask for what becomes of the reason that somebody types; ``hint`` stands in the empty field."""
    app.push_screen(
        Reason(title, [*lines, ""], hint=hint), lambda reason: app.submit(because(reason)) if reason else None
    )
