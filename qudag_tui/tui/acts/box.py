"""Keys that act on the box under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.decide_run import reasons_needed
from qudag_tui.core.duration import clock
from qudag_tui.core.item import Item, ItemState, Kind, Script
from qudag_tui.core.rows import RowKind
from qudag_tui.tui.acts.question import TYPED, ask_why, ask_yes
from qudag_tui.tui.acts.refused import impossible, is_refused
from qudag_tui.tui.facts import observed_seconds, who_and_when
from qudag_tui.tui.screens.checklists import Checklists
from qudag_tui.tui.screens.dialog import Reason

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.tui.app import QudagApp

NO_BOX = "put the cursor on a box first"


def _item(app: QudagApp) -> Item | None:
    """The box under the cursor; said in a dialog where there is none, because people type on."""
    view = app.view
    item = view.item if isinstance(view, Checklists) else None
    if item is None:
        impossible(app, NO_BOX)
    return item


def tick(app: QudagApp) -> None:
    """Tick; what is ticked already is reopened, after a question where that takes something back."""
    view, shot = app.view, app.shot
    if not isinstance(view, Checklists) or shot is None:
        return
    item = view.item
    if item is None:
        view.tree_view.toggle()
        return
    state, mark = shot.state.item_state(item), shot.state.mark(item.id)
    if item.kind is Kind.DECISION:
        decide(app)
    elif item.kind is Kind.SIGNOFF:
        sign(app)
    elif item.kind is Kind.SOAK and state is ItemState.OPEN and item.id in shot.state.soaks:
        seen = clock(observed_seconds(item, shot) or 0.0)
        line = f"The {seen} observed so far would count no more."
        ask_yes(app, f"Stop the soak “{item.text}”?", [line], ask.Untick(item.id))
    elif state is ItemState.OPEN and item.id in shot.state.look_requests:
        line = "It was asked for and not yet taken."
        ask_yes(app, f"Withdraw the look at “{item.text}”?", [line], ask.Untick(item.id))
    elif state in {ItemState.OPEN, ItemState.CLAIMED, ItemState.DEFERRED}:
        app.submit(ask.Tick(item.id))
    elif state is ItemState.DONE and mark is not None and mark.by == app.actor.by and item.kind is Kind.MANUAL:
        app.submit(ask.Untick(item.id))
    else:
        said = f"It is {state}, {who_and_when(mark.by, mark.at, shot.now)}." if mark else f"It is {state}."
        ask_yes(app, f"Reopen “{item.text}”?", [said], ask.Untick(item.id))


def details(app: QudagApp) -> None:
    """What the pane at the right shows where there is room for it, for screens that have none."""
    view = app.view
    if not isinstance(view, Checklists) or app.shot is None or view.row is None:
        return
    from qudag_tui.tui.screens.details import Details  # imported when it is shown

    app.push_screen(Details(view.row, view.detail))


def not_applicable(app: QudagApp) -> None:
    """Asks why."""
    item = _item(app)
    if item is not None and not is_refused(app, ask.MarkNotApplicable(item.id, TYPED)):
        title, hint = "Not applicable in this run", "why nobody needs to do it"
        ask_why(app, title, [f"“{item.text}”"], hint, lambda reason: ask.MarkNotApplicable(item.id, reason))


def defer(app: QudagApp) -> None:
    """Asks where to, and why."""
    item, shot = _item(app), app.shot
    if item is None or shot is None:
        return
    from qudag_tui.tui.screens.defer import Defer  # imported when it is shown

    here = list(shot.plan.sections).index(item.section)
    sections = list(shot.plan.sections.values())
    later = [*sections[here + 1 :], *sections[:here]]
    if later and is_refused(app, ask.Defer(item.id, later[0].id, TYPED)):
        return

    def answered(answer: tuple[str, str] | None) -> None:
        if answer is not None:
            app.submit(ask.Defer(item.id, answer[0], answer[1]))

    app.push_screen(Defer(f"Defer “{item.text}” to", [(section.id, section.title) for section in later]), answered)


def override(app: QudagApp) -> None:
    """A box, or a locked phase; asks why, and says that it stays."""
    view, shot = app.view, app.shot
    if not isinstance(view, Checklists) or shot is None or view.row is None:
        return
    row = view.row
    if row.kind is RowKind.SECTION and row.id in shot.state.phases:
        title, line = "Open a locked phase out of turn", f"“{row.text}”"
    elif view.item is not None:
        title, line = "Override: count it as done although it is not", f"“{view.item.text}”"
    else:
        impossible(app, "put the cursor on a box, or on a locked phase")
        return
    if is_refused(app, ask.Override(row.id, TYPED)):
        return
    ask_why(app, title, [line, "It shows for ever after."], "why", lambda reason: ask.Override(row.id, reason))


def comment(app: QudagApp) -> None:
    """A remark."""
    item = _item(app)
    if item is not None and not is_refused(app, ask.AddComment(item.id, TYPED)):
        hint = "what there is to say"
        ask_why(app, "Comment", [f"“{item.text}”"], hint, lambda text: ask.AddComment(item.id, text))


def _phase(app: QudagApp) -> Section | None:
    view, shot = app.view, app.shot
    if shot is None:
        return None
    row = view.row if isinstance(view, Checklists) else None
    if row is not None and row.kind is RowKind.SECTION and row.id in shot.state.phases:
        return shot.plan.sections[row.id]
    item = view.item if isinstance(view, Checklists) else None
    if item is not None and item.section in shot.state.phases:
        return shot.plan.sections[item.section]
    return shot.state.current_phase


def decide(app: QudagApp) -> None:
    """Go or No-Go for the phase under the cursor, else for the current one."""
    section, shot = _phase(app), app.shot
    if section is None or shot is None:
        app.say("this plan has no phase to decide")
        return
    from qudag_tui.tui.screens.decision import DecisionDialog  # imported when it is shown

    def answered(answer: str | None) -> None:
        newest = app.shot
        if answer is None or newest is None:
            return
        # Another plan may have been adopted meanwhile; then it is for the refusal to say.
        if answer == "go" and (section.id not in newest.state.phases or not reasons_needed(newest.state, section.id)):
            app.submit(ask.Decide(section.id, answer))
            return
        title = f"{'Go' if answer == 'go' else 'No-Go'} for {section.title}"
        ask_why(app, title, [], "why", lambda reason: ask.Decide(section.id, answer, reason))

    app.push_screen(DecisionDialog(section, shot), answered)


def sign(app: QudagApp) -> None:
    """For the role under the cursor."""
    item = _item(app)
    if item is None:
        return
    if item.kind is not Kind.SIGNOFF:
        impossible(app, "put the cursor on a sign-off first")
        return
    if is_refused(app, ask.Sign(item.id)):
        return
    role = getattr(item.spec, "role", item.text)
    app.push_screen(
        Reason(
            f"Sign as {role}",
            [f"Recorded as {app.actor.by}, login {app.actor.login or 'unknown'}. A signature is never taken back.", ""],
            hint="a remark (optional)",
            needed=False,
        ),
        lambda reason: app.submit(ask.Sign(item.id, reason)) if reason is not None else None,
    )


def execute(app: QudagApp) -> None:
    """A script item, after a typed code."""
    item = _item(app)
    if item is None:
        return
    if not isinstance(item.spec, Script):
        impossible(app, "there is nothing to execute in this box")
        return
    if is_refused(app, ask.Execute(item.id, stop_first=True)):
        return
    from qudag_tui.tui.acts.start import ask_start  # imported when something is started

    ask_start(app, item.id, f"Execute “{item.text}”", (item.spec.step,))


def undo(app: QudagApp) -> None:
    """My own last one."""
    app.submit(ask.Undo())
