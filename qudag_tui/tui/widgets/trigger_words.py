"""What the banner, the rollback view and the recap say of triggers: fired, counting down, offered only, or blind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.arming import counting, offered_only
from qudag_tui.core.duration import spoken
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.facts import time_of, who_and_when

if TYPE_CHECKING:
    from qudag_tui.core.arming import Countdown
    from qudag_tui.core.observation import Fired
    from qudag_tui.core.trigger import Trigger
    from qudag_tui.tui.snapshot import Snapshot

GONE = "the supervisor is gone"


def running_countdowns(shot: Snapshot) -> list[Countdown]:
    """The countdowns at whose end a supervisor starts the rollback, the soonest first; none where there is none.

    Before anybody has looked whether there is one, they count: that nothing starts is not said on no evidence.
    """
    return [] if shot.standings.supervised is False else counting(shot.state, shot.now)


def why_offered_only(trigger: str, shot: Snapshot) -> str:
    """Why a trigger that fired in an armed run starts nothing; nothing where it does, or never could."""
    why = offered_only(shot.state, trigger, shot.now)
    if not why and trigger in shot.state.countdowns and shot.standings.supervised is False:
        return GONE
    return why


def fired_words(trigger: Trigger, fired: Fired, shot: Snapshot) -> tuple[str, str]:
    """Who saw it and when; and what was seen, or why it only offers the rollback although the run was armed."""
    only = why_offered_only(trigger.id, shot)
    when = time_of(fired.at.wall, shot.now.wall)
    how = f"fired {when}" if fired.breached else f"reported {when} by {fired.by}"
    return how, f"offered only: {only}" if only else fired.line


def trigger_row(trigger: Trigger, shot: Snapshot) -> tuple[tuple[str, ...], str]:
    """What stands beside a trigger, the fullest wording first, and whether that is ``plain``, ``dim`` or ``wrong``."""
    fired, seen = shot.state.fired.get(trigger.id), shot.standings.triggers.get(trigger.id)
    is_live = trigger.condition is not None and shot.standings.is_live
    live = f"   {seen.line}" if seen and seen.line and is_live else ""
    for countdown in running_countdowns(shot):
        if countdown.trigger == trigger.id:
            said = f"ROLLBACK IN {spoken(countdown.left_seconds(shot.now))} · a stops it"
            return (f"{said}{live}", said), "wrong"
    if fired is not None:
        only = why_offered_only(trigger.id, shot)
        when = time_of(fired.at.wall, shot.now.wall)
        said = f"FIRED {when}" if fired.breached else f"REPORTED {who_and_when(fired.by, fired.at, shot.now)}"
        said = f"{said} · offered only: {only}" if only else said
        # A number that is cut is another number: without room for all of it there is none.
        return (f"{said}{live}", said), "wrong"
    if trigger.condition is None:
        return ("nobody has said so",), "dim"
    why = blind_because(trigger, shot)
    if why:
        # Where there is no room for the address, what is wrong there says more.
        shorter = f"cannot be told: {why.rpartition(': ')[2]}"
        return (f"cannot be told: {why}", shorter), "wrong" if shot.state.is_under_way else "dim"
    if seen is None:
        return ("unknown: no sample yet",), "dim"
    if seen.verdict is Verdict.FAIL:
        return (f"HOLDS NOW   {seen.line}",), "wrong"
    return (seen.line or "unknown",), "dim" if seen.value is None else "plain"


def blind_because(trigger: Trigger, shot: Snapshot) -> str:
    """Why it cannot be told whether a trigger fires; nothing where it can, or where only a person tells."""
    return "" if trigger.id in shot.state.fired else shot.standings.blind(trigger)


def blind_triggers(shot: Snapshot) -> list[tuple[Trigger, str]]:
    """The triggers of a deployment under way that the supervisor cannot tell, and why."""
    if not shot.state.is_under_way or not shot.standings.is_live:
        return []
    found = [(trigger, blind_because(trigger, shot)) for trigger in shot.plan.triggers]
    return [(trigger, why) for trigger, why in found if why]
