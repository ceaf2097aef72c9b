"""What a checklist file says now, for a run that follows what it said before."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.core.intent import Adopt
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan import trust
from qudag_tui.plan.file import parse_plan, read_bytes
from qudag_tui.plan.named_files import addresses, all_commands
from qudag_tui.run.folder import written
from qudag_tui.run.plans import load_plan
from qudag_tui.run.run import Run


@lean_dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that may be adopted: the file at ``path`` with its bytes; ``before`` are those of the plan ``followed``.

    ``given`` are the variables that are not as they stand in the file. ``is_moved``: it is another file than before.
    """

    path: Path
    data: bytes
    plan: Plan
    followed: Plan
    before: bytes
    given: Mapping[str, str]
    is_moved: bool = False

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to adopt."""
        return self.plan.key == self.followed.key and not self.is_moved

    def why_untrusted(self) -> str:
        """Why nothing of it may run or be asked, or "" (also where it runs and asks nothing). Hashes files."""
        if not (all_commands(self.plan, self.path.parent) or addresses(self.plan)):
            return ""
        return trust.check(self.plan, self.path)

    def intent(self, same: Mapping[str, str]) -> Adopt:
        """Ask for it, once it was kept: see :meth:`Run.keep_plan`."""
        return Adopt(self.plan, self.followed.key, written(self.path), dict(same))


def candidate(run: Run, path: Path, given: Mapping[str, str] | None = None) -> Candidate:
    """What the file at ``path`` says now, with the variables that the run was given and ``given`` beside them.

    Raises ``OSError`` and :class:`PlanErrors` for the file, :class:`RunBroken` for the plan that is followed.
    """
    followed = run.plan
    before, data = load_plan(run.folder, followed.sha256), read_bytes(path)
    # What was said when the run was started stays said; what only stood in the file is as the file has it now.
    declared, named = _declared(before), _declared(data)
    kept = {name: value for name, value in followed.vars.items() if declared.get(name) != value and name in named}
    kept |= given or {}
    plan, is_moved = parse_plan(data, str(path), kept), written(path) != run.state.file
    return Candidate(path, data, plan, followed, before, kept, is_moved)


def _declared(data: bytes) -> Mapping[str, object]:
    """``[vars]`` as they stand in a file; nothing of one that cannot be read, which parsing it says."""
    try:
        found = tomllib.loads(data.decode("utf-8-sig")).get("vars", {})
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
