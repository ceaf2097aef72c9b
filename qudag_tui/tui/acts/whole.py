"""Keys that act on the run, or on the program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.approval import alone_executions, alone_words, waits_words
from qudag_tui.core.decide_run import OUTCOMES
from qudag_tui.tui.acts.question import ask_why
from qudag_tui.tui.keymap import Where, help_lines
from qudag_tui.tui.screens.dialog import Choice, Notice, Reason
from qudag_tui.tui.widgets.line import Piece

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp


def quit(app: QudagApp) -> None:  # noqa: A001  # the key's name
    """Says what goes on without it."""
    shot = app.shot
    if shot is None:
        app.exit(0)
        return
    state, lines = shot.state, []
    for execution in state.executions.values():
        running = execution.running_step
        if running is not None:
            lines.append(f"“{running.text}” goes on running.")
        elif execution.waits_for is not None:
            lines.append(f"“{execution.waits_for.text}” goes on waiting for a person.")
        elif execution.awaits_approval:
            lines.append(f"“{execution.target}” {waits_words(execution, shot.now)}: approve hands one in.")
    lines.extend(f"The soak “{item.text}” goes on counting." for item, _ in state.counting_soaks)
    if state.armed is not None:
        lines.append(
            "The run stays armed, and without a supervisor no trigger starts anything."
            if shot.standings.supervised is False
            else "The run stays armed: triggers start the rollback with nobody here to stop it."
        )
    if shot.standings.supervised is None:
        lines.append("What a supervisor does goes on, if there is one. The journal has everything.")
    elif not shot.standings.supervised:
        lines.append("There is no supervisor: nothing is measured or executed.")
    elif lines or state.is_under_way:
        lines.append("The supervisor stays, measures and executes; the journal has everything.")
    else:
        lines.append("Nothing is under way; the supervisor leaves as well. The journal has everything.")

    def answered(answer: str | None) -> None:
        if answer is not None:
            app.exit(0)

    app.push_screen(Choice("Quit?", [*lines, ""], {"q": "quit", "enter": "quit"}), answered)


def help(app: QudagApp) -> None:  # noqa: A001  # the key's name
    """The keys of this view, then those that work everywhere."""
    view = app.view
    where = view.where if view is not None else Where.EVERYWHERE
    colours = app.colours
    lines: list[list[Piece]] = [
        [(f"{key:<12}", colours.strong), (text, colours.plain)] for key, text in help_lines(where)
    ]
    app.push_screen(Notice(f"Keys of the {where} view", lines, {"enter": "close", "down": "read on"}))


def operator(app: QudagApp) -> None:
    """Who is at the keyboard; that is attribution, not proof."""

    def answered(name: str | None) -> None:
        if not name:
            return
        from qudag_tui.tui.operator import remember_operator  # tomlkit is slow to import

        app.actor = replace(app.actor, by=name)
        if app.shot is not None:
            app.shot = replace(app.shot, actor=app.actor)
        app.attach_again()
        trouble = remember_operator(name)
        app.say(trouble or f"what is recorded from here says {name}", wrong=bool(trouble))

    app.push_screen(
        Reason(
            "Who is at the keyboard?",
            [f"Now: {app.actor.by}. The login {app.actor.login} is recorded beside every name.", ""],
            hint="a name",
            value="",
        ),
        answered,
    )


def close_run(app: QudagApp) -> None:
    """End the run; lists what is left."""
    shot = app.shot
    if shot is None:
        return
    state = shot.state
    left = [item for item in shot.plan.items.values() if not state.item_state(item).is_settled]
    lines = [f"{len(left)} of {state.total['']} boxes are open."] if left else ["Every box is settled."]
    lines.extend(f"  {item.text}" for item in left[:8])
    if len(left) > 8:
        lines.append(f"  and {len(left) - 8} more")
    if shot.state.removed:
        lines.append(f"{len(shot.state.removed)} that the plan no longer has were begun: the palette lists them.")
    lines.extend(f"{execution.target} was started by {alone_words(execution)}" for execution in alone_executions(state))
    keys = {"c": OUTCOMES[0], "r": OUTCOMES[1], "x": OUTCOMES[2]}

    def answered(answer: str | None) -> None:
        if answer is not None:
            title, line = f"Close the run as {keys[answer]}", "Nothing can be recorded after it."
            ask_why(app, title, [line], "why", lambda reason: ask.CloseRun(keys[answer], reason))

    app.push_screen(Choice("Close the run", [*lines, ""], keys), answered)


def copy(app: QudagApp) -> None:
    """To the clipboard: through tmux where there is one, else by OSC 52."""
    text = app.view.copy_text() if app.view is not None else ""
    if not text:
        app.say("there is nothing to copy here")
        return
    copy_text(app, text)
    app.say(f"copied {len(text)} characters")


def copy_text(app: QudagApp, text: str) -> None:
    """Put a text into the clipboard."""
    from qudag_tui.tui.clipboard import copy_through_tmux, is_in_tmux  # only when something is copied

    if is_in_tmux():
        app.run_worker(lambda: copy_through_tmux(text), thread=True, group="copy", exit_on_error=False)
    else:
        app.copy_to_clipboard(text)


def supervise(app: QudagApp) -> None:
    """See that there is a supervisor."""
    app.attach_again()
    app.say("a supervisor is started unless there is one")


def unprotected(app: QudagApp) -> None:
    """Go on although a logout may end the supervisor; asks why."""
    shot = app.shot
    why = shot.state.supervisor.started.unprotected if shot and shot.state.supervisor else ""
    ask_why(
        app,
        "Background work ends when you log out here",
        [f"{why}. Enabling lingering for this login would keep it alive.", "Go on all the same?"],
        "why it is all right",
        ask.AcceptUnprotected,
    )
