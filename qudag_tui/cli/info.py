"""``info``: versions, paths, the run, where numbers come from, what can be executed, and the exit codes."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui import __version__
from qudag_tui.cli.exit_code import SIGNALLED_MEANING, ExitCode
from qudag_tui.cli.parser import add_run_options
from qudag_tui.cli.session import DEFAULT_FILE, Session
from qudag_tui.cli.sinks import put, put_json

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan

VARIABLES = ("QUDAG_TUI_AS", "QUDAG_TUI_RUNS", "QUDAG_TUI_STATE")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_run_options(parser, json=True)


def run(arguments: argparse.Namespace) -> int:
    """Print it; works without a run as well."""
    import platformdirs  # slow to load, and needed only here

    from qudag_tui.run.witness import state_dir

    session = Session(arguments)
    told: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "package": str(Path(__file__).resolve().parents[1]),
        "state": str(state_dir()),
        "configuration": str(platformdirs.user_config_path("qudag-tui")),
        "runs": str(session.runs_dir),
        "operator": session.actor.by,
        "login": f"{session.actor.login} on {session.actor.host}",
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "exit_codes": {str(int(code)): code.meaning for code in ExitCode} | {"128+n": SIGNALLED_MEANING},
        **_of_run(session),
    }
    if arguments.json:
        put_json(told)
        return ExitCode.DONE
    for name, value in told.items():
        if isinstance(value, dict):
            put(f"{name}:")
            for key, part in value.items():
                put(f"  {key}  {part}")
        else:
            put(f"{name}: {value}")
    return ExitCode.DONE


def _of_run(session: Session) -> dict[str, Any]:
    """What is known of the run that is meant, or why there is none."""
    from qudag_tui.run.error import RunError

    try:
        plan = session.plan
    except RunError as error:
        if session.option("run") is not None:
            raise
        return {"run": f"none ({error.what})", **_of_file()}
    from qudag_tui.cli.status_text import held_by
    from qudag_tui.run.supervision import supervisor_holder

    holder = supervisor_holder(session.opened)
    return {
        "run": str(session.opened.path),
        "supervisor": held_by(holder) if holder else "none",
        "file": session.state.file,
        **_of_plan(plan),
    }


def _of_file() -> dict[str, Any]:
    from qudag_tui.plan import PlanErrors, read_plan
    from qudag_tui.plan.real_path import real_path

    try:
        return {"file": str(real_path(Path(DEFAULT_FILE))), **_of_plan(read_plan(Path(DEFAULT_FILE)))}
    except (OSError, PlanErrors):
        return {}


def _of_plan(plan: Plan) -> dict[str, Any]:
    from qudag_tui.plan.lookup import scripts

    sources = {
        source.id: f"{source.kind}, every {source.every_seconds:g} s{_target(source.target)}"
        for source in plan.sources.values()
    }
    executed = {
        procedure.id: procedure.title
        + (f", started by {' or '.join(procedure.started_by)}" if procedure.started_by else "")
        for procedure in plan.procedures.values()
    }
    executed |= {item: step.text for item, step in scripts(plan).items()}
    return {"plan": plan.sha256, "sources": sources, "can_be_executed": executed}


def _target(target: Any) -> str:
    said = ", ".join(" ".join(value) if isinstance(value, tuple) else str(value) for value in target.values())
    return f": {said}" if said and len(said) < 200 else ""
