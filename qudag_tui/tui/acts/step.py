"""Keys of the rollback view that act on steps and triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.tui.acts.arm import ask_which
from qudag_tui.tui.acts.question import TYPED, ask_why, ask_yes
from qudag_tui.tui.acts.refused import impossible, is_refused
from qudag_tui.tui.screens.dialog import Choice
from qudag_tui.tui.screens.rollback import Rollback

if TYPE_CHECKING:
    from collections.abc import Callable

    from qudag_tui.core.step import Step
    from qudag_tui.tui.app import QudagApp


def _step(app: QudagApp) -> Step | None:
    """The step that waits, whatever is under the cursor; else the one under the cursor."""
    view, shot = app.view, app.shot
    if shot is None:
        return None
    active = shot.state.active_execution
    if active is not None and active.waits_for is not None:
        return active.waits_for
    return view.step if isinstance(view, Rollback) else None


def mark(app: QudagApp) -> None:
    """Space: on a trigger, somebody saw it; else how the step that waits ended."""
    view, shot = app.view, app.shot
    if not isinstance(view, Rollback) or shot is None:
        return
    trigger = view.trigger
    if trigger is None:
        mark_as(app)
    elif trigger.id in shot.state.fired:
        ask_yes(app, f"Take back “{trigger.text}”?", ["It was reported."], ask.Untick(trigger.id))
    else:
        line = "Somebody has seen it. It offers the rollback; what people report starts nothing."
        ask_yes(app, f"Report “{trigger.text}”?", [line], ask.Tick(trigger.id))


def mark_as(app: QudagApp) -> None:
    """How the step that waits ended; one that the tool ran needs to be told how one knows."""
    step = _step(app)
    if step is None:
        impossible(app, "no step waits for a person")
        return
    if is_refused(app, ask.MarkStep(step.id, "failed", TYPED)):
        return

    def answered(answer: str | None) -> None:
        outcome = {"p": "passed", "f": "failed"}.get(answer or "")
        if outcome is None:
            return
        if step.is_persons and outcome == "passed":
            app.submit(ask.MarkStep(step.id, outcome))
            return
        hint = "how you know" if not step.is_persons else "why"
        ask_why(app, f"Mark “{step.text}” {outcome}", [], hint, lambda reason: ask.MarkStep(step.id, outcome, reason))

    app.push_screen(
        Choice(f"How did “{step.text}” end?", [f"Recorded as {app.actor.by}.", ""], {"p": "passed", "f": "failed"}),
        answered,
    )


def abort(app: QudagApp) -> None:
    """Stop what runs, after a question; a countdown at once."""
    shot = app.shot
    if shot is None or ask_which(app):
        return
    execution = shot.state.in_progress or shot.state.active_execution
    if execution is None or is_refused(app, ask.Abort()):
        app.say("nothing is running")
        return
    running = execution.running_step
    withdrawn = "It waits for an approval: the request is withdrawn."
    what = (
        f"“{running.text}” is stopped: TERM now, KILL after {running.grace_seconds:.0f} s."
        if running and running.run
        else f"“{running.text}” is watched no more."
        if running
        else withdrawn
        if execution.awaits_approval
        else "Nothing of it runs now."
    )
    lines = [what, "What has been done stays done, and nothing after it starts."]
    ask_yes(app, "Abort?", lines, ask.Abort(), yes="abort")


def approve(app: QudagApp) -> None:
    """Take a second person's signature for the request that waits."""
    from qudag_tui.tui.acts import approval  # reads keys and signatures, which few runs need

    approval.approve(app)


def retry(app: QudagApp) -> None:
    """Another attempt, after a question."""
    step = _step(app)
    if step is None:
        impossible(app, "put the cursor on a step first")
        return
    if is_refused(app, ask.Retry(step.id)):
        return
    _once_it_may_run(app, step, lambda: _ask_retry(app, step))


