from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.printable import for_tmux, for_tmux_message, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä, 日本, ✔ ▸", "plain, ä, 日本, ✔ ▸"),
        ("[/markup] [b]", "[/markup] [b]"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b31m", "<009b>31m"),
        ("a\tb\nc\rd\0", "a␉b␊c␍d␀"),
        ("\x7f", "␡"),
        ("abc\u202edcba", "abc<202e>dcba"),
        ("\u061c\u200e\u2066", "<061c><200e><2066>"),
        ("a\u2028b\u2029c", "a<2028>b<2029>c"),
        ("\ud800", "<d800>"),
        ("⚠\ufe0f", "⚠"),
        ("\ufeffa\u200bb", "<feff>a<200b>b"),
    ],
)
def test_makes_visible_what_a_terminal_would_interpret(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(alphabet=st.characters()))
def test_leaves_no_control_surrogate_or_bidirectional_character(text: str) -> None:
    shown = visible(text)

    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [
        c
        for c in shown
        if unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]


@given(st.text(alphabet=st.characters()))
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_doubles_what_starts_a_format_in_tmux() -> None:
    assert for_tmux("#(rm -rf ~) \x1b#") == "##(rm -rf ~) ␛##"


def test_doubles_what_starts_a_format_or_a_time_in_a_message_of_tmux() -> None:
    assert for_tmux_message("> 1%H #{pid}\x07") == "> 1%%H ##{pid}␇"
