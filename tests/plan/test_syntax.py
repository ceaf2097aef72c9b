from __future__ import annotations

import sys
import tomllib

import pytest

from qudag_tui.plan import syntax
from tests.plan.checklist_text import ONE_CHECKLIST, TOP, errors_of, items, plan_of

BRACES = "no line break may stand between { and } in TOML 1.0; write it on one line, or as a table of its own"
DEEP = "lists and tables are nested too deeply here; items and steps may nest at most 32 deep"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("title = ", '1:9: no value that TOML knows stands here; a string needs quotes: key = "text"'),
        ("title = x", '1:9: no value that TOML knows stands here; a string needs quotes: key = "text"'),
        ("title", "1:6: a key needs a value: key = value"),
        ("title x = 1", "1:7: a key needs a value: key = value"),
        ("= 1", "1:1: a line is key = value, [table], [[array of tables]] or # comment"),
        ('title = "x" y = 1', "1:13: something follows the value; one key = value a line"),
        ('title = "x', '1:11: the string has no closing quote on its line; """ is for several lines'),
        ("title = 'x", "1:9: the string that starts here has no closing '"),
        ('title = """x', '1:9: the string that starts here has no closing """'),
        (
            'title = "\\e"',
            r"1:12: a backslash starts an escape: \\ \" \n \t \uXXXX; or write the string in single quotes",
        ),
        ('title = "\x01"', "1:10: illegal character '\\x01'"),
        ("title = 1__0", "1:10: something follows the value; one key = value a line"),
    ],
)
def test_says_what_is_misspelled_and_what_is_allowed(line: str, error: str) -> None:
    assert errors_of(line + "\n" + ONE_CHECKLIST) == [error]


def test_a_key_given_twice_is_reported_at_its_line() -> None:
    assert errors_of('title = "a"\ntitle = "b"\n' + ONE_CHECKLIST) == ["2:1: this key or table is given twice"]


def test_a_table_given_twice_is_reported_at_its_line() -> None:
    assert errors_of(TOP + ONE_CHECKLIST + "[vars]\n[vars]\n") == ["6:1: this key or table is given twice"]


def test_reports_every_misspelled_line_and_what_else_is_wrong() -> None:
    text = "title = \n[vars]\na = 1\nb = = 2\n" + items('"x"', "{ text = 5 }").removeprefix('title = "T"\n')

    assert errors_of(text) == [
        '1:9: no value that TOML knows stands here; a string needs quotes: key = "text"',
        "3:5: a variable must be a string, not 1",
        '4:5: no value that TOML knows stands here; a string needs quotes: key = "text"',
        "10:10: text must be a string that is not empty, not 5",
    ]


def test_does_not_miss_what_a_misspelled_line_may_have_said() -> None:
    assert errors_of('title = "T"\n[metrics.cpu]\ngauge = \n' + ONE_CHECKLIST) == [
        '3:9: no value that TOML knows stands here; a string needs quotes: key = "text"'
    ]


def test_an_error_that_follows_from_the_line_before_is_not_reported() -> None:
    assert errors_of('title = "T"\nnotes = x[\n  "a",\n  "b",\n]\n' + ONE_CHECKLIST)[0] == (
        '2:9: no value that TOML knows stands here; a string needs quotes: key = "text"'
    )


def test_a_line_break_in_braces_has_its_own_message_each_time() -> None:
    text = items('{ text = "a",\n done = true }', '{ text = "b", # why\n note = 5,\n}', "7")

    assert errors_of(text) == [
        f"6:14: {BRACES}",
        f"8:20: {BRACES}",
        "9:9: note must be a string, not 5",
        "9:10: no comma may stand before } in TOML 1.0",
        "11:1: an item must be a string, or a table with text, not 7",
    ]


def test_a_list_in_braces_may_be_broken() -> None:
    plan = plan_of(items('{ text = "a", items = [\n  "b", # one\n  "c",\n] }'))

    assert list(plan.items) == ["list/a", "list/a/b", "list/a/c"]


def test_a_brace_that_never_closes_is_an_error_where_its_line_ends() -> None:
    assert errors_of(items('{ text = "a"', '"b"')) == [f"6:14: {BRACES}"]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 20_000,
        "a = " + "[" * 20_000 + "]" * 20_000,
        "a = " + "{a=" * 20_000 + "1" + "}" * 20_000,
    ],
)
def test_twenty_thousand_levels_are_an_error(text: str) -> None:
    (error,) = errors_of(text)

    assert error.endswith(DEEP)


@pytest.mark.parametrize("key", [".".join(["a"] * 20_000), ".".join(['"a b"'] * 20_000), ". ".join(["'a'"] * 20_000)])
@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "[[{}]]", "x = {{ {} = 1 }}"])
def test_twenty_thousand_parts_of_a_key_are_an_error(key: str, form: str) -> None:
    (error,) = errors_of(form.format(key))

    assert error.endswith(": a key has at most 64 parts")


def test_dots_in_strings_and_comments_are_no_key() -> None:
    assert errors_of("# " + ".a" * 100 + "\n" + items('"x' + ".a" * 100 + '"', "'\"y" + ".a" * 100 + "'")) == []


def test_a_number_of_thousands_of_digits_is_an_error() -> None:
    assert errors_of(TOP + "notes = " + "1" * 5000) == ["2:9: a number has at most 4,000 digits"]


def test_newer_pythons_read_no_newer_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    def newer(text: str) -> dict[str, object]:
        return {} if "\n" in text else {"read": text}

    monkeypatch.setattr(sys, "version_info", (3, 15))
    monkeypatch.setattr(tomllib, "loads", newer)

    spelled = syntax.spell("a = { b = 1,\n }")

    assert [(slip.line, slip.message) for slip in spelled.slips] == [
        (1, "no comma may stand before } in TOML 1.0"),
        (1, BRACES),
    ]
    assert spelled.values == {"read": "a = { b = 1   }"}
