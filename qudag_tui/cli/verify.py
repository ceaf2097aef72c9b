"""``verify``: whether the journal is as it was written, and which witness vouches for it up to which event."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Check it: 0 if it is sound, 1 and each finding if it is not."""
    from qudag_tui.run.verify import verify  # noqa: PLC0415  # a wrong option needs no run

    session = Session(arguments)
    found = verify(session.folder)
    if arguments.json:
        put_json(
            {
                "events": found.events,
                "head": {"seq": found.head_seq, "hash": found.head_digest},
                "findings": [
                    {"problem": f.problem, "seq": f.seq, "line": f.line, "what": f.what} for f in found.findings
                ],
                "anchors": [{"name": a.name, "seq": a.seq, "holds": a.holds} for a in found.anchors],
            }
        )
    else:
        for finding in found.findings:
            put(f"{finding.problem}: {finding}")
        for anchor in found.anchors:
            put(f"{anchor.name} {'vouches up to' if anchor.holds else 'contradicts'} event {anchor.seq}")
        if not found.anchors:
            put("nothing outside the journal vouches for its end")
        sound = "sound" if found.is_sound else f"{len(found.findings)} findings"
        put(f"{found.events} events, the last is {found.head_seq} ({found.head_digest}): {sound}")
    return ExitCode.DONE if found.is_sound else ExitCode.NO
