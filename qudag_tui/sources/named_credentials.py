"""The credentials that a plan's sources name, and which of them this login has not defined."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.readiness import Readiness
from qudag_tui.plan.named_files import credentials
from qudag_tui.plan.readiness import Hashes, readiness
from qudag_tui.sources.configuration import ConfigurationError, configuration_path, load_configuration


def missing_credentials(plan: Plan) -> tuple[str, ...]:
    """The names that the login's configuration does not have, sorted; with the reason where it cannot be used at all."""
    named = sorted(set(credentials(plan).values()))
    if not named:
        return ()
    try:
        known = load_configuration(configuration_path()).credentials
    except ConfigurationError as error:
        return (f"{', '.join(named)} ({error})",)
    return tuple(name for name in named if name not in known)


def whole_readiness(plan: Plan, path: Path, hashes: Hashes | None = None) -> Readiness:
    """What :func:`readiness` finds out, and the credentials that are missing. Reads files: not for an event loop."""
    return replace(readiness(plan, path, hashes), credentials=missing_credentials(plan))
