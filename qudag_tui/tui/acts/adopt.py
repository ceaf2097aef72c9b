"""Going on with the checklist file as it is now: what is different, trust first, then the intent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.adoption import carry, has_progress
from qudag_tui.core.decide_adoption import in_the_way
from qudag_tui.core.difference import Difference, difference
from qudag_tui.plan.error import PlanErrors
from qudag_tui.run.adopting import Candidate, candidate
from qudag_tui.run.error import RunError
from qudag_tui.tui.facts import who_and_when
from qudag_tui.tui.screens.adopt import AdoptDialog
from qudag_tui.tui.screens.dialog import Notice
from qudag_tui.tui.widgets.line import Piece

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot

_CLOSE = {"enter": "close", "down": "read on"}
_MOST_ERRORS = 50
_ANOTHER = "the run follows another plan by now: look at the difference again"


def adopt(app: QudagApp) -> None:
    """Show the difference, and ask."""
    app.ask_in_background(_show(app))


async def _show(app: QudagApp) -> None:
    run, shot = app.session.run, app.shot
    if run is None or shot is None:
        return
    refusal = in_the_way(shot.state)
    if refusal is not None:
        app.say(str(refusal), wrong=True)
        return
    path = Path(shot.state.file)
    try:
        found = await asyncio.to_thread(candidate, run, path)
    except PlanErrors as error:
        lines = [f"{one.line}:{one.column}: {one.message}" for one in error.errors[:_MOST_ERRORS]]
        app.push_screen(Notice(f"{path.name} is broken: the run goes on with its own copy", [*lines, ""], _CLOSE))
        return
    except (OSError, RunError) as error:
        app.say(f"{path.name}: {getattr(error, 'strerror', None) or error}", wrong=True)
        return
    if found.is_same:
        app.say(f"{path.name} is as the run follows it: there is nothing to adopt")
        return
    told = await asyncio.to_thread(difference, found.followed, found.plan)
    why = await asyncio.to_thread(found.why_untrusted)
    _ask(app, found, told, why)


def _ask(app: QudagApp, found: Candidate, told: Difference, why: str) -> None:
    shot = app.shot
    if shot is None or shot.plan.key != found.followed.key:
        app.say(_ANOTHER, wrong=True)
        return
    offered = [pair for pair in told.reworded if has_progress(shot.state, pair.old)]

    def answered(same: Mapping[str, str] | None) -> None:
        if same is not None:
            app.ask_in_background(_go_on(app, found, same))

    title = f"{found.path.name} was edited: go on with it as it is now?"
    after = "review, adopt" if why else "adopt"
    app.push_screen(AdoptDialog(title, partial(_lines, shot, found, told), offered, ask=after), answered)


async def _go_on(app: QudagApp, found: Candidate, same: Mapping[str, str]) -> None:
    """Trust first; somebody else may have adopted, or trusted, meanwhile."""
    if app.shot is None or app.shot.plan.key != found.followed.key:
        app.say(_ANOTHER, wrong=True)
        return
    why = await asyncio.to_thread(found.why_untrusted)
    if not why:
        _submit(app, found, same)
        return
    from qudag_tui.tui.acts.trust import ask_trust  # only where it is not trusted

    async def trusted() -> None:
        _submit(app, found, same)

    ask_trust(app, why, trusted, plan=found.plan, path=found.path)


def _lines(shot: Snapshot, found: Candidate, told: Difference, same: Mapping[str, str]) -> list[str]:
    """What starts again and what goes first, then what is different."""
    carried = carry(shot.state, found.plan, same)
    lines = [f"{str(restart)[:1].upper()}{str(restart)[1:]}." for restart in carried.restarts]
    lines.extend(f"“{gone.text}” ({gone.state}, {gone.by}) is listed as gone." for gone in carried.removed)
    return [*lines, *([""] if lines else []), *told.under(same).words()]


def _submit(app: QudagApp, found: Candidate, same: Mapping[str, str]) -> None:
    app.submit_by(partial(app.session.adopt, found, same, app.actor))


def removed(app: QudagApp) -> None:
    """What an adopted plan no longer has, and how far it was."""
    shot = app.shot
    if shot is None:
        return
    if not shot.state.removed:
        app.say("the plan still has everything that anything was recorded of")
        return
    lines: list[list[Piece] | str] = []
    for gone in shot.state.removed.values():
        when = who_and_when(gone.by, gone.at, shot.now) if gone.at is not None else gone.by
        lines.extend([f"{gone.text}", [(f"  {gone.state} · {when}", app.colours.dim)]])
    app.push_screen(Notice("No longer in the plan", [*lines, []], _CLOSE))
