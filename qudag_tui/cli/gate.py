"""``gate ITEM|PHASE``: the verdict of a gate, or the worst of all gates of a phase, as exit code."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.look import code_of
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.item import SET_ASIDE, Item
from qudag_tui.core.requirement import needs_of_all
from qudag_tui.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from qudag_tui.run.standings import Standings

POLL_SECONDS = 0.2


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("target", metavar="ITEM|PHASE", help="its id, or a unique beginning of it")
    parser.add_argument("--wait", action="store_true", help="wait until every verdict is final")
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """0 pass, 1 fail, 6 inconclusive, 7 unknown; a pass so far is inconclusive until the final look."""
    from qudag_tui.cli.standings import standings_of  # a wrong option needs no samples

    session = Session(arguments)
    gates = _gates(session, arguments.target)
    if not gates:
        say("this phase has no gate: nothing is known of it")
    if arguments.wait:
        gates = _wait(gates, session, arguments.target)
    standings = standings_of(session)
    verdicts = [_verdict(gate, session, standings) for gate in gates]
    whole = worst(verdicts)
    if arguments.json:
        items = [_json(gate, verdict, session, standings) for gate, verdict in zip(gates, verdicts, strict=True)]
        put_json({"verdict": str(whole), "gates": items})
    else:
        for gate, verdict in zip(gates, verdicts, strict=True):
            for line in _lines(gate, verdict, session, standings):
                put(line)
    return code_of(whole)


def _wait(gates: list[Item], session: Session, target: str) -> list[Item]:
    """The gates of ``target`` once every one of them is final."""
    from qudag_tui.cli.standings import standings_of

    told = False
    while session.state.closed is None:
        standings = standings_of(session)
        if _are_final(gates, session, standings):
            break
        if not standings.supervised and not told:
            told = True
            say(
                "no supervisor looks at this run: this waits until one does; "
                "`supervise` is one, and opening the run on the screen starts one"
            )
        time.sleep(POLL_SECONDS)
        session.run.catch_up()
        # Another plan may have been adopted.
        gates = _gates(session, target)
    return gates


def _are_final(gates: list[Item], session: Session, standings: Standings) -> bool:
    """Whether there is nothing left to wait for: looks are final or gates set aside, and no soak of theirs goes on."""
    sections = {gate.section for gate in gates}
    counting = any(soak.section in sections for soak, _ in session.state.counting_soaks)
    awaited = [gate for gate in gates if session.state.item_state(gate) not in SET_ASIDE]
    said = [standings.said(gate, session.state) for gate in awaited]
    # Also of one that regressed a look may be out.
    counting = counting or any(gate.id in session.state.look_requests for gate in awaited)
    return not counting and all(each is not None and each.is_final for each in said)


def _verdict(gate: Item, session: Session, standings: Standings) -> Verdict:
    """What the exit code is made of: before the end of its soak a gate has not passed."""
    said = standings.said(gate, session.state)
    if said is None:
        return Verdict.UNKNOWN
    is_early = said.verdict is Verdict.PASS and not said.is_final and session.plan.soak_of(gate) is not None
    return Verdict.INCONCLUSIVE if is_early else said.verdict


def _lines(gate: Item, verdict: Verdict, session: Session, standings: Standings) -> Iterator[str]:
    """The gate; what each comparison says, where there are several; what it needs; before the soak what it will need."""
    said, ahead = standings.said(gate, session.state), standings.forecast(gate, session.state)
    if said is None:
        line = "it was not looked at yet" if standings.supervised else "no supervisor looks at it"
    elif said.is_final:
        line = f"{'regressed' if said.has_regressed else 'final'}: {said.line}"
    else:
        line = f"pass so far: {said.line}" if said.verdict is not verdict else said.line
    standing = session.state.item_state(gate)
    if standing in SET_ASIDE:
        line = f"{standing}; {line}"
    yield f"{verdict:<12}  {gate.text}  {line}  {gate.id}"
    for asked in said.requirements if said is not None and len(said.requirements) > 1 else ():
        needs = f"  needs {asked.needs}" if asked.needs else ""
        yield f"  {asked.verdict:<12}  {asked.text}  {asked.line}{needs}"
    if (
        said is not None
        and said.needs
        and (len(said.requirements) < 2 or said.needs != needs_of_all(said.requirements))
    ):
        yield f"  needs {said.needs}"
    if ahead is not None:
        yield f"  forecast: {ahead.line}"


def _json(gate: Item, verdict: Verdict, session: Session, standings: Standings) -> dict[str, Any]:
    from qudag_tui.cli.status_json import gate_json

    said = gate_json(gate, session.state, standings)
    state = str(session.state.item_state(gate))
    return {
        "id": gate.id,
        "text": gate.text,
        "state": state,
        **said,
        "verdict": str(verdict),
        "so_far": said["verdict"],
    }


def _gates(session: Session, wanted: str) -> list[Item]:
    from qudag_tui.plan.lookup import find_id

    plan = session.plan
    gates = {gate.id: gate for gate in plan.gates}
    phases = [phase.id for phase in plan.phases]
    found = find_id(wanted, [*phases, *gates], "gate or phase")
    if found in gates:
        return [gates[found]]
    return [gate for gate in gates.values() if gate.section == found]
