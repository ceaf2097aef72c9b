"""What becomes of the intent to go on with another plan, and what an older plan's steps may still do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.adoption import carry
from qudag_tui.core.difference import difference, summary
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.same import misfits
from qudag_tui.core.undoing import undo_steps, undone_id

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.state import State
    from qudag_tui.core.step import Step

_MOST_TOLD = 5


def adopt(state: State, intent: ask.Adopt) -> ev.Fact | Refusal:
    """Follow another plan from here on; nothing that runs is touched, so nothing may run."""
    plan = intent.plan
    if plan.key == state.plan.key and intent.file in {"", state.file}:
        return Refusal(Because.REFUSED, "the run follows this plan already", "there is nothing to adopt")
    if intent.instead_of != state.plan.key:
        by = state.adoptions[-1].by
        why = f"the run follows another plan by now{f', which {by} adopted' if by else ''}"
        return Refusal(Because.REFUSED, why, "look at the difference again")
    if plan.key not in state.plans:
        return Refusal(Because.REFUSED, "the plan was not kept with the run", "keep it first, as qudag-tui adopt does")
    busy = in_the_way(state)
    if busy is not None:
        return busy
    wrong = misfits(intent.same, state.plan, plan)
    if wrong:
        return Refusal(Because.REFUSED, "; ".join(wrong[:_MOST_TOLD]), "name an id of this plan and one of the new one")
    line = summary(difference(state.plan, plan, offers=False), carry(state, plan, intent.same))
    return ev.PlanAdopted(plan.sha256, intent.file, dict(plan.vars), dict(intent.same), line)


def in_the_way(state: State) -> Refusal | None:
    """Why no plan whatever can be adopted now, or None."""
    if state.closed is not None:
        return Refusal(Because.REFUSED, f"the run is closed ({state.closed.outcome})", "start another with new")
    busy = next((e for e in state.executions.values() if not e.state.is_over), None)
    if busy is None:
        return None
    step = busy.running_step or busy.waits_for
    what = f"“{step.text}” of {busy.target}" if step is not None else f"“{busy.target}”"
    return Refusal(Because.REFUSED, f"{what} has not ended", "abort it or see it through first")


def of_former_plan(state: State, step_id: str) -> Refusal | None:
    """Why a step of an execution is not tried again: the plan says something else by now; or None."""
    execution = state.execution_of_step(step_id)
    step = execution.step(step_id) if execution is not None else None
    if execution is None or step is None or _is_as_now(state, execution, step):
        return None
    return Refusal(Because.REFUSED, f"“{step.text}” is of the plan before this one", "start it anew, as it is now")


def undo_of_former_plan(state: State, execution: Execution) -> Refusal | None:
    """Why an execution is not taken back by the tool: nobody has trusted those commands with this plan; or None."""
    taken_back = {undone_id(undo.id) for undo in undo_steps(execution)}
    for step in execution.walk():
        if step.id in taken_back and not _is_as_now(state, execution, step):
            hint = "do by hand what it says; status names the former plan's file in plans/"
            return Refusal(Because.REFUSED, f"the undo of “{step.text}” is of the plan before this one", hint)
    return None


def _is_as_now(state: State, execution: Execution, step: Step) -> bool:
    """Whether the plan that is followed now says of ``step`` what the plan said when it was asked for."""
    if execution.request > state.adoptions[-1].seq:
        return True
    # The step of a script item is not among those of the procedures.
    own = next(iter(state.plan.steps_of(execution.target)), None)
    return step == state.plan.steps.get(step.id, own)
