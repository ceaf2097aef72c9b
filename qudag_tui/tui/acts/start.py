"""Starting something destructive: the typed code, and the review of trust where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.approval import waits_words
from qudag_tui.core.arming import counting
from qudag_tui.core.duration import clock, spoken
from qudag_tui.core.ending import outcome_words
from qudag_tui.core.item import Script
from qudag_tui.core.offering import offering, reason_of
from qudag_tui.core.procedure import ROLLBACK, starters
from qudag_tui.core.undoing import undo_steps, undone_id
from qudag_tui.tui.acts.refused import impossible, is_refused
from qudag_tui.tui.screens.checklists import Checklists
from qudag_tui.tui.screens.dialog import Choice
from qudag_tui.tui.screens.rollback import Rollback
from qudag_tui.tui.screens.typed_start import TypedStart
from qudag_tui.tui.widgets.banner import title_of

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.procedure import Procedure
    from qudag_tui.core.step import Step
    from qudag_tui.tui.app import QudagApp
    from qudag_tui.tui.snapshot import Snapshot


def start_rollback(app: QudagApp) -> None:
    """From anywhere."""
    shot = app.shot
    if shot is None:
        return
    procedure = shot.plan.procedures.get(ROLLBACK)
    if procedure is None:
        app.say("this plan has no rollback", wrong=True)
        return
    if is_refused(app, _start_of(shot, ROLLBACK)):
        return
    run = shot.state.run
    to = f" to {run.previous}" if run and run.previous else ""
    ask_start(app, ROLLBACK, f"Roll back {run.release if run else ''}{to}", procedure.steps)


def _start_of(shot: Snapshot | None, target: str, *, undo: bool = False) -> ask.Execute:
    """What is tried before the dialog opens; whether other people approve is asked in it, and alone it can be started."""
    procedure = shot.plan.procedures.get(target) if shot else None
    alone = "alone" if procedure is not None and procedure.approvals > 1 else ""
    return ask.Execute(target, stop_first=True, undo=undo, alone=alone)


def undo_execution(app: QudagApp) -> None:
    """Take back what the last execution did: of the script under the cursor, of what is shown, else the rollback."""
    view, shot = app.view, app.shot
    if shot is None:
        return
    target = ROLLBACK
    if isinstance(view, Checklists):
        if view.item is None or not isinstance(view.item.spec, Script):
            impossible(app, "put the cursor on a box that runs a command first")
            return
        target = view.item.id
    elif isinstance(view, Rollback):
        shown = view.list.execution(shot)
        target = shown.target if shown is not None else ROLLBACK
    undone = shot.state.undoable(target)
    if is_refused(app, _start_of(shot, target, undo=True)) or undone is None:
        return
    lines = []
    for number, step in enumerate(undo_steps(undone), 1):
        outcome = undone.of(undone_id(step.id)).outcome
        ended = outcome_words(outcome) if outcome else "has not ended"
        lines.append(f"{number:>3}  {step.text} ({ended})")
    ask_start(app, target, f"Undo “{shot.plan.title_of(target)}”", undo_steps(undone), undo=True, first=lines)


def procedures(app: QudagApp) -> None:
    """Execute another procedure than the rollback: one is asked for, several are offered."""
    shot = app.shot
    others = [p for p in shot.plan.procedures.values() if p.id != ROLLBACK] if shot else []
    if not others:
        app.say("this plan has no other procedure than the rollback")
        return
    offered = {f"{number}": procedure.title for number, procedure in enumerate(others[:9], 1)}

    def answered(answer: str | None) -> None:
        if answer is not None:
            chosen = others[int(answer) - 1]
            if not is_refused(app, _start_of(shot, chosen.id)):
                ask_start(app, chosen.id, f"Execute “{chosen.title}”", chosen.steps)

    lines = [f"{key}  {title}" for key, title in offered.items()]
    lines += ["", "Nothing starts before its code is typed.", ""]
    app.push_screen(Choice("Execute another procedure", lines, dict.fromkeys(offered, "")), answered)


def preview(app: QudagApp) -> None:
    """What would run: of the script under the cursor, of what is shown, else of the rollback."""
    view, shot = app.view, app.shot
    if shot is None:
        return
    if isinstance(view, Checklists):
        if view.item is None or not isinstance(view.item.spec, Script):
            app.say("put the cursor on a box that runs a command first")
            return
        title = view.item.text
        steps: Sequence[Step] = (view.item.spec.step,)
    else:
        shown = view.list.execution(shot) if isinstance(view, Rollback) else None
        procedure = shot.plan.procedures.get(ROLLBACK)
        if shown is None and procedure is None:
            app.say("this plan has no rollback", wrong=True)
            return
        steps = shown.steps if shown is not None else procedure.steps if procedure is not None else ()
        title = title_of(shown, shot) if shown is not None else "Rollback"

    from qudag_tui.core.dry_run import dry_run, names_of  # only when it is looked at
    from qudag_tui.tui.screens.preview import Preview

    folder = str(PurePath(shot.state.file).parent)
    app.push_screen(Preview(f"{title}: what would run", tuple(dry_run(steps, folder, names_of(shot.state)))))


def start_lines(app: QudagApp, target: str, steps: Sequence[Step]) -> list[str]:
    """What the dialog says: why it is offered, what is stopped first, what runs, as whom."""
    shot = app.shot
    if shot is None:
        return []
    lines = []
    for trigger, fired in offering(shot.state) if target == ROLLBACK else ():
        ago = spoken(shot.now.seconds_since(fired.at))
        how = f"fired {ago} ago ({fired.line})" if fired.breached else f"reported {ago} ago by {fired.by}"
        lines.append(f"{trigger.text}: {how}.")
    counted = counting(shot.state, shot.now) if target == ROLLBACK else []
    if counted:
        lines.append(f"A countdown would start it in {spoken(counted[0].left_seconds(shot.now))}.")
    before = shot.state.in_progress
    if before is not None:
        running = before.running_step
        since = before.of(running.id).since if running else None
        timer = f", running {clock(shot.now.seconds_since(since))}" if since else ""
        lines.append(f"Stops first: “{before.stands_at}”{timer}.")
    every = [step for top in steps for step in top.walk()]
    commands = sum(bool(step.run) for step in every)
    actor = app.actor
    whom = f" as {actor.login}" if actor.login else ""
    count = f"{len(every)} steps" if len(every) != 1 else "1 step"
    some = f"{commands} run commands" if commands != 1 else "1 runs a command"
    lines.append(f"{count}; {some} on this machine{whom}.")
    return lines


def ask_start(
    app: QudagApp,
    target: str,
    title: str,
    steps: Sequence[Step],
    *,
    undo: bool = False,
    first: Sequence[str] = (),
) -> None:
    """Ask for the code, and then for the execution; a file that is not trusted is reviewed first.

    ``first`` is said before everything else.
    """
    named: Execution | None = None
    has_commands = any(step.run for top in steps for step in top.walk())

    async def ask_for_code() -> None:
        from qudag_tui.tui.acts.trust import ask_trust, why_untrusted  # only when something is started

        why = await why_untrusted(app) if has_commands else ""
        if why:
            ask_trust(app, why, ask_for_code)
            return
        nonlocal named
        named = app.shot.state.in_progress if app.shot else None
        lines = [*first, *start_lines(app, target if not undo else "", steps)]
        if has_commands:
            lines.append("The file is trusted as it is now.")
        procedure = app.shot.plan.procedures.get(target) if app.shot else None
        if procedure is not None and procedure.started_by:
            lines.append(starters(procedure))
        if procedure is not None and procedure.approvals > 1:
            await ask_with_others(procedure, lines)
            return
        app.push_screen(TypedStart(title, [*lines, f"Recorded as {app.actor.by}."], reason=given_reason()), answered)

    def given_reason() -> str:
        offered = offering(app.shot.state) if app.shot and target == ROLLBACK and not undo else []
        return reason_of(offered[0][0], offered[0][1].line) if offered else ""

    async def ask_with_others(procedure: Procedure, lines: list[str]) -> None:
        from qudag_tui.tui.acts import approval  # most procedures need one person
        from qudag_tui.tui.screens.approved_start import ApprovedStart

        found = await approval.approvers_of(procedure, app.actor.by)
        shot = app.shot
        if shot is None:
            return
        waits = approval.waiting(shot)
        is_same = waits is not None and waits.target == target and bool(waits.undoes) is undo
        blocked = f"it already {waits_words(waits, shot.now)}" if waits is not None and is_same else found.blocked
        dialog = ApprovedStart(
            title,
            [*lines, "", approval.people_line(procedure, app.actor.by, found.names)],
            whose=approval.whose(found.names) if found.names else "",
            blocked=blocked,
            cause=approval.cause_of(shot) if target == ROLLBACK and not undo else "",
        )

        def chosen(reason: str | None) -> None:
            if reason is not None and dialog.is_alone:
                answered("", alone=reason)
            else:
                answered(reason, own_keys=found.own_keys)

        app.push_screen(dialog, chosen)

    def answered(reason: str | None, *, alone: str = "", own_keys: tuple[str, ...] = ()) -> None:
        if reason is None:
            return
        before = app.shot.state.in_progress if app.shot else None
        # What is stopped first was named in the dialog, so that the typed code confirms it as well; nothing else.
        stops = before is not None and named is not None and before.request == named.request
        app.submit(ask.Execute(target, reason, stops, undo, alone, own_keys))
        if app.shot is not None and target in app.shot.plan.procedures:
            app.act("rollback")

    app.ask_in_background(ask_for_code())
