"""A stretch of journal: whole, cut, altered, edited, or anything at all."""

from __future__ import annotations

import tomllib
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.event import ItemCommented, ItemTicked, UnknownFact
from qudag_tui.run.block import event_from_values, event_hash, render
from qudag_tui.run.scan import Mark, scan
from tests.run.builder import chain, created, event, fact_of_each_kind

EVENTS, BLOCKS = chain(created(), ItemTicked("pre/first"), ItemCommented("pre/first", "half [[event]] ü"))
WHOLE = b"".join(BLOCKS)


def test_a_whole_journal_is_its_events_and_the_place_after_them() -> None:
    found = scan(WHOLE)

    assert (found.events, found.marks) == (EVENTS, [])
    assert (found.used, found.last, found.seq, found.count) == (len(WHOLE), BLOCKS[-1], 3, 3)
    assert f'hash = "{found.digest}"\n\n'.encode() == BLOCKS[-1][-75:]


def test_a_journal_with_an_event_of_each_kind_loses_nothing_complete_at_any_cut() -> None:
    events, blocks = chain(*fact_of_each_kind())
    whole = b"".join(blocks)
    # A block is complete at the closing quote of its hash, before its two line ends.
    ends = [end - 2 for end in accumulate(map(len, blocks))]

    complete = 0
    for cut in range(len(whole) + 1):
        complete += complete < len(ends) and ends[complete] == cut
        found = scan(whole[:cut])
        assert (len(found.events), found.marks) == (complete, []), f"cut at byte {cut}"
        if found.events:
            assert found.events[-1] == events[complete - 1]
        assert found.used <= cut
        assert not found.events or found.used >= ends[complete - 1]


def test_reading_on_from_any_complete_block_gives_the_same_events() -> None:
    first = scan(WHOLE[: len(BLOCKS[0])])
    rest = scan(WHOLE[first.used :], first.used, first.count, first.seq, first.digest)

    assert first.events + rest.events == EVENTS
    assert (rest.seq, rest.count, rest.marks) == (3, 3, [])


@pytest.mark.parametrize(
    "edited",
    [
        WHOLE.replace(b"\n", b"\r\n"),
        WHOLE.replace(b"\n\n", b"\n"),
        WHOLE.replace(b"\n\n", b"\n\n\n# checked by bo\n\n"),
        WHOLE.replace(b"\n\n", b"   # mine\n\n"),
        b"# The journal of v2\n\n" + WHOLE,
        WHOLE.replace(b" = ", b"="),
        WHOLE.replace(b"[[event]]\n", b"[[ event ]] # next\n"),
        WHOLE.rstrip(),
    ],
    ids=["CRLF", "blank lines trimmed", "comments", "comments behind", "a heading", "no spaces", "headers", "no end"],
)
def test_what_toml_calls_the_same_is_the_same(edited: bytes) -> None:
    found = scan(edited)

    assert (found.events, found.marks) == (EVENTS, [])
    assert [event_from_values(values) for values in tomllib.loads(edited.decode())["event"]] != []


def test_a_block_in_which_nuls_stand_is_not_complete_where_it_is_the_last() -> None:
    torn = WHOLE[:-120] + bytes(20) + WHOLE[-100:]

    found = scan(torn)

    assert (found.events, found.used, found.marks) == (EVENTS[:2], len(BLOCKS[0] + BLOCKS[1]), [])


def test_nuls_after_the_last_block_do_not_touch_it() -> None:
    found = scan(WHOLE + bytes(4096))

    assert (found.events, found.used, found.marks) == (EVENTS, len(WHOLE), [])


def test_a_block_whose_beginning_was_lost_does_not_touch_the_one_before() -> None:
    found = scan(BLOCKS[0] + BLOCKS[1] + bytes(40) + BLOCKS[2][40:])

    assert (found.events, found.used) == (EVENTS[:2], len(BLOCKS[0] + BLOCKS[1]))


def test_an_altered_event_is_folded() -> None:
    found = scan(WHOLE.replace(b'item = "pre/first"\nhash', b'item = "pre/other"\nhash'))

    assert found.events == [EVENTS[0], event(2, ItemTicked("pre/other")), EVENTS[2]]


