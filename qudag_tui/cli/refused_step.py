"""A step that could not start because nobody trusts what it would run: reviewed, or put back, where it is followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.sinks import ask, say
from qudag_tui.core.intent import Retry
from qudag_tui.core.step import Outcome
from qudag_tui.run.error import RunError

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.step import Step


class RefusedStep:
    """The step of one execution that waits because it could not start; looked at once for each time it was refused."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: tuple[str, Instant | None] = ("", None)
        self._problem = ""
        self._is_offered = False

    def problem(self, execution: Execution, step: Step) -> str:
        """Why its command is not trusted now, or "" where it is, or where that is not why the step waits."""
        progress = execution.of(step.id)
        if progress.outcome is not Outcome.NEVER_STARTED or not step.run:
            return ""
        if self._known != (step.id, progress.ended):
            self._known, self._is_offered = (step.id, progress.ended), False
            self._problem = self._look(step)
        return self._problem

    def _look(self, step: Step) -> str:
        from qudag_tui.plan.trust import check_before_exec  # hashing is needed only where one waits

        return check_before_exec(self._session.plan, Path(self._session.state.file), step)

    def offer(self, step: Step) -> None:
        """Once: show what has changed, let a person trust it or put the trusted copy back, and try the step again."""
        from qudag_tui.cli.execute import offer_review  # it imports what follows an execution

        if self._is_offered:
            return
        self._is_offered = True
        try:
            offer_review(self._session, Path(self._session.state.file), self._problem)
            if self._look(step) or ask(f"Try “{step.text}” again now? [y/N]").casefold() not in {"y", "yes"}:
                return
            self._session.run.catch_up()
            self._session.ask(Retry(step.id))
        except (Refused, Stop, RunError) as stopped:
            # What is followed goes on waiting, whatever was not typed or saved, or somebody else has done meanwhile.
            say(str(stopped))
