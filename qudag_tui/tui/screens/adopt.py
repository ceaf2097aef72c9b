"""What is different in the checklist file, which boxes are the same in other words, and whether to go on with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from qudag_tui.tui.screens.dialog import Dialog
from qudag_tui.tui.widgets.line import Piece, cut
from qudag_tui.tui.widgets.words import Words

if TYPE_CHECKING:
    from qudag_tui.core.rewording import Pair

_MOST_SHOWN = 6
# Frame, heading, what is said, keys; and the lines that the difference has at least.
_AROUND = 7
_LEAST_WORDS = 4
_TAKES = {"down": 1, "up": -1}


class AdoptDialog(Dialog[Mapping[str, str]]):
    """The answer says which old id is which new one. ``told`` gives the lines for what is chosen."""

    def __init__(
        self, title: str, told: Callable[[Mapping[str, str]], Sequence[str]], offered: Sequence[Pair], *, ask: str
    ) -> None:
        """Every pair that is ``offered`` is chosen at first; ``ask`` is what comes after ``a``."""
        super().__init__(title, [], {"a": ask, **({"space": "same or not"} if offered else {}), "pgdn": "read on"})
        self.told = told
        self.offered = offered
        self.chosen = {pair.old for pair in offered}
        self.at = 0

    def on_mount(self) -> None:
        """The words are broken once there is a width."""
        super().on_mount()
        self._tell()

    def fields(self) -> ComposeResult:
        """The pairs below the difference."""
        self.pairs = Words(self.desk.glyphs, self.desk.colours, self._pair_lines(), id="pairs")
        yield self.pairs

    @property
    def same(self) -> dict[str, str]:
        """What is chosen."""
        return {pair.old: pair.new for pair in self.offered if pair.old in self.chosen}

    def on_resize(self) -> None:
        """The keys stay in sight, whatever there is to read and to choose."""
        self._tell()

    @property
    def _shown(self) -> int:
        room = self.desk.size.height - _AROUND - _LEAST_WORDS - 1
        return max(1, min(_MOST_SHOWN, room // 2))

    def _tell(self) -> None:
        pairs = self._pair_lines()
        self.words.styles.max_height = max(1, self.desk.size.height - _AROUND - len(pairs))
        self.words.put([*self.drawn(self.told(self.same)), []])
        self.pairs.put(pairs)

    def _pair_lines(self) -> list[list[Piece]]:
        """A window of the pairs around the one under the cursor, two lines each."""
        if not self.offered:
            return []
        colours, glyphs, width = self.desk.colours, self.desk.glyphs, self.inner_width
        lines: list[list[Piece]] = [
            [(f"Is it the same? {len(self.chosen)} of {len(self.offered)} are.", colours.strong)]
        ]
        shown = self._shown
        top = max(0, min(self.at - shown // 2, len(self.offered) - shown))
        for number, pair in enumerate(self.offered[top : top + shown], top):
            mark = glyphs.done if pair.old in self.chosen else " "
            what = "section " if pair.is_section else ""
            was = cut(f"[{mark}] {what}{pair.old_text}", width, glyphs).ljust(width)
            now = pair.new_text if pair.new_text != pair.old_text else f"as {pair.new}"
            style = colours.cursor if number == self.at else colours.plain
            lines.append([(was, style)])
            lines.append([(cut(f"      {glyphs.text('is')} {now}", width, glyphs).ljust(width), style)])
        return lines

    def takes(self, key: str) -> bool:
        """The arrows choose a pair, where there are some."""
        step = _TAKES.get(key)
        if step is None or not self.offered:
            return False
        self.at = max(0, min(len(self.offered) - 1, self.at + step))
        self.pairs.put(self._pair_lines())
        return True

    def answer(self, key: str) -> None:
        """Choose, or go on."""
        if key == " " and self.offered:
            self.chosen ^= {self.offered[self.at].old}
            self._tell()
        elif key == "a":
            self.dismiss(self.same)
