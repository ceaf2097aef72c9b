"""How ready a run is to execute what its plan says, for the verbs that tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.core.readiness import Readiness, is_called_for, names_missing

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session
    from qudag_tui.core.instant import Instant


def readiness_of(session: Session, *, supervised: bool) -> Readiness:
    """Of the run of ``session``: hashes what a trusted plan names. Names are missing where its steps would run."""
    from qudag_tui.sources.named_credentials import whole_readiness

    found = whole_readiness(session.plan, Path(session.state.file))
    return replace(found, names=names_missing(session.state, found, supervised=supervised))


def trust_json(session: Session, now: Instant, *, supervised: bool) -> dict[str, Any]:
    """``trust`` of ``status --json``: ``alarm`` says that it has to be mended now."""
    found = readiness_of(session, supervised=supervised)
    return {
        "ok": not found.why,
        "why": found.why,
        "missing": list(found.missing),
        "alarm": not found.is_ready and is_called_for(session.state, session.state.starts, now),
    }


def readiness_lines(found: Readiness, run: str) -> list[str]:
    """For a person: why nothing can run, and what is missing; nothing where all is well."""
    lines = [f"nothing can run: {found.why}; review it with: qudag-tui trust --run {run}"] if found.why else []
    return [*lines, f"missing: {', '.join(found.missing)}"] if found.missing else lines
