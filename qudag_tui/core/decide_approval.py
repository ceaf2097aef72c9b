"""What becomes of an approval that was handed in. That its signature holds is verified outside of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.approval import why_not
from qudag_tui.core.approval_payload import PayloadError, payload_of, read_payload
from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State


def need_approval(state: State, intent: ask.Execute) -> Refusal | None:
    """What is in the way of asking for something that other people have to approve."""
    procedure = state.plan.procedures.get(intent.target)
    wanted = procedure.approvals if procedure else 1
    if wanted == 1 and intent.alone:
        return Refusal(Because.REFUSED, f"“{intent.target}” asks for no approval", "start it without “alone”")
    if intent.alone and not intent.alone.strip():
        return Refusal(Because.REFUSED, "going on alone needs a reason", "say why; it is shown for ever")
    if wanted > 1 and not intent.alone and not intent.own_keys:
        why = f"“{intent.target}” needs {wanted} people, and nobody can tell your key from a colleague's"
        return Refusal(
            Because.REFUSED, why, "name your public key as key under [signing] in your config.toml, or start it alone"
        )
    return None


def approve(state: State, intent: ask.Approve, now: Instant) -> ev.Fact | Refusal:
    """A second person approves of what waits: of this request, in this run, by this plan, and of nothing else."""
    execution = state.executions.get(intent.request)
    if execution is None:
        return Refusal(Because.NOT_FOUND, f"there is no request {intent.request}", "status shows what waits")
    if execution.approvals.plan != state.plan.sha256:
        return Refusal(
            Because.REFUSED, "the run follows another plan since it was asked for", "abort it, and ask again"
        )
    try:
        is_meant = payload_of(state, execution, read_payload(intent.payload).head_hash) == intent.payload
    except PayloadError:
        is_meant = False
    if not is_meant:
        why = "what was signed is not what waits here: it is of another request, run or plan, or was altered"
        return Refusal(Because.REFUSED, why, "have the text signed that approve --show prints")
    why = why_not(execution, intent.principal, intent.key, now)
    if why:
        return Refusal(Because.REFUSED, f"the approval does not count: {why}")
    return ev.ApprovalGiven(intent.request, intent.principal, intent.key, intent.payload, intent.signature)
