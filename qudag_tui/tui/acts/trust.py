"""Whether the commands of the run's file may run, the review that lets them, and taking it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.plan import trust
from qudag_tui.plan.restoring import restorable, restore
from qudag_tui.plan.review_text import Part, parts_of
from qudag_tui.run import clock
from qudag_tui.run.error import RunError
from qudag_tui.run.plans import load_plan
from qudag_tui.tui.screens.dialog import Choice, Notice
from qudag_tui.tui.screens.review import RESTORE, TrustReview

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.step import Step
    from qudag_tui.plan.restoring import Restorable
    from qudag_tui.tui.app import QudagApp

Then = Callable[[], Awaitable[None]]
_READ_ON = {"up, down": "read on", "enter": "close"}


def file_of(app: QudagApp) -> Path | None:
    """The checklist file that the run follows."""
    return Path(app.shot.state.file) if app.shot and app.shot.state.file else None


async def why_untrusted(app: QudagApp, step: Step | None = None) -> str:
    """Why nothing of the run's file, or not the command of ``step``, may run, or nothing.

    Hashes files, so not on the event loop.
    """
    path, shot, run = file_of(app), app.shot, app.session.run
    if path is None or shot is None or run is None:
        return "the run does not say which file it was made from"
    if run.folder.read_only:
        return f"this run is read-only here: {run.folder.read_only}"
    if step is not None:
        return await asyncio.to_thread(trust.check_before_exec, shot.plan, path, step)
    return await asyncio.to_thread(trust.check, shot.plan, path)


def once_trusted(app: QudagApp, then: Callable[[], None], step: Step | None = None) -> None:
    """Go on with ``then``: at once if all (or the command of ``step``) may run, else after a review, or putting back."""

    async def look() -> None:
        why = await why_untrusted(app, step)
        if why:
            ask_trust(app, why, look)
        else:
            then()

    app.ask_in_background(look())


def ask_trust(app: QudagApp, why: str, then: Then, *, plan: Plan | None = None, path: Path | None = None) -> None:
    """Show what would run and what has changed; once it is trusted, or put back as it was, go on with ``then``.

    ``plan`` and ``path`` are of what is reviewed, as it stands in that file; the run's own, if None.
    """
    app.ask_in_background(_show(app, why, then, plan, path))


def review(app: QudagApp) -> None:
    """From the palette: what would run, whether it is trusted or not; of a folder that is not ours, whose it is."""

    async def look() -> None:
        run = app.session.run
        if run is not None and run.folder.is_unknown:
            _ask_acceptance(app)
            return
        await _show(app, await why_untrusted(app), _nothing_more)

    app.ask_in_background(look())


async def _nothing_more() -> None:
    """Trust was all that was wanted."""


async def _show(app: QudagApp, why: str, then: Then, plan: Plan | None = None, path: Path | None = None) -> None:
    file, shot, run = path or file_of(app), app.shot, app.session.run
    if file is None or shot is None or run is None:
        app.say(why, wrong=True)
        return
    if run.folder.is_unknown:
        _ask_acceptance(app)
        return
    if run.folder.read_only:
        app.say(f"this run is read-only here: {run.folder.read_only}", wrong=True)
        return
    try:
        data = await asyncio.to_thread(load_plan, run.folder, shot.plan.sha256) if plan is None else None
    except RunError as error:
        app.say(str(error), wrong=True)
        return
    reviewed = await asyncio.to_thread(trust.review, plan or shot.plan, file, None, data)
    given = reviewed.trusted
    back = await asyncio.to_thread(restorable, given, with_plan=False) if given is not None and why else []

    def answered(answer: str | None) -> None:
        if answer == RESTORE and given is not None:
            _ask_restoring(app, given, back, then)
        elif answer is not None:
            app.ask_in_background(_give(app, reviewed, then))

    said = Part("", (f"{why}: nothing of it runs before somebody has looked at it.",)) if why else None
    parts = parts_of(reviewed)
    title = "Trust this file?" if why else "This file is trusted as it is now"
    app.push_screen(
        TrustReview(
            title,
            (said, *parts) if said else parts,
            verb="trust exactly this",
            can_agree=bool(why) and not reviewed.problems,
            can_restore=bool(back),
        ),
        answered,
    )


async def _give(app: QudagApp, reviewed: trust.Review, then: Then) -> None:
    try:
        await asyncio.to_thread(trust.give, reviewed, app.actor.by, clock.now().wall)
    except trust.TrustError as error:
        app.say(str(error), wrong=True)
        return
    app.session.look_at_trust_again()
    app.say(f"{Path(reviewed.path).name} is trusted")
    await then()


def _ask_restoring(app: QudagApp, given: trust.Trusted, back: list[Restorable], then: Then) -> None:
    names = [f"  {each.name}" for each in back[:12]]
    more = [f"  and {len(back) - 12} more"] if len(back) > 12 else []

    async def put_back() -> None:
        try:
            done = await asyncio.to_thread(restore, given, back, clock.now().wall)
        except trust.TrustError as error:
            app.say(str(error), wrong=True)
            return
        app.session.look_at_trust_again()
        app.say(f"put back: {', '.join(each.name for each in done)}; what was there is kept in this login's state")
        await then()

    app.push_screen(
        Choice(
            "Put the trusted copies back?",
            [f"As {given.by} trusted them:", *names, *more, "What is there now is kept.", ""],
            {"y": "yes"},
        ),
        lambda answer: app.ask_in_background(put_back()) if answer == "y" else None,
    )


def _ask_acceptance(app: QudagApp) -> None:
    """Show what a run folder says of itself that this login did not create; a typed code makes it one's own."""
    from qudag_tui.run.acceptance import accept, provenance  # seldom needed

    run = app.session.run
    if run is None:
        return
    told = provenance(run)

    async def take() -> None:
        try:
            await asyncio.to_thread(accept, run, app.actor)
        except RunError as error:
            app.say(str(error), wrong=True)
            return
        app.forget_what_was_not_saved()
        app.attach_again()
        app.session.look_at_trust_again()
        app.say("this run can be written from here now")

    first, *more = told.lines()
    app.push_screen(
        TrustReview("Accept this run folder as your own?", (Part("", (first, *more)),), verb="accept it"),
        lambda answer: app.ask_in_background(take()) if answer is not None else None,
    )


