"""What a gate says at this moment: the same on the screen, on the command line and in a report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qudag_tui.core.condition import terms
from qudag_tui.core.item import SET_ASIDE, Gate, ItemState
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.requirement import Requirement, needs_of_all, requirements_of, soak_needs
from qudag_tui.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qudag_tui.core.item import Item
    from qudag_tui.core.state import State

UNSUPERVISED = "no supervisor looks"
LAST_SAID = "; it last said "


@lean_dataclass(frozen=True, slots=True)
class GateSaid:
    """``verdict`` and ``line`` of a gate, what it ``needs`` (in words), and its ``requirements`` one by one.

    ``is_final`` of a final look, else it is so far; ``has_regressed`` where that look passed and it fails since.
    ``soak`` is the event that started the soak in which it was said; 0 where that is not told.
    """

    verdict: Verdict
    line: str
    needs: str = ""
    requirements: tuple[Requirement, ...] = ()
    is_final: bool = False
    has_regressed: bool = False
    soak: int = 0

    @property
    def deciding(self) -> str:
        """The part of ``line`` on the comparison that decides: of several the first that says what they say together."""
        parts = self.line.split("; ")
        if len(parts) != len(self.requirements):
            return self.line
        both = zip(parts, self.requirements, strict=True)
        return next((part for part, asked in both if asked.verdict is self.verdict), self.line)

    @property
    def words(self) -> str:
        """``pass so far``, ``final pass``, ``regressed``."""
        if self.has_regressed:
            return "regressed"
        return f"final {self.verdict}" if self.is_final else f"{self.verdict} so far"


def gate_said(
    gate: Item,
    state: State,
    so_far: GateSaid | None,
    *,
    unlooked: str = "",
    observed_seconds: float | None = None,
) -> GateSaid | None:
    """Its regression, else its final look, else what the supervisor said ``so_far``; None where nobody looked.

    A look that could not tell, in a soak that goes on for it, is not the last word; nor is one once its soak was reopened,
    or outside a soak its box, or another is asked for there. ``unlooked`` is why what was said so far counts no more
    (nobody supervises, nothing is stored), ``observed_seconds`` how much of its soak was observed.
    """
    regression, look = state.regression(gate.id), state.looks.get(gate.id)
    if regression is not None:
        asked = requirements_of(regression.seen.evidence.get("requirements"))
        return GateSaid(Verdict.FAIL, regression.seen.line, "", asked, is_final=True, has_regressed=True)
    soak = state.plan.soak_of(gate)
    progress = state.soaks.get(soak.id) if soak is not None else None
    is_counting = progress is not None and progress.completed is None
    is_former = so_far is not None and progress is not None and so_far.soak not in {0, progress.seq}
    if soak is not None and (not is_counting or is_former):
        # What was said in a soak that was stopped, or is over, says nothing of the next one.
        so_far = None
    is_open = is_counting and so_far is not None and look is not None and look.judged.verdict == Verdict.INCONCLUSIVE
    if look is not None and not is_open and not _is_asked_again(gate, state):
        verdict = state.gate_verdict(gate.id) or Verdict.UNKNOWN
        asked = requirements_of(look.judged.evidence.get("requirements"))
        needs = "" if verdict is Verdict.PASS else needs_of_all(asked)
        if needs and soak is not None:
            # Its window is closed: no time that passes now brings what was missing.
            needs = f"another soak; this one still needed {needs}"
        return GateSaid(verdict, look.judged.line, needs, asked, is_final=True)
    if so_far is not None and unlooked:
        line = f"{unlooked}{LAST_SAID}{so_far.verdict}: {so_far.line}"
        return GateSaid(Verdict.UNKNOWN, line, "a supervisor")
    if so_far is None or so_far.verdict is not Verdict.PASS:
        return so_far
    if soak is None or progress is None:
        return replace(so_far, needs="its final look: ticking it asks for one") if soak is None else so_far
    wanted = getattr(soak.spec, "seconds", 0.0) + progress.extended_seconds
    return replace(so_far, needs=soak_needs(wanted - (observed_seconds or 0.0)))


def _is_asked_again(gate: Item, state: State) -> bool:
    """Whether the last look counts no more: the gate, or the soak that it ended, was reopened, or another look is asked for.

    A pass outside a soak ticks its box, so that one that is open was reopened.
    """
    soak = state.plan.soak_of(gate)
    if soak is not None:
        return soak.id not in state.soaks and state.item_state(soak) is ItemState.OPEN
    was_reopened = state.gate_verdict(gate.id) is Verdict.PASS and state.item_state(gate) is ItemState.OPEN
    return was_reopened or gate.id in state.look_requests


def by_metric(gates: Iterable[tuple[Item, GateSaid | None]], state: State) -> dict[str, Verdict]:
    """The worst that gates say of each metric; those that a person set aside say nothing."""
    found: dict[str, list[Verdict]] = {}
    for gate, said in gates:
        if said is None or not isinstance(gate.spec, Gate) or state.item_state(gate) in SET_ASIDE:
            continue
        # Of several comparisons each speaks of its own metric, where it is known what each said.
        each = list(terms(gate.spec.condition))
        own = [asked.verdict for asked in said.requirements] if len(said.requirements) == len(each) else []
        for number, term in enumerate(each):
            found.setdefault(term.metric, []).append(own[number] if own else said.verdict)
    return {metric: worst(verdicts) for metric, verdicts in found.items()}


def of_metric(said: Verdict | None, *, is_measured: bool) -> Verdict | None:
    """What stands beside a metric: what its gates ``said`` (None: no gate looks), and no better than unknown without a number now."""
    return said if is_measured else worst([Verdict.UNKNOWN, *([said] if said is not None else [])])
