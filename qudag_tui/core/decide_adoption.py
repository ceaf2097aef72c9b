"""What becomes of the intent to go on with another plan, and what an older plan's steps may still do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.adoption import carry
from qudag_tui.core.difference import approval_lines, difference, summary
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
    found, approvals = difference(state.plan, plan, offers=False), approval_lines(state.plan, plan)
    line = summary(found, carry(state, plan, intent.same), approvals)
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
    """Why a step of an execution is not tried again: the plan says something else by now, of it or of what follows; or None.

    A retry goes on with all that is not settled, and nobody has trusted those commands with this plan.
    """
    execution = state.execution_of_step(step_id)
    step = execution.step(step_id) if execution is not None else None
    if execution is None or step is None or execution.request > state.adoptions[-1].seq:
        return None
    hint = "start it anew, as it is now"
    former = next((each for each in (step, *_left(execution)) if not _is_as_now(state, execution, each)), None)
    if former is not None:
        after = "" if former is step else f", and “{step.text}” comes before it"
        return Refusal(Because.REFUSED, f"“{former.text}” is of the plan before this one{after}", hint)
    procedure = state.plan.procedures.get(execution.target)
    if procedure is None:
        return None
    known = {each.id for each in execution.walk()}
    if any(each.id not in known for top in procedure.steps for each in top.walk()):
        return Refusal(Because.REFUSED, f"“{execution.target}” has steps by now that it had not then", hint)
    if procedure.approvals > execution.approvals.wanted:
        why = f"“{execution.target}” asks for {procedure.approvals} people by now, and asked for fewer then"
        return Refusal(Because.REFUSED, why, hint)
    return None


def _left(execution: Execution) -> list[Step]:
    """The steps that may still start once an execution goes on."""
    return [step for step in execution.walk() if not step.steps and not execution.is_settled(step)]


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
