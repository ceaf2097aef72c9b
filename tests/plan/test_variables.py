"""Variables."""

from __future__ import annotations

import pytest

from tests.plan.checklist_text import ONE_CHECKLIST, TOP, errors_of, items, plan_of


def file(*parts: str) -> str:
    """Parts of a file from line 5 on."""
    return TOP + ONE_CHECKLIST + "".join(parts)


def test_a_variable_stands_in_addresses_and_commands_and_may_be_overridden() -> None:
    text = file(
        '[vars]\nnode = "http://a"\n[sources.n]\nscrape = "{node}/m"\n[sources.c]\ncommand = ["ask", "{node}"]\n'
        '[sources.p]\nprocess = { pid_file = "/run/{node}.pid" }\n'
    )

    def targets(overrides: dict[str, str] | None = None) -> list[object]:
        return [dict(source.target) for name, source in plan_of(text, overrides).sources.items() if name != "host"]

    assert targets() == [
        {"address": "http://a/m"},
        {"argv": ("ask", "http://a")},
        {"pid_file": "/run/http://a.pid"},
    ]
    assert targets({"node": "http://b"})[0] == {"address": "http://b/m"}
    assert plan_of(text, {"node": "http://b"}).vars == {"node": "http://b"}


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("{v}", "VALUE"),
        ("a{v}b{v}", "aVALUEbVALUE"),
        ("{{v}}", "{v}"),
        ("{{unknown}}", "{unknown}"),
        ("${v}", "${v}"),
        ("${v:-x} $v", "${v:-x} $v"),
        ('{"json": 1}', '{"json": 1}'),
        ("{ v }", "{ v }"),
        ("{}", "{}"),
    ],
)
def test_only_a_name_in_single_braces_is_a_variable(word: str, filled: str) -> None:
    text = file(f"[vars]\nv = 'VALUE'\n[sources.c]\ncommand = ['ask', '''{word}''']\n")

    assert plan_of(text).sources["c"].target == {"argv": ("ask", filled)}


def test_a_value_is_never_filled_again() -> None:
    text = file('[vars]\na = "{b}"\nb = "x"\n[sources.c]\ncommand = ["{a}"]\n')

    assert plan_of(text).sources["c"].target == {"argv": ("{b}",)}


def test_texts_have_no_variables() -> None:
    assert [i.text for i in plan_of(items('"take {node} down"')).items.values()] == ["take {node} down"]


def test_an_unknown_variable_is_reported_at_its_character() -> None:
    assert errors_of(file('[vars]\nnode = "x"\n[sources.c]\ncommand = ["ask", "--at={nod}"]\n')) == [
        '8:25: no variable has the name "nod"; did you mean "node"?; {{nod}} keeps the braces'
    ]


def test_an_override_needs_a_declared_variable() -> None:
    assert errors_of(file('[vars]\nnode = "x"\n'), {"nod": "y"}) == [
        '5:1: --var nod: [vars] has no variable of this name; did you mean "node"?'
    ]
    assert errors_of(file(), {"nod": "y"}) == ["1:1: --var nod: [vars] has no variable of this name; there are none"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("n = 5", "6:5: a variable must be a string, not 5"),
        (
            'Node = "x"',
            '6:1: the name of a variable has small letters, digits and _, such as node; not "Node"',
        ),
        ('n = "\\u0000"', '6:5: a variable must be a string, not "\\x00"'),
    ],
)
def test_a_variable_is_a_string_with_a_plain_name(line: str, error: str) -> None:
    assert errors_of(file(f"[vars]\n{line}\n")) == [error]
