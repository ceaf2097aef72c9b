"""Final looks: how sure each has to be, and what follows one that could not tell."""

from __future__ import annotations

from enum import StrEnum

from qudag_tui.core.verdict import Verdict

EXTEND = 2
# How often, at most, all the final looks at one gate together may err on one side.
ALPHA = 0.05
# Where one looks again and again (a trigger, a watch, a gate after its pass) each look has to be surer than a gate's.
REPEATED_ALPHA = 0.001


def alpha_of(extend: int = EXTEND) -> float:
    """The share of errors that one look may have, on one side, if there may be ``extend`` more after the first."""
    return ALPHA / (1 + max(0, extend))


def alpha_of_look(number: int) -> float:
    """The same for look ``number`` (from 1) at a gate outside a soak, which may be looked at any number of times.

    α/(n(n+1)) adds up to α over all of them. (Each at one level, 19–24 % of what is just at its limit passes in the end.)
    """
    return ALPHA / (number * (number + 1))


class AfterLook(StrEnum):
    """What follows a final look."""

    SETTLED = "settled"
    EXTENDED = "extended"
    EXHAUSTED = "exhausted"


def after_look(verdict: Verdict, looks: int, extend: int = EXTEND) -> AfterLook:
    """What follows the final look number ``looks`` (from 1): only ``inconclusive`` is worth looking at for longer."""
    if verdict is not Verdict.INCONCLUSIVE:
        return AfterLook.SETTLED
    return AfterLook.EXTENDED if looks <= extend else AfterLook.EXHAUSTED
