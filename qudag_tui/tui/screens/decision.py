"""Go or No-Go: what the gates say, what is deferred or only claimed, and what a Go needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.decide_run import reasons_needed
from qudag_tui.core.item import ItemState, Kind
from qudag_tui.core.regression import unanswered
from qudag_tui.core.verdict import Verdict
from qudag_tui.tui.screens.dialog import Dialog
from qudag_tui.tui.widgets.line import Piece, cut, wrapped

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Section
    from qudag_tui.core.item import Item
    from qudag_tui.tui.glyphs import Glyphs
    from qudag_tui.tui.snapshot import Snapshot
    from qudag_tui.tui.theme import Palette

_LABEL = 16
_MOST = 6


def gate_word(item: Item, shot: Snapshot) -> tuple[str, str]:
    """The verdict of a gate and the line behind it; the state where a person has set it aside."""
    state = shot.state.item_state(item)
    if state in {ItemState.NOT_APPLICABLE, ItemState.DEFERRED, ItemState.OVERRIDDEN}:
        mark = shot.state.mark(item.id)
        return state, f"by {mark.by}: {mark.reason}" if mark else ""
    said = shot.standings.said(item, shot.state)
    if said is None:
        return "unknown", "no look yet"
    if said.has_regressed:
        return "regressed", said.deciding
    needs = f"needs {said.needs}; " if said.needs and said.verdict is not Verdict.PASS else ""
    early = not said.is_final
    word = said.words if early and said.verdict is Verdict.PASS else said.verdict
    so_far = "so far: " if early and word is said.verdict else ""
    return word, f"{needs}{so_far}{said.deciding or 'no final look yet'}"


def can_be_ticked(gate: Item, shot: Snapshot) -> bool:
    """Whether its final look passed, and only a person's tick is missing."""
    said = shot.standings.said(gate, shot.state)
    return said is not None and said.is_final and said.verdict is Verdict.PASS


def decision_lines(section: Section, shot: Snapshot, glyphs: Glyphs, colours: Palette, width: int) -> list[list[Piece]]:
    """The body of the dialog."""
    lines: list[list[Piece]] = []

    def row(word: str, text: str, said: str = "", *, wrong: bool = False) -> None:
        style = colours.wrong if wrong else colours.plain
        room = width - _LABEL
        shown = cut(text, room if not said else max(18, room * 11 // 20), glyphs)
        gap = " " * max(2, room * 11 // 20 + 2 - len(shown))
        pieces: list[Piece] = [(cut(word, _LABEL - 1, glyphs).ljust(_LABEL), style), (shown, colours.plain)]
        if said:
            pieces.append((gap + cut(said, max(4, room - len(shown) - len(gap)), glyphs), colours.dim))
        lines.append(pieces)

    claimed = []
    left = shot.state.unsettled(section)
    unticked = {gate.id for gate in left if gate.kind is Kind.GATE and can_be_ticked(gate, shot)}
    for item in section.items:
        state = shot.state.item_state(item)
        if item.kind is Kind.GATE:
            word, said = gate_word(item, shot)
            if word == Verdict.PASS and item.id in unticked:
                word = "pass, unticked"
            row(word, item.text, said, wrong=word.startswith(("fail", "unknown", "regressed")))
        elif state is ItemState.CLAIMED:
            claimed.append(item)
        elif state in {ItemState.DEFERRED, ItemState.OVERRIDDEN, ItemState.NOT_APPLICABLE}:
            mark = shot.state.mark(item.id)
            target = shot.plan.sections.get(mark.to) if mark else None
            to = f"to {target.title}, " if target else ""
            row(state, item.text, f"{to}by {mark.by}: {mark.reason}" if mark else "")
    for gate, _ in unanswered(shot.state):
        row("regressed", f"{gate.text}, {shot.plan.sections[gate.section].title}", gate_word(gate, shot)[1], wrong=True)
    for item in claimed[:_MOST]:
        row("claimed", item.text, "nobody confirmed it here")
    others = [item for item in left if item.kind is not Kind.GATE]
    for item in others[:_MOST]:
        row("open", item.text)
    if len(others) > _MOST:
        row("open", f"and {len(others) - _MOST} more")
    lines.append([])
    if left:
        many = "1 box is" if len(left) == 1 else f"{len(left)} boxes are"
        said = f"No Go yet: {many} open; each must be done, not applicable, deferred or overridden."
        if unticked:
            passed = (
                "1 gate has passed and waits" if len(unticked) == 1 else f"{len(unticked)} gates have passed and wait"
            )
            said += f" {passed} for a tick (space)."
    else:
        why = reasons_needed(shot.state, section.id)
        said = f"A Go now needs a reason: {'; '.join(why)}." if why else "All is settled: a Go needs no reason."
    lines.extend([(part, colours.strong)] for part in wrapped(said, width, glyphs, 4))
    return lines


class DecisionDialog(Dialog[str]):
    """Answers ``go`` or ``no-go``; reasons are asked for afterwards."""

    def __init__(self, section: Section, shot: Snapshot) -> None:
        """Of the phase ``section`` as it stands in ``shot``."""
        super().__init__(f"{section.title}   Go or No-Go", [], {"g": "Go", "n": "No-Go"})
        self.section, self.shot = section, shot

    def on_mount(self) -> None:
        """Drawn once there is a width."""
        self.refresh_from_desk()

    def refresh_from_desk(self) -> None:
        """The verdicts go on while it is open."""
        shot = self.desk.shot or self.shot
        desk = self.desk
        recorded: list[Piece] = [(f"recorded as {desk.glyphs.text(desk.actor.by)}", desk.colours.dim)]
        lines = decision_lines(self.section, shot, desk.glyphs, desk.colours, self.inner_width)
        self.words.put([*lines, [], recorded])

    def answer(self, key: str) -> None:
        """Only these two."""
        if key == "g":
            left = (self.desk.shot or self.shot).state.unsettled(self.section)
            if left:
                many = "1 box is" if len(left) == 1 else f"{len(left)} boxes are"
                self.say(f"{many} open: this phase cannot be go yet")
            else:
                self.dismiss("go")
        elif key == "n":
            self.dismiss("no-go")
