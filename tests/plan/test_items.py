from __future__ import annotations

import pytest

from qudag_tui.core.checklist import Checklist, Section
from qudag_tui.core.condition import Comparison, Threshold
from qudag_tui.core.item import Gate, Item, Kind, Script, Signoff, Soak
from qudag_tui.core.step import Step
from qudag_tui.core.unit import Unit
from tests.plan.checklist_text import CPU, ONE_CHECKLIST, TOP, errors_of, items, plan_of

COLD = Threshold("cpu", Comparison.BELOW, 80.0, Unit.PERCENT)


def manual(item_id: str, text: str, depth: int = 0, parent: str | None = None, section: str = "list") -> Item:
    return Item(item_id, text, Kind.MANUAL, depth, parent, section)


def test_items_nest_and_stay_in_order() -> None:
    plan = plan_of(items('"a"', '{ text = "b", items = ["c", { text = "d", items = ["e"] }] }', '"f"'))

    assert list(plan.items.values()) == [
        manual("list/a", "a"),
        manual("list/b", "b"),
        manual("list/b/c", "c", 1, "list/b"),
        manual("list/b/d", "d", 1, "list/b"),
        manual("list/b/d/e", "e", 2, "list/b/d"),
        manual("list/f", "f"),
    ]


def test_a_checklist_without_sections_has_an_implicit_one() -> None:
    assert plan_of(items('"a"')).checklists == (
        Checklist("list", "L", (Section("list", "L", "list", (manual("list/a", "a"),), implicit=True),)),
    )


def test_a_section_says_all_it_can() -> None:
    text = """\
[[checklists]]
title = "Day"
[[checklists.sections]]
id = "canary"
title = "Canary (10%)"
traffic = "10.0 %"
metrics = ["cpu"]
at = "T-2h"
ordered = true
items = ["a"]
"""
    assert plan_of(TOP + CPU + text).checklists[0].sections == (
        Section(
            id="canary",
            title="Canary (10%)",
            checklist="day",
            items=(manual("canary/a", "a", section="canary"),),
            traffic="10%",
            metrics=("cpu",),
            due_seconds=-7200.0,
            ordered=True,
        ),
    )


def test_items_can_be_written_as_an_array_of_tables() -> None:
    text = """\
[[checklists]]
title = "Day"
[[checklists.sections]]
title = "S"
[[checklists.sections.items]]
text = "a"
[[checklists.sections.items.items]]
text = "b"
[[checklists.sections.items]]
text = "c"
"""
    assert list(plan_of(TOP + text).items) == ["day/s/a", "day/s/a/b", "day/s/c"]


@pytest.mark.parametrize(
    ("line", "kind", "spec"),
    [
        ('{ text = "x" }', Kind.MANUAL, None),
        ('{ text = "x", decision = false }', Kind.MANUAL, None),
        ('{ text = "x", gate = "cpu < 80%" }', Kind.GATE, Gate(COLD, "cpu < 80%", 600.0, 0.01)),
        (
            '{ text = "x", gate = "cpu < 80%", window = "1h", tolerate = "0.5%" }',
            Kind.GATE,
            Gate(COLD, "cpu < 80%", 3600.0, 0.005),
        ),
        ('{ text = "x", soak = "30m" }', Kind.SOAK, Soak(1800.0)),
        ('{ text = "x", signoff = "QA Lead" }', Kind.SIGNOFF, Signoff("QA Lead")),
        (
            '{ text = "x", run = ["./go", "now"], target = "30s", timeout = "2m", required = true, confirm = true }',
            Kind.SCRIPT,
            Script(
                Step(
                    "list/x",
                    "x",
                    run=("./go", "now"),
                    target_seconds=30.0,
                    timeout_seconds=120.0,
                    required=True,
                    confirm=True,
                )
            ),
        ),
    ],
)
def test_a_key_says_what_kind_of_box_it_is(line: str, kind: Kind, spec: object) -> None:
    (item,) = plan_of(items(line) + CPU).items.values()

    assert (item.kind, item.spec) == (kind, spec)


