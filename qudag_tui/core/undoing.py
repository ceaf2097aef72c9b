"""Taking back what an execution did: its undo commands as steps of another execution, in reverse order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.step import OnFailure, Outcome, Step

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution

# No id of a plan has a colon in it.
SUFFIX = ":undo"


def undo_of(step: Step) -> Step:
    """The step that runs the undo of ``step``, as ``step`` runs; nobody has said that it may run twice."""
    return replace(
        step,
        id=step.id + SUFFIX,
        text=f"Undo: {step.text}",
        depth=0,
        parent=None,
        run=step.undo,
        undo=(),
        target_seconds=None,
        attempts=1,
        idempotent=False,
        required=False,
        confirm=False,
        on_failure=OnFailure.ASK,
    )


def undone_id(step_id: str) -> str:
    """The id of the step that ``step_id`` takes back."""
    return step_id.removesuffix(SUFFIX)


def undo_steps(execution: Execution) -> tuple[Step, ...]:
    """What takes ``execution`` back: the undo of every step that was started, however it ended, the last one first.

    Not of what never started, and not of what was taken back already.
    """
    return tuple(
        undo_of(step)
        for step in reversed(tuple(execution.walk()))
        if step.undo and _was_started(execution, step.id) and not execution.of(step.id).undone
    )


def _was_started(execution: Execution, step_id: str) -> bool:
    return any(attempt.outcome is not Outcome.NEVER_STARTED for attempt in execution.of(step_id).attempts)
