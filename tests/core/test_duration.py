from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.duration import clock, parse_duration, parse_offset, relative, spoken

RULE = 'allowed is a number with ms, s, m, h or d, such as "90s", "30m" or "1h 30m", at most a year'


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("90s", 90.0),
        ("0s", 0.0),
        ("30m", 1800.0),
        ("30 min", 1800.0),
        (" 1.5h ", 5400.0),
        ("1h 30m", 5400.0),
        ("1h30m", 5400.0),
        ("366d", 366 * 86400.0),
    ],
)
def test_reads_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "  ", "5", "m", "-5s", "1e5s", "1.s", "5 s 3", "٣s", "367d", "9" * 400 + "s", "1h,30m"]
)
def test_refuses_what_is_no_duration_and_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration(text)

    assert str(caught.value) == f"{text!r} is not a duration; {RULE}"


@given(st.text(alphabet="0123456789.hmsd -", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_duration_of_at_most_a_year_or_an_error(text: str) -> None:
    try:
        assert 0 <= parse_duration(text) <= 366 * 86400
    except ValueError as error:
        assert "is not a duration" in str(error)  # noqa: PT017 - most texts are none, and some are


@pytest.mark.parametrize(("text", "seconds"), [("T-2h", -7200.0), ("T+24h", 86400.0), ("t + 1h 30m", 5400.0)])
def test_reads_offsets_from_t(text: str, seconds: float) -> None:
    assert parse_offset(text) == seconds


@pytest.mark.parametrize("text", ["", "2h", "T", "T+", "T 2h", "X-2h"])
def test_refuses_what_is_no_offset(text: str) -> None:
    with pytest.raises(ValueError, match='is not an offset from T; allowed is "T-2h" or "T\\+24h"'):
        parse_offset(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "00:00"), (59.99, "00:59"), (-5, "00:00"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_a_timer_never_shows_what_is_not_reached(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (45.9, "45 s"), (60, "1 min"), (3599, "59 min"), (7440, "2 h 04 min"), (86400 * 3 + 3600, "3 d 1 h")],
)
def test_speaks_durations(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "T+00:00"), (3120, "T+00:52"), (-7200, "T-02:00"), (86400, "T+24:00"), (86400 * 10 + 3600, "T+10d 01:00")],
)
def test_shows_the_distance_from_t(seconds: float, shown: str) -> None:
    assert relative(seconds) == shown
