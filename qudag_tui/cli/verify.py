"""``verify``: whether the journal is as it was written, and which witness vouches for it up to which event."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--allowed-signers",
        metavar="FILE",
        help="whose signatures count (without it: what your configuration names)",
    )
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Check it: 0 if it is sound, 1 and each finding if it is not, 7 where nobody is known who could have signed."""
    from qudag_tui.run.verify import verify  # a wrong option needs no run
    from qudag_tui.run.verify_approvals import check_approvals

    session = Session(arguments)
    signers = arguments.allowed_signers
    approvals = check_approvals(session.folder, Path(signers) if signers else None)
    found = verify(session.folder, [(one.name, one.witness) for one in approvals if one.witness])
    wrong = [one.finding for one in approvals if one.finding]
    found = replace(found, findings=tuple(sorted((*found.findings, *wrong), key=lambda f: (not f.line, f.line))))
    unchecked = [one for one in approvals if not one.checked and not one.why]
    if arguments.json:
        put_json(
            {
                "events": found.events,
                "head": {"seq": found.head_seq, "hash": found.head_digest},
                "findings": [
                    {"problem": f.problem, "seq": f.seq, "line": f.line, "what": f.what} for f in found.findings
                ],
                "approvals": [
                    {"seq": a.seq, "principal": a.principal, "key": a.key, "checked": a.checked, "wrong": a.why}
                    for a in approvals
                ],
                "anchors": [{"name": a.name, "seq": a.seq, "holds": a.holds} for a in found.anchors],
            }
        )
    else:
        for finding in found.findings:
            put(f"{finding.problem}: {finding}")
        for anchor in found.anchors:
            put(f"{anchor.name} {'vouches up to' if anchor.holds else 'contradicts'} event {anchor.seq}")
        for one in unchecked:
            put(
                f"event {one.seq}, the approval by {one.principal}, was not verified: no allowed signers are configured"
            )
        if not found.anchors:
            put("nothing outside the journal vouches for its end")
        sound = "sound" if found.is_sound else f"{len(found.findings)} findings"
        put(f"{found.events} events, the last is {found.head_seq} ({found.head_digest}): {sound}")
    if not found.is_sound:
        return ExitCode.NO
    return ExitCode.UNKNOWN if unchecked else ExitCode.DONE
