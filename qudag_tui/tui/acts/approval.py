"""What a second person's approval needs of the screen: who may sign, the text to sign, and the signature."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qudag_tui.core.approval import missing_words
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.offering import reason_of
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock
from qudag_tui.run.approving import approval_of, text_to_sign, waiting_for_approval
from qudag_tui.run.error import RunError
from qudag_tui.run.run import Run
from qudag_tui.run.signers import SigningError, load_signing, require_people

if TYPE_CHECKING:
    from pathlib import Path

    from qudag_tui.core.execution import Execution
    from qudag_tui.core.intent import Approve
    from qudag_tui.core.procedure import Procedure
    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot

_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}


@lean_dataclass(frozen=True, slots=True)
class Approvers:
    """Who may approve, and by which keys the asker is known; ``blocked`` says why nobody can."""

    names: tuple[str, ...] = ()
    own_keys: tuple[str, ...] = ()
    blocked: str = ""


async def approvers_of(procedure: Procedure, by: str) -> Approvers:
    """Who could approve what ``by`` asks for now; reads the configuration, so not on the event loop."""

    def look() -> Approvers:
        try:
            signing = load_signing()
            require_people(signing, procedure, by)
        except SigningError as error:
            return Approvers(blocked=f"nobody can sign: {error.what}")
        names = sorted(set(signing.others(by, procedure.id).values()))
        return Approvers(tuple(names), signing.own_keys(by))

    return await asyncio.to_thread(look)


def whose(names: tuple[str, ...]) -> str:
    """``bo's signature``, or that of one of several."""
    short = [name.partition("@")[0] for name in names]
    shown = short if len(set(short)) == len(short) else list(names)
    if len(shown) == 1:
        return f"{shown[0]}'s signature"
    return f"the signature of {', '.join(shown[:-1])} or {shown[-1]}" if len(shown) < 5 else "a colleague's signature"


def people_line(procedure: Procedure, by: str, names: tuple[str, ...]) -> str:
    """Who is recorded, how many are needed, and that nobody has signed."""
    nobody = f"{names[0].partition('@')[0]} has not signed" if len(names) == 1 else "nobody has signed"
    return f"Recorded as {by}. {_NUMBERS[procedure.approvals]} people are needed: {nobody}."


def cause_of(shot: Snapshot) -> str:
    """What the first trigger that fired, or whose condition holds now, says."""
    for trigger in shot.plan.triggers:
        fired, seen = shot.state.fired.get(trigger.id), shot.standings.triggers.get(trigger.id)
        if fired is not None:
            return reason_of(trigger, fired.line)
        if seen is not None and seen.verdict is Verdict.FAIL:
            return reason_of(trigger, seen.line)
    return ""


def waiting(shot: Snapshot | None) -> Execution | None:
    """The request that waits for approval."""
    return shot.state.awaiting_approval if shot else None


def copy_text_to_sign(app: QudagApp) -> None:
    """The text to sign, to the clipboard."""
    from qudag_tui.tui.acts.whole import copy_text  # only when something is copied

    async def copy() -> None:
        token = await asyncio.to_thread(_token, app.session.folder)
        if isinstance(token, str):
            copy_text(app, token)
            app.say("copied the text to sign: your colleague gives it to qudag-tui approve")
        else:
            app.say(str(token), wrong=True)

    app.ask_in_background(copy())


def _token(folder: Path) -> str | RunError:
    from qudag_tui.core.approval_token import token_of  # only when somebody is to sign

    try:
        # A state of this thread's own: the screen's belongs to the screen.
        run = Run.open(folder)
        return token_of(text_to_sign(run.state, run.folder, waiting_for_approval(run.state)))
    except RunError as error:
        return error


def approve(app: QudagApp) -> None:
    """Take a colleague's signature for what waits."""
    execution = waiting(app.shot)
    if execution is None or app.shot is None:
        app.say("nothing waits for an approval")
        return
    from qudag_tui.tui.screens.signature import SignatureField  # imported when it is shown

    def verify(text: str) -> Approve | str:
        try:
            run = Run.open(app.session.folder)
            return approval_of(run.state, run.folder, text, clock.now())
        except RunError as error:
            return str(error)

    async def verified(text: str) -> Approve | str:
        return await asyncio.to_thread(verify, text)

    lines = [
        f"{app.shot.plan.title_of(execution.target)} waits for {missing_words(execution)}.",
        "Paste the line that your colleague's approve printed. It is verified; with the last one it starts at once.",
        "",
    ]
    app.push_screen(
        SignatureField("A second person's signature", lines, verified),
        lambda intent: app.submit(intent) if intent is not None else None,
    )