def test_a_decision_is_one_of_a_phase() -> None:
    text = '[[checklists]]\ntitle = "D"\n[[checklists.sections]]\ntitle = "S"\ntraffic = "1%"\n'

    plan = plan_of(TOP + text + 'items = [{ text = "Go?", decision = true }]\n')

    assert [item.kind for item in plan.items.values()] == [Kind.DECISION]


def test_a_box_can_be_claimed_and_have_a_note() -> None:
    (item,) = plan_of(items('{ text = "x", done = true, note = "ask bo" }')).items.values()

    assert (item.claimed, item.note) == (True, "ask bo")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("5", "6:1: an item must be a string, or a table with text, not 5"),
        ('["a"]', "6:1: an item must be a string, or a table with text, not a list"),
        ('""', '6:1: no id can be made from ""; give it one: id = "…" (RULE)'),
        ("{}", "6:1: text is missing; it is a string that is not empty"),
        ('{ text = " " }', '6:10: text must be a string that is not empty, not " "'),
        ('{ text = "x", items = "y" }', '6:23: items must be a list of items: strings, or tables with text, not "y"'),
        ('{ text = "x", done = "yes" }', '6:22: done must be true or false, not "yes"'),
        ('{ text = "x", soak = 30 }', '6:22: soak must be a duration such as "30s", "5m" or "1h 30m", not 30'),
        (
            '{ text = "x", soak = "soon" }',
            (
                "6:22: soak: 'soon' is not a duration; allowed is a number with ms, s, m, h or d, such as "
                '"90s", "30m" or "1h 30m", at most a year'
            ),
        ),
        ('{ text = "x", soak = "0s" }', '6:22: soak must be longer than 0 s, not "0s"'),
        ('{ text = "x", signoff = true }', "6:25: signoff must be the role that signs, not true"),
        ('{ text = "x", signoff = false }', "6:25: signoff must be the role that signs, not false"),
        ('{ text = "x", decision = 1 }', "6:26: decision must be true or false, not 1"),
        ('{ text = "x", decision = true }', "6:1: a decision belongs to a phase; give the section its traffic"),
        (
            '{ text = "x", soak = "1m", gate = "cpu < 80%" }',
            "6:28: an item has at most one of gate, soak, decision, signoff, run, not soak and gate",
        ),
        ('{ text = "x", window = "1m" }', "6:15: window has a meaning only beside gate"),
        ('{ text = "x", timeout = "1m" }', "6:15: timeout has a meaning only beside run"),
        ('{ text = "x", target = "1m" }', "6:15: target has a meaning only beside run"),
        (
            '{ text = "x", gate = "cpu < 80%", tolerate = 0.1 }',
            '6:46: tolerate must be a share such as "1%", not 0.1',
        ),
        (
            '{ text = "x", gate = "cpu < 80%", done = true }',
            "6:42: a gate cannot be claimed in the file: it is decided by what happens in the run",
        ),
        ('{ text = "x", unit = 1 }', '6:15: "unit" is not a key of an item; KNOWN'),
    ],
)
def test_says_what_is_wrong_with_an_item(line: str, error: str) -> None:
    rule = (
        "letters, digits, -, _ and . in segments joined by /, starting with a letter or digit, at most 200 characters"
    )
    known = (
        "known are id, text, done, gate, window, tolerate, extend, soak, decision, signoff, note, items, run, shell, target, "
        "timeout, attempts, idempotent, undo, required, confirm, on_failure, cwd, grace, env, secrets"
    )

    assert errors_of(items(line) + CPU) == [error.replace("RULE", rule).replace("KNOWN", known)]


