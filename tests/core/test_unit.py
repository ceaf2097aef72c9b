from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.unit import SUFFIXES, Unit, show


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.084, Unit.SECONDS, "84 ms"),
        (0.0, Unit.SECONDS, "0 s"),
        (90.0, Unit.SECONDS, "90 s"),
        (5e-7, Unit.SECONDS, "0.5 us"),
        (0.9996, Unit.SECONDS, "1 s"),
        (412e6, Unit.BYTES, "412 MB"),
        (999.6e6, Unit.BYTES, "1 GB"),
        (-5e6, Unit.BYTES, "-5 MB"),
        (0.0, Unit.BYTES, "0 B"),
        (5.5e6, Unit.BYTES_PER_SECOND, "5.5 MB/s"),
        (31.0, Unit.PERCENT, "31%"),
        (93.456, Unit.PERCENT, "93.5%"),
        (0.04, Unit.PERCENT, "0.04%"),
        (0.0004, Unit.PERCENT, "0.0004%"),
        (-1e-9, Unit.PERCENT, "0%"),
        (9999.0, Unit.NUMBER, "9999"),
        (12345.0, Unit.NUMBER, "12.3k"),
        (1e6, Unit.NUMBER, "1M"),
        (2.25, Unit.PER_SECOND, "2.25/s"),
        (float("nan"), Unit.SECONDS, "no number"),
        (float("inf"), Unit.SECONDS, "no number"),
        (1e300, Unit.BYTES, "1e+288 TB"),
    ],
)
def test_shows_three_significant_digits_in_the_unit_that_fits(value: float, unit: Unit, shown: str) -> None:
    assert show(value, unit) == shown


@given(st.floats(), st.sampled_from(Unit))
def test_shows_any_number_in_a_few_cells(value: float, unit: Unit) -> None:
    assert 0 < len(show(value, unit)) <= 15


def test_suffixes_lead_to_every_unit() -> None:
    assert {unit for unit, _ in SUFFIXES.values()} == set(Unit)


@pytest.mark.parametrize("unit", Unit)
def test_the_base_unit_is_its_own_suffix(unit: Unit) -> None:
    assert SUFFIXES[unit.value] == (unit, 1.0)
