"""``[[triggers]]``: what offers, or starts, the rollback."""

from __future__ import annotations

from qudag_tui.core.checklist import TRIGGERS
from qudag_tui.core.trigger import COUNTDOWN_SECONDS, Then, Trigger
from qudag_tui.plan.condition import read_condition
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.step import read_id
from qudag_tui.plan.table import Table


def read_trigger(table: Table, draft: Draft) -> Trigger:
    """One trigger; without ``when`` only a person can say that it happened."""
    text = table.text("text")
    trigger_id = read_id(table, TRIGGERS, text, draft)
    condition = read_condition("when", table, draft)
    seconds = table.seconds("for")
    table.only_with(("for",), "when")
    then = table.values.get("then", "offer")
    if not isinstance(then, str) or then not in set(Then):
        table.wrong("then")
        then = "offer"
    if then == "start" and "when" not in table:
        table.refuse("then", 'then = "start" needs when: only a measured condition may start the rollback')
    countdown = table.seconds("countdown")
    if "countdown" in table and then != "start":
        table.refuse("countdown", 'countdown has a meaning only beside then = "start"')
    return Trigger(
        id=trigger_id,
        text=text,
        condition=condition[0] if condition else None,
        source=condition[1] if condition else "",
        for_seconds=seconds or 0.0,
        then=Then(then),
        countdown_seconds=countdown or COUNTDOWN_SECONDS,
        claimed=table.flag("done"),
    )
