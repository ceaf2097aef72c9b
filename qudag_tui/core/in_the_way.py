"""What stands in the way of many intents alike: no reason, no such box, a locked phase, a machine that ends background work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.refusal import Because, Refusal

if TYPE_CHECKING:
    from qudag_tui.core.state import State


def need_reason(reason: str) -> Refusal | None:
    """The refusal of a reason that says nothing, or None."""
    if reason.strip():
        return None
    return Refusal(Because.REASON, "this needs a reason", "say why; it stays in the record")


def no_box(item_id: str) -> Refusal:
    """The refusal of an id that no box has."""
    return Refusal(Because.NOT_FOUND, f"there is no box “{item_id}”", "status lists the ids")


def locked(state: State, section_id: str) -> Refusal | None:
    """Why nothing may be done in a section: a phase whose turn has not come, or that a logout would end; or None."""
    if section_id not in state.phases:
        return None
    section = state.plan.sections[section_id]
    if state.is_locked(section.id):
        return Refusal(
            Because.REFUSED,
            f"“{section.title}” is locked until the phase before it is go",
            f"or open it out of turn: override {section.id} --why …",
        )
    return unprotected(state, section_id)


def unprotected(state: State, phase_id: str) -> Refusal | None:
    """Why a phase that has not begun is not entered: what watches it would end at a logout; or None."""
    return ends_at_logout(state) if state.phases[phase_id].started is None else None


def ends_at_logout(state: State) -> Refusal | None:
    """Why nothing that has to outlive the terminal is begun on this machine, unless somebody has accepted it; or None."""
    why = state.supervisor.started.unprotected if state.supervisor else ""
    if why and not state.unprotected_accepted:
        return Refusal(
            Because.REFUSED,
            f"background work ends when you log out here ({why})",
            "enable lingering, or accept it with a reason: override unprotected --why …",
        )
    return None