def test_a_block_that_is_no_toml_any_more_says_what_it_still_can() -> None:
    found = scan(WHOLE.replace(b'host = "ops1"', b'host = "ops1', 2).replace(b'host = "ops1\n', b'host = "ops1"\n', 1))

    assert [one.fact for one in found.events] == [one.fact for one in EVENTS]
    assert [(mark.seq, mark.offset) for mark in found.marks] == [(1, len(BLOCKS[0]))]


def test_a_block_that_says_nothing_any_more_is_marked_and_passed_over() -> None:
    found = scan(BLOCKS[0] + b'[[event]]\n?????\nhash = ""\n\n' + BLOCKS[2])

    assert found.events == [EVENTS[0], EVENTS[2]]
    assert [mark.seq for mark in found.marks] == [1]


def test_a_missing_event_is_marked_where_the_next_one_stands() -> None:
    found = scan(BLOCKS[0] + BLOCKS[2])

    assert found.events == [EVENTS[0], EVENTS[2]]
    assert found.marks == [Mark(3, len(BLOCKS[0]), "event 3 does not follow the one above it")]
    assert (found.seq, found.count) == (3, 2)


def test_a_seq_beyond_belief_does_not_carry_the_numbers_away() -> None:
    found = scan(WHOLE.replace(b"seq = 3", b"seq = 300000000"))

    assert (found.seq, len(found.marks)) == (3, 1)


def test_an_event_of_an_unknown_kind_is_kept_as_it_is() -> None:
    block, _ = render(event(2, UnknownFact("moon seen", {"phase": "full", "share": 0.5})), found_hash(BLOCKS[0]))

    found = scan(BLOCKS[0] + block)

    assert found.events[1].fact == UnknownFact("moon seen", {"phase": "full", "share": 0.5})
    assert found.marks == []


def test_a_known_kind_with_a_field_of_a_newer_version_is_kept_and_with_a_damaged_one_is_not() -> None:
    newer, _ = render(event(2, UnknownFact("item ticked", {"item": "x", "mood": "good"})), found_hash(BLOCKS[0]))

    assert [one.kind for one in scan(BLOCKS[0] + newer).events] == ["run created", "item ticked"]
    damaged = scan(BLOCKS[0] + newer.replace(b"good", b"evil"))
    assert [one.kind for one in damaged.events] == ["run created"]
    assert [mark.what for mark in damaged.marks] == ["event 2 was changed: it is no “item ticked” any more"]


def found_hash(block: bytes) -> str:
    return scan(block).digest


def test_a_genuine_event_with_bytes_that_are_no_utf8_is_read_without_them() -> None:
    found = scan(WHOLE.replace("ü".encode(), b"\xff\xfe"))

    assert found.events[:2] == EVENTS[:2]
    fact = found.events[2].fact
    assert isinstance(fact, ItemCommented)
    assert fact == ItemCommented("pre/first", "half [[event]] ��")
    fact.text.encode()
    assert found.used == len(WHOLE)


@given(st.binary(max_size=400), st.integers(0, len(WHOLE)), st.integers(0, 200))
def test_no_bytes_at_all_make_it_raise(noise: bytes, where: int, dropped: int) -> None:
    data = WHOLE[:where] + noise + WHOLE[where + dropped :]

    found = scan(data)

    assert 0 <= found.used <= len(data)


def test_ten_thousand_damaged_blocks_are_read_in_one_pass() -> None:
    _, blocks = chain(created(), *[ItemTicked(f"pre/{n}") for n in range(9)])
    damaged = b"".join(block.replace(b"by = ", b"by == ") for block in blocks) * 100

    assert len(scan(damaged).marks) >= 1000


def test_the_hash_of_what_was_read_is_the_hash_that_was_written() -> None:
    _, blocks = chain(*fact_of_each_kind())
    prev = ""
    for values in tomllib.loads(b"".join(blocks).decode())["event"]:
        assert values.pop("hash") == (prev := event_hash(values, prev))
