"""What the journal says when a run goes on with another plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from qudag_tui.core.fact import Fact, fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@fact("plan adopted")
@lean_dataclass(frozen=True, slots=True)
class PlanAdopted(Fact):
    """From here on the run follows the plan with the SHA-256 ``plan``, read from ``file`` with the resolved ``vars``.

    ``same`` maps ids of the plan before to ids of this one: the same box, or section, in other words. ``line`` says
    what was different.
    """

    plan: str
    file: str = ""
    vars: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    line: str = ""
