"""Triggers in ``status --json``: what each looks like, who armed the run, and what counts down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qudag_tui.cli.moment import stamp
from qudag_tui.core.arming import counting, offered_only
from qudag_tui.core.trigger import Then, Trigger
from qudag_tui.core.verdict import Verdict

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State
    from qudag_tui.run.standings import Standings


def blind_because(trigger: Trigger, state: State, standings: Standings) -> str:
    """Why it cannot be told whether a trigger fires; nothing where it can, or where nobody or only a person looks."""
    if trigger.condition is None or state.closed is not None:
        return ""
    return standings.blind(trigger) or ("" if trigger.id in standings.triggers else "no sample yet")


def trigger_json(trigger: Trigger, state: State, standings: Standings, now: Instant) -> dict[str, Any]:
    """One trigger: what is watched, whether it fired, what it looks like now, and why that cannot be told."""
    seen, fired = standings.triggers.get(trigger.id), state.fired.get(trigger.id)
    return {
        "id": trigger.id,
        "text": trigger.text,
        "when": trigger.source,
        "then": str(trigger.then),
        "fired": fired is not None,
        "by": fired.by if fired else None,
        "at": stamp(fired.at.wall) if fired else None,
        "verdict": str(seen.verdict if standings.is_live else Verdict.UNKNOWN) if seen else None,
        "line": seen.line if seen else "",
        "blind": blind_because(trigger, state, standings) or None,
        "countdown_seconds": trigger.countdown_seconds if trigger.then is Then.START else None,
        "offered_only": offered_only(state, trigger.id, now) or None,
    }


def armed_json(state: State) -> dict[str, Any] | None:
    """Who armed the run; None where nobody did."""
    armed = state.armed
    if armed is None:
        return None
    return {
        "by": armed.by,
        "at": stamp(armed.at.wall),
        "reason": armed.reason,
        "triggers": [trigger.id for trigger in state.plan.triggers if trigger.id in armed.triggers],
    }


def countdown_json(state: State, standings: Standings, now: Instant) -> dict[str, Any] | None:
    """The countdown that ends first; None where none runs, and where no supervisor lives to start anything."""
    soonest = next(iter(counting(state, now)), None)
    if soonest is None or not standings.supervised:
        return None
    return {
        "trigger": soonest.trigger,
        "seconds": soonest.seconds,
        "left_seconds": round(soonest.left_seconds(now), 1),
        "ends": stamp(soonest.began.plus(soonest.seconds).wall),
    }
