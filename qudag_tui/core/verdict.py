"""What a gate says: pass, inconclusive, unknown or fail, the worst of several winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.requirement import Requirement


class Verdict(StrEnum):
    """In the words of the design; missing evidence is never a pass."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    INCONCLUSIVE = "inconclusive"
    UNKNOWN = "unknown"
    FAIL = "fail"


_BADNESS = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.UNKNOWN: 2, Verdict.FAIL: 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Worst wins (fail > unknown > inconclusive > pass); of nothing at all the verdict is unknown."""
    return max(verdicts, key=_BADNESS.__getitem__, default=Verdict.UNKNOWN)


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """Best wins, for conditions joined by ``or``; of nothing at all the verdict is unknown."""
    return min(verdicts, key=_BADNESS.__getitem__, default=Verdict.UNKNOWN)


@lean_dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with what it rests on.

    ``line`` is the one sentence that screen, command line and report share (value, limit, count, what is needed).
    ``value`` and ``limit`` are in the metric's base unit; ``evidence`` holds plain TOML values and is copied into
    the journal with a final look. ``needs`` is what is still missing, in words; ``requirements`` are the comparisons
    of the condition, in order.
    """

    verdict: Verdict
    line: str
    value: float | None = None
    limit: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""
    requirements: tuple[Requirement, ...] = ()
