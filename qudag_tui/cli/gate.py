"""``gate ITEM|PHASE``: the verdict of a gate, or the worst of all gates of a phase, as exit code."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from qudag_tui.cli.look import code_of
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json
from qudag_tui.core.item import Item, Kind
from qudag_tui.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from qudag_tui.cli.standings import Standings

POLL_SECONDS = 0.2


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("target", metavar="ITEM|PHASE", help="its id, or a unique beginning of it")
    parser.add_argument("--wait", action="store_true", help="wait until every verdict is final")
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """0 pass, 1 fail, 6 inconclusive, 7 unknown; a pass so far is inconclusive until the final look."""
    from qudag_tui.cli.standings import Standings  # noqa: PLC0415  # a wrong option needs no samples
    from qudag_tui.cli.status_json import gate_verdict  # noqa: PLC0415

    session = Session(arguments)
    gates = _gates(session, arguments.target)
    while arguments.wait and session.state.closed is None and not _are_final(gates, session, Standings(session)):
        time.sleep(POLL_SECONDS)
        session.run.catch_up()
        # Another plan may have been adopted.
        gates = _gates(session, arguments.target)
    standings = Standings(session)
    found: list[tuple[Item, Verdict, str]] = []
    for gate in gates:
        verdict, line, final = gate_verdict(gate.id, session.state, standings)
        if final:
            found.append((gate, _verdict(verdict), f"final: {line}"))
        elif verdict is None:
            why = "it was not looked at yet" if standings.supervised else "no supervisor looks at it"
            found.append((gate, Verdict.UNKNOWN, why))
        elif verdict == Verdict.PASS and gate.parent is not None:
            found.append((gate, Verdict.INCONCLUSIVE, f"pass so far: {line}"))
        else:
            found.append((gate, _verdict(verdict), line))
    whole = worst(verdict for _, verdict, _ in found)
    if arguments.json:
        items = [{"id": gate.id, "text": gate.text, "verdict": str(v), "line": line} for gate, v, line in found]
        put_json({"verdict": str(whole), "gates": items})
    else:
        for gate, verdict, line in found:
            put(f"{verdict:<12}  {gate.text}  {line}  {gate.id}")
    return code_of(whole)


def _are_final(gates: list[Item], session: Session, standings: Standings) -> bool:
    """Whether there is nothing left to wait for: final looks were taken, and no soak of these gates goes on."""
    from qudag_tui.cli.status_json import gate_verdict  # noqa: PLC0415  # as above

    sections = {gate.section for gate in gates}
    counting = any(
        soak.completed is None and item_id in session.plan.items and session.plan.items[item_id].section in sections
        for item_id, soak in session.state.soaks.items()
    )
    return not counting and all(gate_verdict(gate.id, session.state, standings)[2] for gate in gates)


def _verdict(word: str | None) -> Verdict:
    return Verdict(word) if word in set(Verdict) else Verdict.UNKNOWN


def _gates(session: Session, wanted: str) -> list[Item]:
    from qudag_tui.plan.lookup import find_id  # noqa: PLC0415  # beside its only use

    plan = session.plan
    gates = {item.id: item for item in plan.items.values() if item.kind is Kind.GATE}
    phases = [phase.id for phase in plan.phases]
    found = find_id(wanted, [*phases, *gates], "gate or phase")
    if found in gates:
        return [gates[found]]
    return [gate for gate in gates.values() if gate.section == found]
