"""``check FILE``: all errors of a checklist file at once, and what is legal and unwise, each with its place."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.new import add_variables, variables_of
from qudag_tui.cli.sinks import put, put_json, say

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", default="checklists.toml", help="the checklist file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if there are warnings")
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_variables(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check it: 2 with errors, 0 with none; with ``--strict`` 1 for warnings."""
    from qudag_tui.plan.error import PlanError, PlanErrors, PlanWarning  # a wrong option needs no parser
    from qudag_tui.plan.file import parse_plan, read_bytes
    from qudag_tui.plan.warning import warnings

    def plain(found: PlanError | PlanWarning) -> dict[str, Any]:
        return {"line": found.line, "column": found.column, "message": found.message}

    file = Path(arguments.file)
    data = read_bytes(file)
    try:
        plan = parse_plan(data, str(file), variables_of(arguments))
    except PlanErrors as wrong:
        if not arguments.json:
            raise
        put_json({"file": str(file), "errors": [plain(error) for error in wrong.errors], "warnings": []})
        return ExitCode.USAGE
    unwise = warnings(plan, data, str(file), _unapproved(plan))
    if arguments.json:
        put_json({"file": str(file), "errors": [], "warnings": [plain(warning) for warning in unwise]})
    else:
        for warning in unwise:
            put(f"{warning.file}:{warning.line}:{warning.column}: warning: {warning.message}")
        boxes = "1 box" if len(plan.boxes) == 1 else f"{len(plan.boxes)} boxes"
        unwisely = "1 warning" if len(unwise) == 1 else f"{len(unwise)} warnings"
        say(f"{file}: {boxes}, {len(plan.items)} of them to be done; {unwisely}")
    return ExitCode.NO if unwise and arguments.strict else ExitCode.DONE


def _unapproved(plan: Plan) -> dict[str, str]:
    """Why a procedure that needs several people could not be approved by this login's colleagues."""
    asking = [procedure for procedure in plan.procedures.values() if procedure.approvals > 1]
    if not asking:
        return {}
    from qudag_tui.run.actor import this_actor  # most files ask for one person
    from qudag_tui.run.signers import SigningError, load_signing, require_people

    found = {}
    for procedure in asking:
        try:
            require_people(load_signing(), procedure, this_actor().by)
        except SigningError as error:
            found[procedure.id] = f"{error.what}, so that new begins no run here ({error.where}: {error.hint})"
    return found