@pytest.mark.parametrize("kind", ["soak", "decision"])
def test_a_phase_has_one_of_each(kind: str) -> None:
    value = '"1m"' if kind == "soak" else "true"
    text = '[[checklists]]\ntitle = "D"\n[[checklists.sections]]\ntitle = "S"\ntraffic = "1%"\nitems = [\n'
    lines = f'{{ text = "a", {kind} = {value} }},\n{{ text = "b", {kind} = {value} }},\n]\n'

    assert errors_of(TOP + text + lines) == [f'9:1: a phase has one {kind}; this is another beside "a"']


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("traffic = 10", 'traffic must be a share such as "10%", not 10'),
        ('traffic = "101%"', 'traffic must be a share such as "10%", not "101%"'),
        ('traffic = "0%"', 'traffic must be a share such as "10%", not "0%"'),
        ('traffic = "ten"', 'traffic must be a share such as "10%", not "ten"'),
        ('traffic = "٣%"', 'traffic must be a share such as "10%", not "٣%"'),
        ('at = "2h"', 'at: \'2h\' is not an offset from T; allowed is "T-2h" or "T+24h"'),
        ("at = 2", 'at must be an offset from T such as "T-2h" or "T+24h", not 2'),
        ("ordered = 1", "ordered must be true or false, not 1"),
    ],
)
def test_says_what_is_wrong_with_a_section(line: str, error: str) -> None:
    text = f'[[checklists]]\ntitle = "D"\n[[checklists.sections]]\ntitle = "S"\n{line}\n'

    assert errors_of(TOP + text) == [f"6:{line.index('=') + 3}: {error}"]


def test_a_section_shows_only_metrics_that_there_are_each_once() -> None:
    text = '[[checklists]]\ntitle = "D"\n[[checklists.sections]]\ntitle = "S"\nmetrics = ["cpu", "cqu", "cpu"]\n'

    assert errors_of(TOP + text + CPU) == [
        '6:19: no metric has the name "cqu"; did you mean "cpu"?',
        '6:26: "cpu" is listed twice',
    ]


def test_a_checklist_has_sections_or_items() -> None:
    rule = "a checklist has sections or items; this one has"
    both = '[[checklists]]\ntitle = "B"\nitems = []\nsections = []\n'

    assert errors_of(TOP + '[[checklists]]\ntitle = "A"\n' + both) == [
        f"2:1: {rule} neither",
        f"4:1: {rule} both sections and items",
    ]


def test_wrong_types_everywhere_are_errors_and_no_more() -> None:
    keys = ["vars", "sources", "metrics", "procedures"]
    assert errors_of(
        "title = 1\nchecklists = 2\ntriggers = [3]\nnotes = 4\n" + "".join(f"{key} = 5\n" for key in keys)
    ) == [
        "1:9: title must be a string that is not empty, not 1",
        "2:14: checklists must be an array of tables: [[checklists]], not 2",
        "3:13: triggers must be an array of tables: [[triggers]]; 3 is no table",
        "4:9: notes must be a list of strings, not 4",
        "5:8: vars must be a table of strings, not 5",
        "6:11: sources must be a table of sources, not 5",
        "7:11: metrics must be a table of metrics, not 5",
        "8:14: procedures must be a table of procedures: [[procedures.rollback.steps]], not 5",
    ]


def nested(levels: int) -> str:
    line = '"end"'
    for level in range(levels):
        line = f'{{ text = "l{level}", items = [{line}] }}'
    return line


def test_items_nest_thirty_two_deep_and_no_deeper() -> None:
    assert max(item.depth for item in plan_of(items(nested(31))).items.values()) == 31
    assert [e.partition(": ")[2] for e in errors_of(items(nested(32)))] == ["items may nest at most 32 deep"]


def test_a_text_has_an_end() -> None:
    assert plan_of(items('"' + "x" * 1000 + '"')).items
    assert errors_of(items('"' + "x" * 1001 + '"', '{ text = "' + "y" * 1001 + '" }')) == [
        "6:1: a text has at most 1000 characters, not 1001",
        "7:10: text has 1001 characters; at most 1000 are allowed",
    ]


def test_ten_thousand_items_keep_their_order() -> None:
    plan = plan_of(items(*(f'"Item {n}"' for n in range(10_000))))

    assert list(plan.items) == [f"list/item-{n}" for n in range(10_000)]


def test_hostile_text_is_kept_as_it_is() -> None:
    (item,) = plan_of(items(r'"\u001b[31m [/x] \u202e ✔"')).items.values()

    assert item.text == "\x1b[31m [/x] \u202e ✔"


def test_the_one_checklist_of_the_builders_is_right() -> None:
    assert errors_of(TOP + ONE_CHECKLIST) == []
