"""What a run folder that this login did not create says of itself, and taking it for one's own."""

from __future__ import annotations

from collections.abc import Iterator

from qudag_tui.core.event import Actor
from qudag_tui.core.execution import ExecutionState
from qudag_tui.core.intent import Disarm
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.printable import visible
from qudag_tui.run import clock
from qudag_tui.run.block import stamp
from qudag_tui.run.known import ACCEPTED, remembered
from qudag_tui.run.run import Run

_MOST_PENDING = 20


@lean_dataclass(frozen=True, slots=True)
class Provenance:
    """Who made a run, from what, and what is in it; by its own word, which anybody could have written.

    ``pending`` are requests that nobody has carried out to their end; ``altered`` counts events that were changed.
    """

    folder: str
    nonce: str
    by: str
    login: str
    host: str
    at: str
    file: str
    release: str
    events: int
    last: str
    altered: int
    pending: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For a person, each harmless to a terminal."""
        yield visible(f"the run folder {self.folder} was not made by this login, or not here. It says of itself:")
        yield visible(f"  created {self.at} by {self.by} (login {self.login} on {self.host}), release {self.release}")
        yield visible(f"  from the file {self.file}")
        yield f"  {self.events} events, the last of {self.last}"
        if self.altered:
            yield f"  {self.altered} of them were changed after they were written: qudag-tui verify names them"
        for each in self.pending[:_MOST_PENDING]:
            yield visible(f"  pending in it: {each}")
        if len(self.pending) > _MOST_PENDING:
            yield f"  and {len(self.pending) - _MOST_PENDING} more are pending"
        if self.pending:
            yield "  nothing of that starts by itself: it expires, or waits for somebody to resume it"


def provenance(run: Run) -> Provenance:
    """What ``run`` says of itself."""
    state, first = run.state, run.events[0]
    created = state.run
    return Provenance(
        str(run.folder.path),
        created.nonce if created else "",
        first.actor.by,
        first.actor.login,
        first.actor.host,
        stamp(first.at.wall),
        created.file if created else "",
        created.release if created else "",
        len(run.events),
        stamp(run.events[-1].at.wall),
        len(run.altered),
        tuple(_pending(run)),
    )


def _pending(run: Run) -> Iterator[str]:
    for execution in run.state.executions.values():
        if not execution.state.is_over:
            what = "asked for" if execution.state is ExecutionState.REQUESTED else str(execution.state)
            yield f"{execution.target}, {what} by {execution.by} {stamp(execution.at.wall)}"
    for gate, asked in run.state.look_requests.items():
        yield f"a final look at {gate}, asked for {stamp(asked.at.wall)}"
    if run.state.armed is not None:
        yield f"armed by {run.state.armed.by} {stamp(run.state.armed.at.wall)}: accepting it disarms it"


def accept(run: Run, actor: Actor) -> None:
    """Take the run for one's own from here on; whoever armed it, it is not armed any more. Raises :class:`RunError`.

    It is known only once it is disarmed, and disarmed only once nothing but a rename is left to be done for that: on a
    full disk nothing is written into a run that stays somebody else's.
    """
    created = run.state.run
    run.folder.become_known()
    try:
        with remembered(run.folder.path, created.nonce if created else "", ACCEPTED, actor, clock.now()):
            if run.state.armed is not None:
                run.submit(Disarm("this run folder came from elsewhere"), actor)
    except BaseException:
        run.folder.look_whether_known()
        raise
