from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.plan.slug import is_id, slug
from tests.plan.checklist_text import ONE_CHECKLIST, TOP, errors_of, items, plan_of

RULE = "letters, digits, -, _ and . in segments joined by /, starting with a letter or digit, at most 200 characters"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Deploy to canary environment", "deploy-to-canary-environment"),
        ("Response time < baseline + 10%", "response-time-baseline-10"),
        ("  --A/B test--  ", "a-b-test"),
        ("CI/CD: 3.2x!", "ci-cd-3-2x"),
        ("Größe STRASSE ß", "grösse-strasse-ss"),
        ("ﬁnal ＡＢＣ", "final-abc"),
        ("Ω ДОСТУП", "ω-доступ"),
        ("デプロイ を 開始", "デプロイ-を-開始"),
        ("परीक्षण की", "परीक्षण-की"),
        ("⚠️ ready 1️⃣", "ready-1"),
        ("e\u0301te\u0301", "été"),
        ("\u202eabc\x1b[0m", "abc-0m"),
        ("!!!", ""),
        ("✔ ▸", ""),
    ],
)
def test_a_slug_is_readable_in_any_script(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text(max_size=60))
def test_a_slug_is_an_id_or_empty_and_stays_what_it_is(text: str) -> None:
    made = slug(text)

    assert made == "" or is_id(made[:200].rstrip("-"))
    assert slug(made) == made
    assert "/" not in made


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_plain_text_takes_no_other_way_than_the_rest(text: str) -> None:
    assert slug(text + "é").removesuffix("é").rstrip("-") == slug(text)


def test_an_id_is_the_path_of_the_texts_above() -> None:
    text = '[[checklists]]\ntitle = "Big Day"\n[[checklists.sections]]\ntitle = "Pre (T-2)"\nitems = [{ text = "A b", items = ["C"] }]\n'

    plan = plan_of(TOP + text)

    assert ([c.id for c in plan.checklists], list(plan.sections), list(plan.items)) == (
        ["big-day"],
        ["big-day/pre-t-2"],
        ["big-day/pre-t-2/a-b", "big-day/pre-t-2/a-b/c"],
    )


def test_a_given_id_replaces_the_path_above_it() -> None:
    text = (
        '[[checklists]]\ntitle = "Day"\n[[checklists.sections]]\nid = "canary"\ntitle = "Phase 1"\n'
        'items = ["Deploy", { id = "Soak.1/main", text = "Watch", items = ["CPU"] }]\n'
    )

    assert list(plan_of(TOP + text).items) == ["canary/deploy", "Soak.1/main", "Soak.1/main/cpu"]


def test_an_id_does_not_come_from_a_position() -> None:
    assert set(plan_of(items('"a"', '"b"', '"c"')).items) == set(plan_of(items('"c"', '"b"', '"a"')).items)


@pytest.mark.parametrize("given_id", ["", "-x", "/x", "x/", "x//y", "a b", "x\\u001b", "#x", "x" * 201])
def test_a_given_id_has_a_form(given_id: str) -> None:
    shown = given_id.replace("\\u001b", "\\x1b") if len(given_id) < 60 else "x" * 59 + "…"

    assert errors_of(items(f'{{ text = "t", id = "{given_id}" }}')) == [f'6:20: id must be {RULE}, not "{shown}"']


def test_an_id_is_a_string() -> None:
    assert errors_of(items('{ text = "t", id = 5 }')) == [
        "6:20: id must be a string of letters, digits, -, _, . and /, not 5"
    ]


def test_siblings_of_one_slug_are_an_error_that_names_both_places() -> None:
    assert errors_of(items('"Deploy now"', '"other"', '"deploy, NOW!"')) == [
        '8:1: the id "list/deploy-now" is taken already at f.toml:6:1; give one of the two an id of its own'
    ]


def test_equal_ids_are_an_error_wherever_they_are() -> None:
    text = items('{ text = "a", id = "x" }') + (
        '[[triggers]]\nid = "x"\ntext = "t"\n[procedures.list]\nsteps = [{ text = "s", id = "x" }]\n'
    )

    rule = "give one of the two an id of its own"
    assert errors_of(text) == [
        f'8:1: the id "x" is taken already at f.toml:6:1; {rule}',
        f'11:1: the id "list" is taken already at f.toml:2:1; {rule}',
        f'12:10: the id "x" is taken already at f.toml:6:1; {rule}',
    ]


def test_a_checklist_of_the_name_of_the_triggers_gets_an_id() -> None:
    text = TOP + ONE_CHECKLIST.replace('"L"', '"Triggers"') + '[[triggers]]\ntext = "t"\n'

    assert errors_of(text) == [
        '2:1: the id "triggers" is taken already at f.toml:5:1; give one of the two an id of its own'
    ]


def test_a_text_of_signs_asks_for_an_id() -> None:
    assert errors_of(items('"✔✔"')) == [f'6:1: no id can be made from "✔✔"; give it one: id = "…" ({RULE})']
    assert list(plan_of(items('{ text = "✔✔", id = "ticks" }')).items) == ["ticks"]


def test_triggers_and_steps_have_paths_of_their_own() -> None:
    text = (
        TOP + ONE_CHECKLIST + '[[triggers]]\ntext = "Error rate > 1%"\n'
        '[procedures.rollback]\nsteps = [{ text = "Alert" }, { text = "If", steps = [{ text = "Then" }] }]\n'
    )

    assert list(plan_of(text).boxes) == [
        "l/x",
        "triggers/error-rate-1",
        "rollback/alert",
        "rollback/if",
        "rollback/if/then",
    ]