def _once_it_may_run(app: QudagApp, step: Step | None, then: Callable[[], None]) -> None:
    """Go on with ``then``; where the command of ``step`` (of any step, if None) is not trusted by now, review it first."""
    if step is not None and not step.run:
        then()
        return
    from qudag_tui.tui.acts.trust import once_trusted  # only when something is to start

    once_trusted(app, then, step)


def _command(step: Step) -> str:
    """In a line; of a script that stands in the plan its beginning, and where all of it is shown."""
    first, *more = " ".join(step.run).splitlines()
    return f"{first[:200]} … and {len(more)} more lines: v shows them" if more else first[:200]


def _ask_retry(app: QudagApp, step: Step) -> None:
    if is_refused(app, ask.Retry(step.id)):
        return
    lines = [f"“{step.text}”"]
    if step.run:
        execution = app.shot.state.execution_of_step(step.id) if app.shot else None
        has_run = execution is None or bool(execution.of(step.id).attempts)
        lines.append(f"It runs{' again' if has_run else ''}: {_command(step)}")
        if not step.idempotent and has_run:
            lines.append("The plan does not say that it may safely run twice.")
        if step.confirm:
            lines.append("It starts once it is confirmed: w.")
    ask_yes(app, "Retry?", lines, ask.Retry(step.id), yes="retry")


def skip(app: QudagApp) -> None:
    """Go on without it; asks why."""
    step = _step(app)
    if step is None:
        impossible(app, "no step waits for a person")
        return
    if is_refused(app, ask.Skip(step.id, TYPED)):
        return
    ask_why(app, "Skip a step", [f"“{step.text}”"], "why it is not needed", lambda reason: ask.Skip(step.id, reason))


def resume(app: QudagApp) -> None:
    """Let go on what waits since a restart of the supervisor, else the step that is to be confirmed."""
    shot = app.shot
    held = shot.state.held_executions if shot else []
    active = shot.state.active_execution if shot else None
    if not held and active is not None and active.waits_for_confirmation and active.waits_for is not None:
        confirm(app, active.waits_for)
        return
    if not held:
        app.say("nothing waits for a confirmation")
        return
    if any(step.run for step in held[0].walk()):
        _once_it_may_run(app, None, lambda: _ask_resume(app))
    else:
        _ask_resume(app)


def _ask_resume(app: QudagApp) -> None:
    held = app.shot.state.held_executions if app.shot else []
    if not held:
        app.say("nothing waits for a confirmation")
        return
    following = held[0].next_step()
    line = f"Next: “{following.text}”." if following else "Nothing of it is left to start."
    waits = held[0].waits_for
    if waits is not None:
        line = f"Nothing starts by this: “{waits.text}” goes on waiting for a person."
    lines = [f"The supervisor was restarted while “{held[0].label}” was under way.", line]
    ask_yes(app, "Let it go on?", lines, ask.Resume(), yes="go on")


def confirm_here(app: QudagApp) -> None:
    """Enter on the step that is to be confirmed; nothing anywhere else, because it is often typed after a code."""
    view, active = app.view, app.shot.state.active_execution if app.shot else None
    if isinstance(view, Rollback) and active is not None and active.waits_for_confirmation and not active.held:
        waits = active.waits_for
        if waits is not None and waits is view.step:
            confirm(app, waits)


def confirm(app: QudagApp, step: Step) -> None:
    """Let a step start that the plan wants confirmed, after a typed code."""
    if is_refused(app, ask.ConfirmStep(step.id)):
        return
    _once_it_may_run(app, None if step.steps else step, lambda: _ask_confirmation(app, step))


def _ask_confirmation(app: QudagApp, step: Step) -> None:
    from qudag_tui.tui.screens.typed_start import TypedStart  # only when something is started

    lines = []
    if step.run:
        lines.append(f"It runs: {_command(step)}")
    elif step.steps:
        lines.append(f"{len(step.steps)} steps follow one after the other.")
    lines.append(f"The plan asks for this before it starts. Recorded as {app.actor.by}.")
    app.push_screen(
        TypedStart(f"Start “{step.text}”?", lines, with_reason=False),
        lambda answer: app.submit(ask.ConfirmStep(step.id)) if answer is not None else None,
    )
