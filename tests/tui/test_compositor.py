"""What is written when a part of a line is new: enough, and not much more."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from textual.strip import Strip

from qudag_tui.tui.compositor import NarrowUpdate
from qudag_tui.tui.widgets.line import changed_spans, strip

WIDTH = 40
CONSOLE = Console(width=WIDTH, color_system="truecolor", force_terminal=True)
BOLD = Style(bold=True)


def line(text: str, bold: str = "") -> Strip:
    return strip([(text, Style()), (bold, BOLD)], WIDTH)


def written(old: list[Strip], new: list[Strip]) -> str:
    spans = [(y, *span) for y, pair in enumerate(zip(old, new, strict=True)) for span in changed_spans(*pair)]
    return NarrowUpdate([{0: one} for one in new], spans, [[WIDTH]] * len(new)).render_segments(CONSOLE)


def shown(*parts: str, lines: int = 1) -> list[str]:
    screen = pyte.Screen(WIDTH, lines)
    stream = pyte.Stream(screen)
    for part in parts:
        stream.feed(part)
    return list(screen.display)


def whole(lines: list[Strip]) -> str:
    spans = [(y, 0, WIDTH) for y in range(len(lines))]
    return NarrowUpdate([{0: one} for one in lines], spans, [[WIDTH]] * len(lines)).render_segments(CONSOLE)


def test_only_what_changed_is_written() -> None:
    old, new = [line("Queue depth  7 " + "." * 20 + " 3 s")], [line("Queue depth  8 " + "." * 20 + " 4 s")]

    assert written(old, new) == "\x1b[1;14H8\x1b[1;37H4"
    assert written(old, old) == ""


TEXTS = st.text(st.sampled_from("ab 日本é▆"), max_size=24)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_it_looks_as_if_all_had_been_written(lines: list[tuple[str, str, str, str]]) -> None:
    old = [line(*each[:2]) for each in lines]
    new = [line(*each[2:]) for each in lines]
    count = len(lines)

    assert shown(whole(old), written(old, new), lines=count) == shown(whole(new), lines=count)
