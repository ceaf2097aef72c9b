from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.condition import (
    AgainstBaseline,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    ConditionError,
    Relation,
    Threshold,
    Trend,
    parse_condition,
    terms,
)
from qudag_tui.core.unit import Unit

BELOW, AT_MOST, ABOVE, AT_LEAST = Comparison.BELOW, Comparison.AT_MOST, Comparison.ABOVE, Comparison.AT_LEAST
A, B, C = (Threshold(name, BELOW, 1.0, Unit.NUMBER) for name in "abc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error_rate < 0.1%", Threshold("error_rate", BELOW, 0.1, Unit.PERCENT)),
        ("cache_hit > 95%", Threshold("cache_hit", ABOVE, 95.0, Unit.PERCENT)),
        ("queue <= 12", Threshold("queue", AT_MOST, 12.0, Unit.NUMBER)),
        ("rate>=1e3/s", Threshold("rate", AT_LEAST, 1000.0, Unit.PER_SECOND)),
        ("t < 150 ms", Threshold("t", BELOW, 0.15, Unit.SECONDS)),
        ("m < 500 MB", Threshold("m", BELOW, 5e8, Unit.BYTES)),
        ("m < 1 KiB", Threshold("m", BELOW, 1024.0, Unit.BYTES)),
        ("net < 5 MB/s", Threshold("net", BELOW, 5e6, Unit.BYTES_PER_SECOND)),
        ("x1 > -3", Threshold("x1", ABOVE, -3.0, Unit.NUMBER)),
        ("größe.a-b < 1", Threshold("größe.a-b", BELOW, 1.0, Unit.NUMBER)),
        ("t <= baseline", AgainstBaseline("t", AT_MOST, Relation.PERCENT, 0.0)),
        ("t < baseline + 10%", AgainstBaseline("t", BELOW, Relation.PERCENT, 10.0)),
        ("m <= baseline - 65%", AgainstBaseline("m", AT_MOST, Relation.PERCENT, -65.0)),
        ("n >= 3.2x baseline", AgainstBaseline("n", AT_LEAST, Relation.TIMES, 3.2)),
        ("n >= 3.2 x baseline", AgainstBaseline("n", AT_LEAST, Relation.TIMES, 3.2)),
        ("t < baseline + 20ms", AgainstBaseline("t", BELOW, Relation.PLUS, 0.02, Unit.SECONDS)),
        ("m stable", Trend("m", growing=False)),
        ("m stable within 5%", Trend("m", growing=False, budget_percent=5.0)),
        ("m growing", Trend("m", growing=True)),
        ("m growing within 2.5 %", Trend("m", growing=True, budget_percent=2.5)),
        ("a < 1 and b < 1", AllOf((A, B))),
        ("a < 1 or b < 1", AnyOf((A, B))),
        ("a < 1 or b < 1 and c < 1", AnyOf((A, AllOf((B, C))))),
        ("  a<1and b<1\n", AllOf((A, B))),
    ],
)
def test_reads_what_people_write(text: str, expected: Condition) -> None:
    assert parse_condition(text) == expected


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "the name of a metric is expected here, not the end"),
        ("and < 3", 0, "the name of a metric is expected here, not 'and'"),
        ("cpu", 3, '<, <=, >, >=, "stable" or "growing" is expected here, not the end'),
        ("cpu <", 5, "a number is expected here, not the end"),
        ("cpu < --5", 7, "a number is expected here, not '-'"),
        ("cpu < 5 5", 8, '"and", "or" or the end is expected here, not \'5\''),
        ("cpu < 5 and", 11, "the name of a metric is expected here, not the end"),
        ("cpu < 3x", 8, '"baseline" after a factor is expected here, not the end'),
        ("cpu < baseline - -5%", 17, "a number is expected here, not '-'"),
        ("m stable within 5", 16, "a budget is a percentage, such as 5%"),
        ("m stable within -5%", 16, "a number is expected here, not '-'"),
        ("cpu < 1e999", 6, "the number is too large; at most 1e+150 is allowed"),
        (
            "cpu = 5",
            4,
            "'=' is not part of a condition; allowed are names, < <= > >=, + -, numbers with units",
        ),
        (
            "cpu < 5 parsecs",
            7,
            (
                "'parsecs' is not a unit; allowed are %, us, ms, s, m, h, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, "
                "/s, B/s, kB/s, MB/s, GB/s"
            ),
        ),
        ("a" * 1001, 1000, "a condition may have at most 1000 characters"),
    ],
)
def test_says_what_is_wrong_and_at_which_character(text: str, offset: int, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)

    assert (caught.value.offset, str(caught.value)) == (offset, message)


@given(
    st.text(alphabet="ab<>=+-. 159x%ms/s\n()andorbaselinestablewithingrowing٣²½", max_size=60) | st.text(max_size=40)
)
def test_any_text_is_a_condition_or_an_error_inside_it(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        assert 0 <= error.offset <= len(text)  # noqa: PT017 - a condition is as good an outcome
    else:
        assert list(terms(condition))


def test_terms_come_in_the_order_in_which_they_are_written() -> None:
    assert [term.metric for term in terms(parse_condition("a < 1 or b < 1 and c < 1"))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("comparison", "at_two", "at_three", "at_four"),
    [
        (BELOW, True, False, False),
        (AT_MOST, True, True, False),
        (ABOVE, False, False, True),
        (AT_LEAST, False, True, True),
    ],
)
def test_a_comparison_holds_on_its_side_of_three(
    comparison: Comparison, *, at_two: bool, at_three: bool, at_four: bool
) -> None:
    assert [comparison.holds(value, 3.0) for value in (2.0, 3.0, 4.0)] == [at_two, at_three, at_four]
    assert comparison.wants_low is at_two


@pytest.mark.parametrize("comparison", Comparison)
def test_no_comparison_holds_for_what_is_not_a_number(comparison: Comparison) -> None:
    assert not comparison.holds(float("nan"), 3.0)
