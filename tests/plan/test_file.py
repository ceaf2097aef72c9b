from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from qudag_tui.plan import PlanError, PlanErrors, parse_plan, read_plan
from tests.plan.checklist_text import ONE_CHECKLIST, TOP, errors_of, items, plan_of

SMALL = (TOP + ONE_CHECKLIST).encode()


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "checklists.toml"
    path.write_bytes(SMALL)

    plan = read_plan(path)

    assert (plan.title, list(plan.items), plan.sha256) == ("T", ["l/x"], sha256(SMALL).hexdigest())


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_plan(tmp_path / "checklists.toml")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_never_waits_for_what_is_no_regular_file(tmp_path: Path, make: object) -> None:
    path = tmp_path / "checklists.toml"
    assert callable(make)
    make(path)

    with pytest.raises(PlanErrors) as caught:
        read_plan(path)

    assert str(caught.value) == f"{path}:1:1: this is no regular file; a checklist file is one"


def test_reads_no_more_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "checklists.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(PlanErrors) as caught:
        read_plan(path)

    assert str(caught.value) == f"{path}:1:1: the file is larger than 16 MiB, the most that is allowed"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "1:1: the file is empty; qudag-tui init writes one to start from"),
        (b" \n\n", "1:1: the file is empty; qudag-tui init writes one to start from"),
        (b"\xef\xbb\xbf", "1:1: the file is empty; qudag-tui init writes one to start from"),
        (b"\x7fELF\x00\x00", "1:1: this is a binary file; a checklist file is TOML, as UTF-8 text"),
        ('title = "x"'.encode("utf-16"), "1:1: the file is UTF-16; save it as UTF-8"),
        (b"#" * (16 * 1024 * 1024 + 1), "1:1: the file is larger than 16 MiB, the most that is allowed"),
    ],
)
def test_says_what_the_file_is_instead(data: bytes, error: str) -> None:
    assert errors_of(data) == [error]


def test_a_byte_order_mark_at_the_start_is_skipped() -> None:
    plan = parse_plan(b"\xef\xbb\xbf" + SMALL, "f.toml")

    assert plan.title == "T"
    assert plan.sha256 == sha256(b"\xef\xbb\xbf" + SMALL).hexdigest()


def test_a_byte_order_mark_does_not_move_a_place() -> None:
    assert errors_of(b"\xef\xbb\xbftitle = 5\n" + ONE_CHECKLIST.encode()) == [
        "1:9: title must be a string that is not empty, not 5"
    ]


def test_names_each_line_that_is_not_utf_8_and_goes_on() -> None:
    assert errors_of(b'title = "\xc3\xa4\xff"\n# \xfe\nnotes = 5\n' + ONE_CHECKLIST.encode()) == [
        "1:11: byte 0xff is not UTF-8; save the file as UTF-8",
        "2:3: byte 0xfe is not UTF-8; save the file as UTF-8",
        "3:9: notes must be a list of strings, not 5",
    ]


def test_windows_line_ends_change_nothing_but_the_hash() -> None:
    text = items('"a"', '{ text = "b", done = 1 }')

    assert errors_of(text.replace("\n", "\r\n")) == errors_of(text) == ["7:22: done must be true or false, not 1"]


def test_an_error_prints_as_file_line_column_and_message() -> None:
    with pytest.raises(PlanErrors) as caught:
        parse_plan(b"title = 5\n" + ONE_CHECKLIST.encode(), "a/b.toml")

    assert caught.value.errors == (PlanError("a/b.toml", 1, 9, "title must be a string that is not empty, not 5"),)
    assert str(caught.value) == "a/b.toml:1:9: title must be a string that is not empty, not 5"


def test_what_an_error_quotes_reaches_no_terminal_as_it_is() -> None:
    assert errors_of(TOP + ONE_CHECKLIST + '[vars]\n"\\u001b[31m\\u202e" = "x"\n') == [
        '6:1: the name of a variable has small letters, digits and _, such as node; not "\\x1b[31m\\u202e"'
    ]


def test_a_place_counts_characters_not_bytes() -> None:
    assert errors_of(items('{ text = "日本語", done = 1 }')) == ["6:24: done must be true or false, not 1"]


def test_reports_all_that_is_wrong_in_the_order_of_the_file() -> None:
    text = """\
titel = "x"
[vars]
n = 5
[sources.node]
scrape = "{m}/metrics"
[metrics.e]
errors = "node:a"
[[checklists]]
title = "L"
[[checklists.sections]]
title = "S"
traffic = 10
items = ["a", 5, { text = "b", gaet = "cpu < 5%" }]
[[triggers]]
text = "t"
then = "stop"
"""
    assert errors_of(text) == [
        '1:1: "titel" is not a key of the file; did you mean "title"?',
        "1:1: title is missing; it is a string that is not empty",
        "3:5: a variable must be a string, not 5",
        '5:11: no variable has the name "m"; known are n; {{m}} keeps the braces',
        (
            "6:1: a metric has exactly one of gauge, rate, errors + total, hits + total, hits + misses, "
            "histogram + quantile; this one has errors"
        ),
        '12:11: traffic must be a share such as "10%", not 10',
        "13:15: an item must be a string, or a table with text, not 5",
        '13:32: "gaet" is not a key of an item; did you mean "gate"?',
        '16:8: then must be "offer" or "start", not "stop"',
    ]


def test_reports_at_most_a_thousand_and_how_many_more() -> None:
    errors = errors_of(TOP + ONE_CHECKLIST + "[vars]\n" + "".join(f"v{n} = {n}\n" for n in range(1200)))

    assert len(errors) == 1001
    assert errors[-1] == "1005:8: … and 200 more errors"


def test_loads_what_finds_places_only_for_a_file_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_bytes(SMALL)
    program = (
        "import sys, pathlib, qudag_tui.plan as plan\n"
        f"plan.read_plan(pathlib.Path({str(tmp_path / 'good.toml')!r}))\n"
        "slow = {'tree_sitter', 'tree_sitter_toml', 'tomlkit', 'difflib', 'textual', 'httpx', 'psutil'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
        "try: plan.parse_plan(b'a = 1', 'f')\n"
        "except plan.PlanErrors: print(sorted(slow & set(sys.modules)))\n"
    )

    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert out == "[]\n['difflib', 'tree_sitter', 'tree_sitter_toml']\n"


def test_an_empty_plan_asks_for_a_title_and_checklists() -> None:
    assert errors_of("# nothing yet\n") == [
        "1:1: there are no checklists; one starts with [[checklists]]",
        "1:1: title is missing; it is a string that is not empty",
    ]


def test_notes_and_trusts_are_kept() -> None:
    plan = plan_of(TOP + 'notes = ["a", "b"]\ntrusts = ["scripts/**"]\n' + ONE_CHECKLIST)

    assert (plan.notes, plan.trusts) == (("a", "b"), ("scripts/**",))


@pytest.mark.parametrize("path", ["/etc/**", "../x", "a/../../x"])
def test_trusts_only_what_lies_below(path: str) -> None:
    assert errors_of(TOP + f'trusts = ["{path}"]\n' + ONE_CHECKLIST) == [
        f'2:11: what is trusted lies below the checklist file\'s folder; "{path}" does not'
    ]
