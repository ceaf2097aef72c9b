"""What a word on the command line means: the exact id, else a unique prefix of an id or of its last segment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qudag_tui.core.checklist import Plan, Section
from qudag_tui.core.item import Item, Script, Signoff
from qudag_tui.core.procedure import Procedure
from qudag_tui.core.step import Step
from qudag_tui.core.undoing import SUFFIX

if TYPE_CHECKING:
    from qudag_tui.core.state import State

MOST_LISTED = 10


class NothingFound(LookupError):  # noqa: N818 - an answer, not a fault
    """No id is meant by the word (exit 4)."""

    def __init__(self, wanted: str, noun: str) -> None:
        self.wanted = wanted
        super().__init__(f"there is no {noun} {wanted!r}; `status` lists the ids")


class SeveralFound(LookupError):  # noqa: N818 - an answer, not a fault
    """Several ids are meant by the word (exit 2); ``matches`` are in the file's order."""

    def __init__(self, wanted: str, noun: str, matches: tuple[str, ...]) -> None:
        self.wanted = wanted
        self.matches = matches
        listed = "".join(f"\n  {match}" for match in matches[:MOST_LISTED])
        more = f"\n  … and {len(matches) - MOST_LISTED} more" if len(matches) > MOST_LISTED else ""
        super().__init__(f"{wanted!r} may be more than one {noun}; say which:{listed}{more}")


def find_id(wanted: str, ids: Iterable[str], noun: str) -> str:
    """The id that ``wanted`` means; :class:`NothingFound` or :class:`SeveralFound`."""
    known = dict.fromkeys(ids)
    if wanted in known:
        return wanted
    matches = tuple(
        entry for entry in known if wanted and (entry.startswith(wanted) or entry.rpartition("/")[2].startswith(wanted))
    )
    if not matches:
        raise NothingFound(wanted, noun)
    if len(matches) > 1:
        raise SeveralFound(wanted, noun, matches)
    return matches[0]


def find_box(plan: Plan, wanted: str) -> Item:
    """Any box: an item, a trigger or a step of a procedure."""
    return plan.boxes[find_id(wanted, plan.boxes, "box")]


def find_section(plan: Plan, wanted: str) -> Section:
    """A section, phase or not."""
    return plan.sections[find_id(wanted, plan.sections, "section")]


def find_phase(plan: Plan, wanted: str) -> Section:
    """A section with traffic."""
    return plan.sections[find_id(wanted, (phase.id for phase in plan.phases), "phase")]


def find_box_or_phase(plan: Plan, wanted: str) -> Item | Section:
    """What ``override`` and ``gate`` take; ids of boxes and phases are never equal."""
    found = find_id(wanted, [*(phase.id for phase in plan.phases), *plan.boxes], "box or phase")
    return plan.boxes.get(found) or plan.sections[found]


def find_step(plan: Plan, wanted: str, state: State | None = None) -> Step:
    """A step of a procedure, or the step of an item that runs a command; in a run also one that takes another back."""
    steps = {**plan.steps, **scripts(plan)}
    if state is not None and SUFFIX[0] in wanted:
        steps = {
            step.id: step for execution in state.executions.values() if execution.undoes for step in execution.walk()
        }
    return steps[find_id(wanted, steps, "step")]


def find_runnable(plan: Plan, wanted: str) -> Procedure | Step:
    """What ``run`` takes: a procedure, or an item that runs a command."""
    items = scripts(plan)
    found = find_id(wanted, [*plan.procedures, *items], "procedure or item that runs a command")
    return plan.procedures.get(found) or items[found]


def find_signoff(plan: Plan, wanted: str) -> Item:
    """A sign-off, by its role as written (letters' case aside), else by its id.

    Raises :class:`SeveralFound` where several have that role, and as :func:`find_id`.
    """
    signoffs = {item.id: item.spec.role for item in plan.items.values() if isinstance(item.spec, Signoff)}
    by_role = tuple(item for item, role in signoffs.items() if role.casefold() == wanted.casefold())
    if len(by_role) > 1:
        raise SeveralFound(wanted, "sign-off", by_role)
    return plan.items[by_role[0] if by_role else find_id(wanted, signoffs, "sign-off")]


def scripts(plan: Plan) -> dict[str, Step]:
    """The steps of the items that run a command, by id."""
    return {item.id: item.spec.step for item in plan.items.values() if isinstance(item.spec, Script)}
