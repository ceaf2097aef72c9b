"""Whether what was trusted once is still so: for a list of everything that is trusted."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.plan import trust
from qudag_tui.plan.error import PlanErrors
from qudag_tui.plan.file import parse_plan, read_bytes
from qudag_tui.plan.trust_record import Trusted


def standing_of(given: Trusted) -> str:
    """Why ``given`` does not speak of what is on disk now; "" if it does. Reads the file, and hashes what it names."""
    path = Path(given.path)
    try:
        plan = parse_plan(read_bytes(path), str(path), given.vars)
    except OSError as error:
        return f"the file cannot be read: {error.strerror or error}"
    except PlanErrors:
        return "the file is no plan any more"
    if plan.sha256 != given.plan:
        return "another version of the file"
    gone = [name for name in given.files if not path.parent.joinpath(name).exists()]
    return trust.check(plan, path) or (f"{', '.join(sorted(gone))} is not there any more" if gone else "")
