"""What a verb says once something is durable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.moment import stamp
from qudag_tui.cli.sinks import put_json, say
from qudag_tui.core.event import fact_to_plain
from qudag_tui.core.narration import words

if TYPE_CHECKING:
    import argparse

    from qudag_tui.cli.session import Session
    from qudag_tui.core.event import Event
    from qudag_tui.core.intent import Intent


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON: its place, its time, who, and its own keys."""
    actor = event.actor
    return {
        "seq": event.seq,
        "kind": event.kind,
        "at": stamp(event.at.wall),
        "by": actor.by,
        "login": actor.login,
        "host": actor.host,
        "tty": actor.tty,
        **{name: _plain(value) for name, value in fact_to_plain(event.fact).items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def record(session: Session, intent: Intent, arguments: argparse.Namespace) -> ExitCode:
    """Submit ``intent`` and say what it became."""
    return tell(session, session.ask(intent), arguments)


def tell(session: Session, event: Event, arguments: argparse.Namespace) -> ExitCode:
    """Say what an event is, or print it as JSON."""
    if getattr(arguments, "json", False):
        put_json(event_json(event))
    else:
        state = session.state
        say(f"{event.actor.by} {words(event, session.plan, state.labels)}  ({state.done['']} of {state.total['']})")
    return ExitCode.DONE


def say_if_alone(session: Session) -> None:
    """Say how what waits goes on, where there is no supervisor to carry it on."""
    from qudag_tui.run.supervision import supervisor_alive

    if session.state.active_execution is not None and not supervisor_alive(session.opened):
        say("there is no supervisor: what comes next starts after qudag-tui resume")
