"""Sparklines, plots and lines: pure functions from values to cells."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from qudag_tui.core.unit import Unit
from qudag_tui.tui.glyphs import ASCII, UNICODE
from qudag_tui.tui.widgets.beside import compact, phase_title
from qudag_tui.tui.widgets.line import changed_spans, cut, fit, spread, strip, width_of, wrapped
from qudag_tui.tui.widgets.plot import Level, plot
from qudag_tui.tui.widgets.sparkline import binned, sparkline

VALUES = st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=60)
PLAIN, BOLD = Style(), Style(bold=True)


def label(value: float) -> str:
    return f"{value:.0f}"


def test_a_sparkline_rises_with_its_values_and_ends_with_the_newest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, ASCII) == "_.:-=+*#"


def test_a_missing_value_leaves_a_gap() -> None:
    assert sparkline([0, None, 7, math.nan, math.inf, 7], 6) == "▁ █  █"
    assert sparkline([0, 8.98e307, 7], 3) == "▁ █"


def test_few_values_stand_at_the_right_and_none_leave_blanks() -> None:
    assert sparkline([7, 0], 6) == "    █▁"
    assert sparkline([None, None], 6) == "      "
    assert sparkline([], 3) == "   "


def test_noise_around_a_level_stays_flat() -> None:
    assert len(set(sparkline([100.0, 100.1, 99.9, 100.0], 4))) == 1


def test_more_values_than_cells_are_averaged_with_the_newest_bin_whole() -> None:
    assert binned([9, 1, 1, 3, 3], 3) == [9, 1, 3]
    assert binned([1, None, None, None], 2) == [1, None]


@given(VALUES, st.integers(0, 20))
def test_a_sparkline_always_has_its_cells(values: list[float | None], cells: int) -> None:
    assert len(sparkline(values, cells)) == cells


def test_a_plot_has_its_ends_its_limit_and_gaps() -> None:
    drawn = plot([10.0, 20.0, None, 30.0], 24, 5, label, glyphs=UNICODE, levels=[Level(25.0, "", UNICODE.limit)])

    assert [line[:9] for line in drawn] == [
        "     32 ┤",
        "     25 ┤",
        "        │",
        "        │",
        "      8 ┤",
    ]
    assert drawn[1][9:] == "┄" * 14 + "█"
    assert drawn[4][9:] == " " * 11 + "▃█ █"


def test_a_limit_far_away_does_not_flatten_the_values() -> None:
    drawn = plot([1.0, 2.0], 24, 4, label, glyphs=UNICODE, levels=[Level(1000.0, "limit", UNICODE.limit)])

    assert not any(UNICODE.limit in line for line in drawn)


def test_nothing_but_zeros_is_drawn_below_its_limit_and_its_ends_differ() -> None:
    limited = plot([0.0, 0.0], 24, 4, label, glyphs=UNICODE, levels=[Level(50.0, "limit", UNICODE.limit)])
    alone = plot([0.0, 0.0], 24, 4, lambda value: f"{value:.2f}", glyphs=UNICODE)

    assert limited[0].startswith("     50 ┤┄")
    assert limited[-1].startswith("      0 ┤")
    assert [line.split()[0] for line in (alone[0], alone[-1])] == ["1.08", "0.00"]


def test_an_axis_ends_where_its_values_can_go_no_further_unless_they_did() -> None:
    full, flat, beyond = (
        plot(values, 24, 4, label, glyphs=UNICODE, most=100.0) for values in ([24.0, 100.0], [100.0], [24.0, 180.0])
    )

    assert [drawn[0].split()[0] for drawn in (full, flat, beyond)] == ["100", "100", "192"]
    assert [drawn[0][-1] for drawn in (full, flat)] == [UNICODE.bars[-1]] * 2


def test_limit_and_baseline_have_each_their_line_their_glyph_and_their_name() -> None:
    levels = [Level(93.5, "limit", UNICODE.limit), Level(85.0, "baseline, 20:10", UNICODE.baseline)]
    drawn = plot([84.0, 86.0, None, 84.0, 85.5], 60, 6, label, glyphs=UNICODE, levels=levels)

    limit, baseline = (line for line in drawn if any(level.glyph in line for level in levels))
    assert limit.startswith("     94 ┤" + UNICODE.limit * 20)
    assert limit.rstrip().endswith("limit")
    assert baseline.endswith(" baseline, 20:10")
    assert UNICODE.baseline in baseline
    assert {len(line) for line in drawn} == {60}


def test_a_narrow_plot_gives_its_cells_to_the_values_and_not_to_names() -> None:
    drawn = plot([84.0] * 9, 32, 5, label, glyphs=UNICODE, levels=[Level(93.5, "limit", UNICODE.limit)])

    assert not any("limit" in line for line in drawn)


@given(VALUES, st.integers(0, 60), st.integers(0, 9), st.lists(st.floats(-1e300, 1e300), max_size=3))
def test_a_plot_never_fails_and_keeps_its_size(
    values: list[float | None], width: int, height: int, levels: list[float]
) -> None:
    named = [Level(value, "baseline, 20:10", UNICODE.baseline) for value in levels]
    drawn = plot(values, width, height, lambda _: "9", glyphs=UNICODE, levels=named)

    assert len(drawn) == height
    assert {len(line) for line in drawn if line} <= {width}


def test_values_beside_a_phase_take_six_cells_at_most() -> None:
    shown = [
        compact(0.0841, Unit.SECONDS),
        compact(412e6, Unit.BYTES),
        compact(0.04, Unit.PERCENT),
        compact(1.234e9, Unit.BYTES_PER_SECOND),
        compact(-123456.0, Unit.SECONDS),
    ]

    assert shown == ["84.1ms", "412MB", "0.04%", "1.23GB", "-1e+05"]


def test_a_phase_is_called_without_what_its_checklist_says_already() -> None:
    assert phase_title("Deployment Phase 1: Canary (10%)", "Deployment Day Checklist") == "Phase 1: Canary (10%)"
    assert phase_title("Deployment", "Deployment Day") == "Deployment"


def test_text_is_cut_by_cells_and_made_harmless() -> None:
    assert cut("plain", 5, UNICODE) == "plain"
    assert cut("too long", 5, UNICODE) == "too…"
    assert cut("漢字漢字", 5, UNICODE) == "漢字…"
    assert cut("\x1b[1m", 10, UNICODE) == "␛[1m"
    assert cut("naïve “text”", 20, ASCII) == 'na?ve "text"'


def test_text_is_wrapped_at_spaces_and_long_words_are_broken() -> None:
    assert wrapped("one two three", 7, UNICODE) == ["one two", "three"]
    assert wrapped("abcdefghij", 4, UNICODE) == ["abcd", "efgh", "ij"]


@given(st.text(max_size=80), st.integers(1, 30))
def test_no_wrapped_line_is_too_wide(text: str, width: int) -> None:
    assert all(cell_len(line) <= max(2, width) for line in wrapped(text, width, UNICODE))


def test_the_right_side_keeps_its_place_and_the_left_gives_way() -> None:
    pieces = spread([("a long text at the left", PLAIN)], [("right", BOLD)], 14, UNICODE)

    assert "".join(text for text, _ in pieces) == "a long… right"[:8].ljust(9) + "right"
    assert width_of(pieces) == 14
    assert fit([("abc", PLAIN), ("def", BOLD)], 4, UNICODE) == [("abc", PLAIN), ("…", BOLD)]


def test_only_cells_that_differ_have_changed() -> None:
    old = strip([("12:00:01", PLAIN), (" ana", BOLD)], 14)

    assert changed_spans(old, strip([("12:00:02", PLAIN), (" ana", BOLD)], 14)) == [(7, 8)]
    assert changed_spans(old, strip([("12:00:01", PLAIN), (" ana", PLAIN)], 14)) == [(8, 12)]
    assert changed_spans(old, strip([("12:00", PLAIN), (":01", PLAIN), (" ana", BOLD)], 14)) == []
    assert changed_spans(old, Strip.blank(3)) == [(0, 14)]


def test_a_change_in_a_wide_character_covers_it_whole() -> None:
    old, new = strip([("漢x", PLAIN)], 4), strip([("字x", PLAIN)], 4)

    assert changed_spans(old, new) == [(0, 2)]
