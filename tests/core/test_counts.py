"""Counters whose sums jump: what was counted before, or by something else, is no evidence of the window."""

from __future__ import annotations

from collections.abc import Sequence

from qudag_tui.core.condition import parse_condition
from qudag_tui.core.fire import fire
from qudag_tui.core.verdict import Verdict
from tests.core.measuring import Samples, at, counted, growing, judged, ratio, samples

QUIET = [10.0] * 60


def leaping(number: int, by: float, growth: Sequence[float]) -> list[float | None]:
    return growing([grown + (by if at_slot == number else 0.0) for at_slot, grown in enumerate(growth)])


def test_a_counter_of_something_else_that_stands_higher_is_no_traffic() -> None:
    """600 requests cannot pass at 0.1 %: a million in one look is another process's counter, behind the same address."""
    finding = judged("errors < 0.1%", counted(growing([0.0] * 60, 0.0), leaping(30, 1e6, QUIET)), ratio(), 60)

    assert finding.verdict is Verdict.UNKNOWN
    assert "one look counted 1,000,010, and no other more than 10: not all of it is of then" in finding.line
    surge = counted(growing([0.0] * 60, 0.0), leaping(30, 900.0, QUIET))
    assert judged("errors < 0.3%", surge, ratio(), 60).verdict is Verdict.PASS


def test_a_slot_more_that_is_missing_hides_no_leap() -> None:
    whole = counted(growing([0.0] * 60, 0.0), leaping(30, 1e3, QUIET))
    for gone in range(1, 61):
        holed = {name: [one for number, one in enumerate(found) if number != gone] for name, found in whole.items()}
        assert judged("errors < 1%", holed, ratio(), 60).verdict is Verdict.UNKNOWN, gone


def test_a_reader_that_begins_anew_counts_nothing_at_its_first_look() -> None:
    """It sums up what the one before left out, because it was older: no error of now, and no trigger's."""
    total = growing([100.0] * 12)
    errors: list[float | None] = [*[0.0] * 6, *[5000.0] * 7]
    resets: Samples = samples([*[1.0] * 6, *[0.0] * 7], -1)
    series = {**counted(errors, total), "errors:resets": resets}

    found = fire(parse_condition("errors > 1%"), 120, at(12), series, {"errors": ratio()})

    assert (found.fires, found.is_blind) == (False, False)
    assert judged("errors < 0.1%", series, ratio(), 12).verdict is Verdict.UNKNOWN
