"""The few characters beside text that the screen draws, and their ASCII stand-ins."""

from __future__ import annotations

from typing import NamedTuple


class Glyphs(NamedTuple):
    """One cell each, of a width that every terminal agrees on. ``bars`` rise from empty to full."""

    done: str = "✔"
    claimed: str = "~"
    not_applicable: str = "-"
    deferred: str = ">"
    overridden: str = "!"
    failed: str = "x"
    folded: str = "▸"
    unfolded: str = "▾"
    current: str = "▌"
    alive: str = "●"
    rule: str = "─"
    upright: str = "│"
    joint_down: str = "┬"
    joint_up: str = "┴"
    tick: str = "┤"
    limit: str = "┄"
    baseline: str = "┈"
    ellipsis: str = "…"
    dot: str = "·"
    bars: str = "▁▂▃▄▅▆▇█"
    is_ascii: bool = False

    def text(self, text: str) -> str:
        """``text`` as it can be drawn: unchanged, or with what is not ASCII replaced."""
        if not self.is_ascii or text.isascii():
            return text
        return text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")


_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "‘": "'", "’": "'", "…": "~", "·": "|", "–": "-", "—": "-", "−": "-", "×": "x",
        "≤": "<", "≥": ">", "→": ">", "✔": "x", "▸": "+", "▾": "-", "●": "*",
    }
)  # fmt: skip

UNICODE = Glyphs()
ASCII = Glyphs(
    done="x",
    folded="+",
    unfolded="-",
    current=">",
    alive="*",
    rule="-",
    upright="|",
    joint_down="+",
    joint_up="+",
    tick="+",
    limit="-",
    baseline=",",
    ellipsis="~",
    dot="|",
    bars="_.:-=+*#",
    is_ascii=True,
)
