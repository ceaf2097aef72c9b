"""What a person sees of a file that changed: all that matters, nothing hidden, and no more than can be read."""

from __future__ import annotations

from qudag_tui.plan.difference import MOST_LINES, difference


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def test_what_was_and_what_is_stand_below_one_another_with_what_is_around_them() -> None:
    old = lines(*(f"line {n}" for n in range(1, 40)))
    new = old.replace(b"line 20\n", b"line twenty\nand more\n")

    assert difference(old, new) == (
        "@@ line 17, now 17",
        "  line 17",
        "  line 18",
        "  line 19",
        "- line 20",
        "+ line twenty",
        "+ and more",
        "  line 21",
        "  line 22",
        "  line 23",
    )


def test_changes_far_apart_are_all_shown() -> None:
    old = lines(*(f"line {n}" for n in range(1, 200)))
    new = old.replace(b"line 5\n", b"five\n").replace(b"line 150\n", b"")

    shown = difference(old, new)

    assert [line for line in shown if line[0] in "-+@"] == [
        "@@ line 2, now 2",
        "- line 5",
        "+ five",
        "@@ line 147, now 147",
        "- line 150",
    ]


def test_a_file_that_is_empty_or_gone_shows_what_it_was() -> None:
    assert difference(lines("a"), b"") == ("@@ line 1, now 1", "- a")
    assert difference(b"", lines("a")) == ("@@ line 1, now 1", "+ a")


def test_a_missing_line_end_is_told() -> None:
    assert difference(b"a\n", b"a") == ("@@ line 1, now 1", "  a", "+ \\ there is no line end after this")


def test_nothing_in_it_reaches_a_terminal_and_nothing_is_hidden() -> None:
    shown = "\n".join(difference(b"rm old\n", "rm\x1b[2J \u202eold\ufe0f\r\n".encode() + b"\x9b\xff\n"))

    assert "+ rm␛[2J <202e>old<fe0f>␍" in shown
    assert "+ \\x9b\\xff" in shown


def test_a_binary_file_is_told_by_its_size() -> None:
    assert difference(b"\0" * 1234, b"\0") == ("it is no text: 1,234 bytes before, 1 now",)


def test_long_lines_and_long_differences_say_how_much_is_left_out() -> None:
    assert difference(b"", b"x" * 5000)[1].endswith("… and 4,600 more characters")

    shown = difference(b"", lines(*(str(n) for n in range(900))))
    assert (len(shown), shown[-1]) == (MOST_LINES + 1, "… and 601 more lines")


def test_files_that_have_little_in_common_are_not_compared_line_by_line() -> None:
    """Comparing takes the square of what differs: a megabyte of short lines would keep a person waiting for minutes."""
    old = lines(*("ab"[n % 2] for n in range(500_000)))
    new = lines(*("ba"[n % 3 == 0] for n in range(400_000)))

    shown = difference(old, new)

    assert shown[0].endswith("others now")
    assert len(shown) <= MOST_LINES
    assert [line for line in shown if "more lines" in line] != []


def test_a_change_far_on_in_a_long_line_is_shown_where_it_is() -> None:
    """Else the two lines would look the same: the head of both, and how much is left out."""
    head = "x" * 3000

    _, was, now = difference(f"{head} good\n".encode(), f"{head} evil\n".encode())

    assert (was[:30], was[-5:]) == ("- (2,901 characters as before)", " good")
    assert (now[:30], now[-5:]) == ("+ (2,901 characters as before)", " evil")


def test_tabs_in_place_of_blanks_are_seen() -> None:
    assert difference(b"    run\n", b"\trun\n") == ("@@ line 1, now 1", "-     run", "+ ␉run")
