from __future__ import annotations

from qudag_tui.tui.pace import Pace


def test_a_chunk_of_keys_read_at_once_is_a_paste_and_typing_is_not() -> None:
    pasted, typed, field = Pace(), Pace(), Pace()
    for number in range(20):
        pasted.key(100.0 + number * 0.0005, into_a_field=False)
        typed.key(100.0 + number * 0.033, into_a_field=False)
        field.key(100.0 + number * 0.0005, into_a_field=True)

    assert (pasted.is_pasting, typed.is_pasting, field.is_pasting) == (True, False, False)


def test_a_pause_ends_a_paste() -> None:
    pace = Pace()
    for number in range(20):
        pace.key(100.0 + number * 0.0005, into_a_field=False)
    pace.key(101.0, into_a_field=False)

    assert not pace.is_pasting
    assert pace.is_deliberate


def test_a_key_that_follows_at_once_is_no_answer() -> None:
    pace = Pace()
    pace.key(100.0, into_a_field=False)
    pace.key(100.001, into_a_field=False)

    assert not pace.is_deliberate


def test_an_answer_stays_one_although_another_key_was_read_before_it_was_handled() -> None:
    pace = Pace()
    pace.key(100.0, into_a_field=False)
    pace.key(100.01, into_a_field=False)

    assert pace.was_deliberate(100.0)
    assert not pace.was_deliberate(100.01)


def test_a_paste_goes_on_after_the_line_end_that_closed_a_field() -> None:
    pace = Pace()
    for number in range(20):
        pace.key(100.0 + number * 0.0005, into_a_field=number < 18)

    assert pace.is_pasting
