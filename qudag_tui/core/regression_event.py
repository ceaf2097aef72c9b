"""The fact of a gate that passed and no longer does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from qudag_tui.core.fact import Fact, fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@fact("gate regressed")
@lean_dataclass(frozen=True, slots=True)
class GateRegressed(Fact):
    """The supervisor saw a gate surely fail after its final look had passed; ``look`` is the event of that look.

    The box is open again, unless its phase is go already.
    """

    item: str
    look: int
    line: str
    value: float | None = None
    limit: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
