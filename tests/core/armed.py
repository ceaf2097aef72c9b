"""A deployment under way whose triggers may start the rollback."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.arming import counting
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.trigger import Then, Trigger
from tests.core.building import Told, command, manual, plan, script, section

HOT = parse_condition("cpu > 95%")
FLAGS = command("flags")
LINE = "99%, limit 95% · held for 1 min"
ROLLBACK = ev.ExecutionRequested("rollback", f"It is hot: {LINE}")
TRIGGERS = (
    Trigger("hot", "It is hot", HOT, "cpu > 95%", then=Then.START),
    Trigger("slow", "It is slow", HOT, "cpu > 95%", then=Then.START, countdown_seconds=90.0),
    Trigger("odd", "It is odd", HOT, "cpu > 95%"),
    Trigger("rumour", "Somebody says so"),
)


def deployment(*, armed: bool = True, rollback: bool = True, triggers: tuple[Trigger, ...] = TRIGGERS) -> Told:
    """A run whose first phase has begun, supervised, and armed unless that is told."""
    followed = plan(
        section("canary", manual("deploy"), script("expand"), traffic="10%"),
        rollback=[FLAGS] if rollback else [],
        other=[command("drain-it")],
    )
    told = Told(replace(followed, triggers=triggers))
    told.start_supervisor()
    told.must(ask.Tick("deploy"))
    if armed:
        told.must(ask.Arm("the night shift is thin"), by="bo")
    return told


def breach(told: Told, trigger: str = "hot") -> None:
    assert told.record(ev.TriggerBreached(trigger, LINE)) == ev.TriggerBreached(trigger, LINE)


def refused(told: Told, intent: ask.Intent) -> str:
    answer = told.ask(intent)
    assert isinstance(answer, Refusal), answer
    return str(answer)


def left(told: Told) -> dict[str, float]:
    return {one.trigger: one.left_seconds(told.now) for one in counting(told.state, told.now)}