def revoke(app: QudagApp) -> None:
    """Trust nothing of the run's file any more."""
    path = file_of(app)
    if path is None:
        app.say("the run does not say which file it was made from", wrong=True)
        return

    async def take_away() -> None:
        try:
            was = await asyncio.to_thread(trust.revoke, path)
        except trust.TrustError as error:
            app.say(str(error), wrong=True)
            return
        app.session.look_at_trust_again()
        app.say(f"{path.name} is not trusted any more" if was else f"{path.name} was not trusted")

    app.push_screen(
        Choice(
            "Take the trust away?",
            [f"Nothing of {path} would run, and no address be asked, before it is reviewed again.", ""],
            {"y": "yes"},
        ),
        lambda answer: app.ask_in_background(take_away()) if answer == "y" else None,
    )


def list_trusted(app: QudagApp) -> None:
    """Everything that this login trusts, and whether it is still so."""

    async def look() -> None:
        from qudag_tui.plan.trust_standing import standing_of  # only for the list

        found = await asyncio.to_thread(lambda: [(each, standing_of(each)) for each in trust.all_trusted()])
        lines = []
        for given, why in found:
            lines += [given.path, f"  {given.by} {given.at[:16].replace('T', ' ')} UTC: {why or 'as it is now'}"]
        app.push_screen(Notice("What you trust", [*(lines or ["nothing"]), ""], _READ_ON))

    app.ask_in_background(look())
