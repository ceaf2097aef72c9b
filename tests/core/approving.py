"""A run in memory whose rollback several people have to approve, and what they hand in."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core.approval_payload import payload_of
from qudag_tui.core.execution import Execution
from qudag_tui.core.intent import Approve, Arm, Execute
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.refusal import Refusal
from tests.core.building import Told, command, plan, section

HASH = "ab" * 32
OWN = ("SHA256:ana",)


def told(people: int = 2) -> Told:
    """A run whose rollback needs so many people, supervised."""
    made = plan(section("day", traffic="10%"), rollback=[command("flags")], other=[command("drain-it")], triggers=1)
    rollback = replace(made.procedures[ROLLBACK], approvals=people)
    run = Told(replace(made, procedures={**made.procedures, ROLLBACK: rollback}))
    run.start_supervisor()
    return run


def requested(run: Told, *, reason: str = "", alone: str = "") -> Execution:
    """The rollback, asked for by ana."""
    run.must(Execute(ROLLBACK, reason, alone=alone, own_keys=OWN))
    return run.state.executions[run.state.head_seq]


def approval(run: Told, principal: str = "bo@example.org", key: str = "SHA256:bo", **changed: str) -> Approve:
    """What bo hands in, of the newest request."""
    execution = list(run.state.executions.values())[-1]
    payload = changed.get("payload", payload_of(run.state, execution, HASH))
    return Approve(execution.request, principal, key, payload, "c2ln")


def refusal(run: Told, intent: Approve | Arm | Execute) -> str:
    answer = run.ask(intent)
    assert isinstance(answer, Refusal), answer
    return str(answer)
