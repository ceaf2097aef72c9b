"""Whether the commands of the run's file may run, and the review that lets them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.tui.screens.typed_start import TypedStart
from qudag_tui.tui.widgets.line import Piece, cut

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.tui.app import QudagApp

_HASH = 12


def file_of(app: QudagApp) -> Path | None:
    """The checklist file that the run follows."""
    return Path(app.shot.state.file) if app.shot and app.shot.state.file else None


async def why_untrusted(app: QudagApp) -> str:
    """Why nothing of the run's file may run, or nothing; hashes its files, so not on the event loop."""
    path, shot = file_of(app), app.shot
    if path is None or shot is None:
        return "the run does not say which file it follows"
    return await asyncio.to_thread(trust.check, shot.plan, path)


def review_lines(app: QudagApp, reviewed: trust.Review) -> list[list[Piece] | str]:
    """Every command as it would run, every file with its hash, every address that would be asked."""
    colours, glyphs = app.colours, app.glyphs
    lines: list[list[Piece] | str] = [reviewed.path, ""]
    lines.extend(f"{problem}." for problem in reviewed.problems)
    lines.extend(f"since it was last trusted: {difference}" for difference in reviewed.differences)
    if reviewed.problems or reviewed.differences:
        lines.append("")
    for command in reviewed.commands:
        lines.append([(cut(command.id, 66, glyphs), colours.strong)])
        for part in command.argv:
            shown = part.rstrip("\n").split("\n")
            lines.extend(f"  {line}" for line in shown)
    for name, digest in reviewed.files.items():
        lines.append([(digest[:_HASH], colours.dim), (f"  {cut(name, 50, glyphs)}", colours.plain)])
    for word, program in reviewed.programs.items():
        lines.append(
            [(f"{cut(word, 14, glyphs):<{_HASH}}", colours.dim), (f"  {cut(program, 50, glyphs)}", colours.plain)]
        )
    lines.extend(f"asks {address}" for address in reviewed.addresses)
    lines.extend(f"there is no program called {word}" for word in reviewed.missing)
    lines.extend(["", "What these programs read in turn is not covered."])
    return lines


def ask_trust(
    app: QudagApp,
    why: str,
    then: Callable[[], Awaitable[None]],
    *,
    plan: Plan | None = None,
    path: Path | None = None,
) -> None:
    """Show what would run, ask for a typed code, trust it, and go on with ``then``.

    ``plan`` and ``path`` are of what is reviewed; the run's own, if None.
    """

    async def show() -> None:
        file, shot = path or file_of(app), app.shot
        if file is None or shot is None:
            return
        reviewed = await asyncio.to_thread(trust.review, plan or shot.plan, file)
        if reviewed.problems:
            app.say(f"{why}; it cannot be trusted: {'; '.join(reviewed.problems)}", wrong=True)
            return
        lines = [f"{why}: nothing of it runs before somebody has looked at it.", *review_lines(app, reviewed)]

        def answered(answer: str | None) -> None:
            if answer is not None:
                app.ask_in_background(give(reviewed))

        app.push_screen(TypedStart("Trust this file?", lines, verb="trust it", with_reason=False), answered)

    async def give(reviewed: trust.Review) -> None:
        try:
            await asyncio.to_thread(trust.give, reviewed, app.actor.by, clock.now().wall)
        except trust.TrustError as error:
            app.say(str(error), wrong=True)
            return
        await then()

    app.ask_in_background(show())
