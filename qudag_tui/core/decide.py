"""What becomes of an intent: a fact for the journal, or a refusal that says why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.decide_arm import abort_or_stop, arm, disarm, stop_countdown
from qudag_tui.core.decide_box import comment, override, set_aside, tick, undo, untick
from qudag_tui.core.decide_execution import confirm_step, execute, mark_step, resume, retry, skip
from qudag_tui.core.decide_record import record
from qudag_tui.core.decide_run import capture, close, decide_phase, sign
from qudag_tui.core.in_the_way import locked, need_reason
from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

MAX_TEXT = 10_000


def decide(state: State, intent: ask.Intent, actor: ev.Actor, now: Instant) -> ev.Fact | Refusal:
    """The fact that ``intent`` becomes at ``now``, or why not. Pure; a repeat of what is already so is refused."""
    if state.read_only:
        return Refusal(Because.REFUSED, f"this run is read-only here: {state.read_only}", "update qudag-tui")
    if isinstance(intent, ask.Record):
        return record(state, intent.fact, now)
    if state.closed is not None:
        return Refusal(Because.REFUSED, f"the run is closed ({state.closed.outcome})", "start another with new")
    if isinstance(intent, ask.CaptureBaseline):
        return capture(state, intent)
    too_long = next(
        (name for name in intent.__slots__ if len(str(getattr(intent, name))) > MAX_TEXT),
        None,
    )
    if too_long:
        return Refusal(Because.REFUSED, f"the {too_long} is longer than {MAX_TEXT} characters", "keep it short")
    match intent:
        case ask.Tick():
            return tick(state, intent)
        case ask.Untick():
            return untick(state, intent)
        case ask.MarkNotApplicable() | ask.Defer():
            return set_aside(state, intent)
        case ask.Override():
            return override(state, intent)
        case ask.AddComment():
            return comment(state, intent)
        case ask.Undo():
            return undo(state, actor)
        case ask.Decide():
            return decide_phase(state, intent)
        case ask.Sign():
            return sign(state, intent)
        case ask.AcceptUnprotected():
            return need_reason(intent.reason) or ev.UnprotectedAccepted(intent.reason)
        case ask.Execute():
            item = state.plan.items.get(intent.target)
            # What was done can be taken back wherever the deployment stands.
            return (locked(state, item.section) if item and not intent.undo else None) or execute(state, intent)
        case ask.Abort():
            return abort_or_stop(state, now)
        case ask.Arm():
            return arm(state, intent)
        case ask.Disarm():
            return disarm(state, intent)
        case ask.StopCountdown():
            return stop_countdown(state, now)
        case ask.Retry():
            return retry(state, intent)
        case ask.Skip():
            return need_reason(intent.reason) or skip(state, intent)
        case ask.MarkStep():
            return mark_step(state, intent)
        case ask.ConfirmStep():
            return confirm_step(state, intent)
        case ask.Resume():
            return resume(state)
        case ask.CloseRun():
            return close(state, intent)
