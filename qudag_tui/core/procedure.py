"""A named sequence of steps, such as the rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.step import Step

ROLLBACK = "rollback"


@lean_dataclass(frozen=True, slots=True)
class Procedure:
    """Steps that are executed one after the other; the one with the id ``rollback`` takes the release back.

    ``approvals`` is how many people a start needs, the one who asks for it included.
    ``started_by`` are the roles that may start it, for people to see; empty where the plan does not say.
    """

    id: str
    title: str
    steps: tuple[Step, ...]
    started_by: tuple[str, ...] = ()
    approvals: int = 1

    def walk(self) -> Iterator[Step]:
        """Every step in order, branches before what they hold."""
        for step in self.steps:
            yield from step.walk()


def starters(procedure: Procedure) -> str:
    """Who may start it, as the plan says: a sentence for whoever is about to; "" where it does not say."""
    return f"The plan names who starts it: {' or '.join(procedure.started_by)}." if procedure.started_by else ""
