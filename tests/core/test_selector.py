from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.selector import Matcher, Selector, SelectorError, parse_selector


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up", Selector("up")),
        (" up {} ", Selector("up")),
        ('m{a="b"}', Selector("m", (Matcher("a", "=", "b"),))),
        (
            'm{ a != "b" , c=~"d|e", f !~ "g", }',
            Selector("m", (Matcher("a", "!=", "b"), Matcher("c", "=~", "d|e"), Matcher("f", "!~", "g"))),
        ),
        (r'm{a="\"\\\n}"}', Selector("m", (Matcher("a", "=", '"\\\n}'),))),
    ],
)
def test_reads_a_name_and_its_labels(text: str, expected: Selector) -> None:
    assert parse_selector(text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [("", 0), ("9x", 0), ("m x", 2), ('m{a="b"', 1), ("m{a}", 2), ('m{a="b" c="d"}', 2), ('m{a="1",b=~"("}', 12)],
)
def test_says_where_it_is_wrong(text: str, place: int) -> None:
    with pytest.raises(SelectorError) as raised:
        parse_selector(text)

    assert raised.value.offset == place


def test_takes_what_all_labels_agree_with_and_a_missing_label_is_empty() -> None:
    selector = parse_selector('m{a="1",b!="2",c=~"x.*",d!~"y"}')

    assert selector.takes({"a": "1", "c": "xyz"})
    assert not selector.takes({"a": "1", "c": "xyz", "b": "2"})
    assert not selector.takes({"a": "1", "c": "zxyz"})
    assert not selector.takes({"a": "1", "c": "x", "d": "y"})
    assert not selector.takes({"c": "x"})


@given(st.text(max_size=40))
def test_any_text_is_a_selector_or_a_place_in_it(text: str) -> None:
    place = 0
    try:
        parse_selector(text)
    except SelectorError as error:
        place = error.offset

    assert 0 <= place <= len(text)
