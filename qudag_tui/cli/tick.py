"""``tick ITEM``: vouch for a box; start a soak; ask for the final look at a gate and wait for it."""

from __future__ import annotations

import argparse
from contextlib import nullcontext

from qudag_tui.cli.confirm import confirm
from qudag_tui.cli.failure import Refused
from qudag_tui.cli.look import wait_for_look
from qudag_tui.cli.parser import add_actor_options, add_yes
from qudag_tui.cli.recorded import tell
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import say
from qudag_tui.core.decide import decide
from qudag_tui.core.event import Fact, LookRequested, SoakStarted
from qudag_tui.core.intent import Tick
from qudag_tui.core.refusal import Because, Refusal


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("item", metavar="ITEM", help="the id of a box, or a unique beginning of it")
    add_actor_options(parser)
    add_yes(parser, "tick it out of order without being asked")


def run(arguments: argparse.Namespace) -> int:
    """Tick the box; for a gate outside a soak, wait for its look and answer with its verdict."""
    from qudag_tui.plan.lookup import find_box  # a wrong option needs no run

    session = Session(arguments)
    intent = _confirmed(session, Tick(find_box(session.plan, arguments.item).id), yes=arguments.yes)
    fact = _would_be(session, intent)
    warnings = _warnings(session, fact) if isinstance(fact, SoakStarted) else []
    if isinstance(fact, LookRequested | SoakStarted):
        with session.supervised():
            event = session.ask(intent)
            if isinstance(event.fact, LookRequested):
                return wait_for_look(session, event, arguments)
            for warning in warnings:
                say(warning)
            return tell(session, event, arguments)
    # Who begins the first phase is there until that is recorded: before it the supervisor has no reason to stay.
    with session.watched() if _starts_the_phases(session, intent) else nullcontext():
        return tell(session, session.ask(intent), arguments)


def _warnings(session: Session, fact: SoakStarted) -> list[str]:
    """What the forecasts say of gates that this soak is too short for: it starts all the same."""
    from qudag_tui.cli.standings import standings_of  # only soaks have forecasts

    return standings_of(session).too_short(session.plan.items[fact.item], session.state)


def _would_be(session: Session, intent: Tick) -> Fact:
    from qudag_tui.run import clock

    answer = decide(session.state, intent, session.actor, clock.now())
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


def _confirmed(session: Session, intent: Tick, *, yes: bool) -> Tick:
    try:
        _would_be(session, intent)
    except Refused as refused:
        if refused.refusal.because is not Because.CONFIRM:
            raise
        confirm(f"{refused.refusal.message}. Tick out of order?", yes=yes)
        return Tick(intent.item, out_of_order=True)
    return intent


def _starts_the_phases(session: Session, intent: Tick) -> bool:
    return session.plan.boxes[intent.item].section in session.state.phases and not session.state.is_under_way
