"""Whether what a plan executes could start now: trusted, its programs there, its secrets at hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State

# From here to T on, what is not ready is an alarm: 3 a.m. is to meet no fresh question.
LEAD_SECONDS = 7200.0


@lean_dataclass(frozen=True, slots=True)
class Readiness:
    """``why`` nothing may run or be asked ("" if it may, or if there is nothing), and what is missing for it.

    ``programs`` and ``files`` are named by commands and are not there; ``names`` are declared as secrets and not in
    the environment; ``credentials`` are named by sources and not in this login's configuration.
    """

    why: str = ""
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Everything that is missing, in words."""
        return (
            *(f"the program {name}" for name in self.programs),
            *(f"the file {name}" for name in self.files),
            *(f"{name} in the environment" for name in self.names),
            *(f"the credential {name}" for name in self.credentials),
        )

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way."""
        return not (self.why or self.missing)


def is_called_for(state: State, starts: datetime | None, now: Instant) -> bool:
    """Whether everything has to be ready: two hours before T (``starts``), once under way, and after a restart."""
    if state.closed is not None:
        return False
    if state.is_under_way or (state.supervisor is not None and state.supervisor.restarted):
        return True
    return starts is None or (starts - now.wall).total_seconds() <= LEAD_SECONDS


def names_missing(state: State, readiness: Readiness, *, supervised: bool) -> tuple[str, ...]:
    """The declared names that are missing where steps run: the supervisor's environment, else this process's."""
    known = state.supervisor
    return known.missing if supervised and known is not None else readiness.names
