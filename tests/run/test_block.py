"""One event as text and back."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.event import Event, Fact, GateJudged, ItemCommented, ItemDeferred, UnknownFact
from qudag_tui.core.instant import Instant
from qudag_tui.run.block import (
    OWN_FORM,
    BlockError,
    event_from_match,
    event_from_values,
    event_hash,
    parse,
    render,
    values_of,
)
from qudag_tui.run.error import NotRecordable
from tests.run.builder import ANA, event, fact_of_each_kind


def test_a_block_is_what_a_person_can_read() -> None:
    block, digest = render(event(3, ItemDeferred("pre/first", "post", 'it "waits"')), "ab" * 32)

    assert block.decode() == (
        "[[event]]\n"
        "seq = 3\n"
        'kind = "item deferred"\n'
        "at = 2026-11-22T21:04:08.123456Z\n"
        "boot_ns = 4000000000\n"
        'boot_id = "boot"\n'
        'by = "ana"\n'
        'login = "ana"\n'
        'host = "ops1"\n'
        'tty = "/dev/pts/3"\n'
        'item = "pre/first"\n'
        'to = "post"\n'
        'reason = "it \\"waits\\""\n'
        f'hash = "{digest}"\n'
        "\n"
    )


def test_a_hash_is_of_canonical_json_with_the_hash_above() -> None:
    values = {"seq": 1, "at": datetime(2026, 11, 22, tzinfo=UTC), "by": "ü"}

    # printf '{"at":"2026-11-22T00:00:00.000000Z","by":"ü","prev":"p","seq":1}' | sha256sum
    expected = "13a16fa38dc92561eda25812dc8122b8b6720bbce38ff52a3c9edccbad4ed822"
    assert event_hash(values, "p") == event_hash(dict(reversed(values.items())), "p") == expected


@pytest.mark.parametrize("fact", fact_of_each_kind(), ids=lambda fact: str(fact.kind))
def test_an_event_of_each_kind_comes_back_through_our_parser_and_through_any_toml_parser(fact: Fact) -> None:
    written = event(5, fact)
    block, digest = render(written, "p")
    text = block.decode()

    match = OWN_FORM.fullmatch(text)
    values = tomllib.loads(text)["event"][0]

    assert match is not None
    assert event_from_match(match.groups()) == written
    assert event_from_values(values) == written
    assert values.pop("hash") == digest == event_hash(values, "p")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(_TEXTS, st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_any_text_and_any_evidence_come_back(text: str, evidence: dict[str, Any]) -> None:
    written = event(2, GateJudged("g", 1, "pass", text, 0.5, None, evidence))
    block, digest = render(written, "p")
    match = OWN_FORM.fullmatch(block.decode())

    assert match is not None
    assert event_from_match(match.groups()) == written
    values = parse(block.decode().rstrip())
    assert event_from_values(values) == written
    assert event_hash(values, "p") == digest


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u202e", "\u2066", "\ufeff"])
def test_a_character_that_terminals_or_editors_act_on_is_escaped(character: str) -> None:
    block, _ = render(event(1, ItemCommented("pre/first", f"a{character}b")), "")

    assert character not in block.decode()
    assert tomllib.loads(block.decode())["event"][0]["text"] == f"a{character}b"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(NotRecordable, match=r"^the text holds half a character \(a lone surrogate\): type it again$"):
        render(event(1, ItemCommented("pre/first", "a\ud800b")), "")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "a value cannot be recorded"),
        (float("inf"), "a value cannot be recorded"),
        (2**63, "the number 9223372036854775808 is beyond 64 bits"),
        (None, "a value of type NoneType cannot be recorded"),
        ({1: 2}, "a key of type int cannot be recorded"),
        (datetime(2026, 1, 1), "a time without a time zone cannot be recorded"),  # noqa: DTZ001 - that is the point
    ],
)
def test_a_value_that_toml_cannot_hold_is_refused(value: object, message: str) -> None:
    with pytest.raises(NotRecordable) as caught:
        render(event(1, GateJudged("g", 1, "pass", "", evidence={"v": value})), "")

    assert str(caught.value).startswith(message)


def test_a_fact_cannot_speak_for_the_event_around_it() -> None:
    with pytest.raises(NotRecordable, match="the key seq belongs to every event, not to later"):
        values_of(event(1, UnknownFact("later", {"seq": 5})))


def test_times_are_written_in_utc() -> None:
    east = datetime(2026, 11, 22, 23, 0, tzinfo=timezone(timedelta(hours=2)))

    block, _ = render(Event(1, Instant(east, 0, ""), ANA, ItemCommented("x", "y")), "")

    assert b"\nat = 2026-11-22T21:00:00.000000Z\n" in block


@pytest.mark.parametrize(
    "line",
    [
        'text = "a\\x"',
        'text = "a"b"',
        "text = 01",
        "text = nan",
        'text = ["a",]',
        'text = "a"\ntext = "b"',
        'text = "a"\nseq = 4',
        "text = ",
        "text = 2026-01-01",
    ],
)
def test_what_is_not_our_form_is_left_to_toml(line: str) -> None:
    block, _ = render(event(1, ItemCommented("pre/first", "a")), "")
    match = OWN_FORM.fullmatch(block.decode().replace('text = "a"', line))

    assert match is None or event_from_match(match.groups()) is None


@pytest.mark.parametrize("text", ["", "x", "[[event]]\n[[event]]", "[event]", "event = 3", "v = " + "[" * 5000])
def test_what_is_no_block_is_an_error_with_a_reason(text: str) -> None:
    with pytest.raises(BlockError):
        parse(text)
