"""The text that is signed: what it says, that it comes back from its token, and that no other text passes for it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.approval import waits_words
from qudag_tui.core.approval_payload import PayloadError, payload_of, read_payload
from qudag_tui.core.approval_token import payload_in, token_of
from qudag_tui.core.intent import Execute, Tick
from qudag_tui.core.procedure import ROLLBACK
from tests.core.approving import HASH, OWN, approval, requested, told


def test_the_text_to_sign_says_everything_that_the_approval_is_of() -> None:
    run = told()
    run.must(Tick("trigger-1"))
    execution = requested(run, reason="errors at 50 %")
    text = payload_of(run.state, execution, HASH)
    asked = read_payload(text)

    assert json.loads(text)["namespace"] == "approval@qudag-tui"
    assert (asked.nonce, asked.run, asked.plan, asked.release) == ("00" * 16, "r1", "0" * 64, "v2")
    assert (asked.procedure, asked.request, asked.head_hash, asked.people) == (ROLLBACK, execution.request, HASH, 2)
    assert (asked.reason, asked.causes, asked.by) == ("errors at 50 %", ("trigger 1",), "ana")
    assert (asked.expires - asked.at).total_seconds() == 600
    assert text == payload_of(run.folded_again().state, run.folded_again().state.executions[execution.request], HASH)


def test_a_text_that_is_cut_where_it_is_shown_is_still_bound_as_a_whole() -> None:
    one, other = told(), told()
    texts = [
        payload_of(run.state, requested(run, reason="x" * 5000 + end), HASH) for run, end in ((one, "a"), (other, "b"))
    ]

    assert [read_payload(text).reason for text in texts] == ["x" * 480 + "…"] * 2
    assert texts[0] != texts[1]


@pytest.mark.parametrize("character", ["x", "é", "系", "\U0001f4a9", "\x1b", '"', "\\"])
def test_whatever_is_written_in_a_request_it_can_be_signed_and_handed_in(character: str) -> None:
    run = told()
    run.ask(Execute(ROLLBACK, character * 9000, own_keys=OWN), character * 400)
    text = payload_of(run.state, list(run.state.executions.values())[-1], HASH)

    assert payload_in(token_of(text))[0] == text
    run.must(approval(run))


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_text_comes_back_from_its_token(reason: str, by: str) -> None:
    run = told()
    run.ask(Execute(ROLLBACK, reason, own_keys=OWN), by)
    text = payload_of(run.state, list(run.state.executions.values())[-1], HASH)
    payload, asked = payload_in(f"  {token_of(text)[:40]}\n{token_of(text)[40:]} ")

    assert (payload, asked.reason, asked.by) == (text, reason, by)


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_token_that_was_cut_short_is_none(cut: int) -> None:
    run = told()
    token = token_of(payload_of(run.state, requested(run), HASH))

    with pytest.raises(PayloadError):
        payload_in(token[:-cut])


@given(st.text(max_size=200))
def test_no_text_is_read_as_another_one(text: str) -> None:
    for read in (read_payload, payload_in):
        with pytest.raises(PayloadError):
            read(text)


def test_a_token_that_would_unpack_to_gigabytes_is_none() -> None:
    with pytest.raises(PayloadError):
        payload_in(token_of("0" * 10_000_000))


def test_a_key_that_stands_twice_is_refused_because_a_reader_would_see_only_one() -> None:
    run = told()
    text = payload_of(run.state, requested(run), HASH)

    with pytest.raises(PayloadError, match="not written as this tool writes it"):
        read_payload(text.replace('"people":2', '"people":3,"people":2'))


@pytest.mark.parametrize(
    ("people", "given_already", "said"),
    [
        (2, 0, "waits for a second signature, 08:20 left"),
        (3, 0, "waits for 2 more signatures, 08:20 left"),
        (3, 1, "waits for one more signature, 08:19 left"),
    ],
)
def test_waiting_is_said_with_the_time_that_is_left(people: int, given_already: int, said: str) -> None:
    run = told(people)
    execution = requested(run)
    run.wait(99)
    if given_already:
        run.must(approval(run))

    assert waits_words(execution, run.now) == said
