"""Waiting for the final look at a gate, and answering with its verdict."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.recorded import tell
from qudag_tui.cli.sinks import can_ask, say
from qudag_tui.core.event import GateJudged, ItemUnticked, LookRequested, RequestExpired
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    import argparse

    from qudag_tui.cli.session import Session
    from qudag_tui.core.event import Event

POLL_SECONDS = 0.1
VERDICT_CODES = {
    Verdict.PASS: ExitCode.DONE,
    Verdict.FAIL: ExitCode.NO,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Verdict.UNKNOWN: ExitCode.UNKNOWN,
}


def code_of(verdict: str) -> ExitCode:
    """The exit code of a verdict; what is no verdict is unknown."""
    return VERDICT_CODES.get(Verdict(verdict), ExitCode.UNKNOWN) if verdict in set(Verdict) else ExitCode.UNKNOWN


def wait_for_look(session: Session, asked: Event, arguments: argparse.Namespace) -> ExitCode:
    """Follow the run until the look that ``asked`` for was taken, and answer with it; 3 if nobody took it."""
    if can_ask() and not arguments.json:
        say("the final look is asked for; waiting for it …")
    while True:
        for event in session.run.catch_up():
            fact = event.fact
            if isinstance(fact, GateJudged) and fact.request == asked.seq:
                tell(session, event, arguments)
                return code_of(fact.verdict)
            if isinstance(fact, RequestExpired) and fact.request == asked.seq:
                raise Stop(ExitCode.REFUSED, "nobody took the look in time: see that a supervisor runs, and tick again")
        item = asked.fact.item if isinstance(asked.fact, LookRequested) else ""
        if item not in session.state.look_requests:
            who = session.state.last.actor.by if session.state.last else "somebody"
            verb = (
                "unticked it"
                if isinstance(session.state.last and session.state.last.fact, ItemUnticked)
                else "withdrew it"
            )
            raise Stop(ExitCode.REFUSED, f"the look was not taken: {who} {verb} meanwhile")
        time.sleep(POLL_SECONDS)
