"""Triggers, procedures and the commands of items."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core.condition import Comparison, Threshold
from qudag_tui.core.procedure import Procedure
from qudag_tui.core.step import OnFailure, Step, Until
from qudag_tui.core.trigger import Then, Trigger
from qudag_tui.core.unit import Unit
from tests.plan.checklist_text import CPU, ONE_CHECKLIST, TOP, errors_of, items, plan_of

HOT = Threshold("cpu", Comparison.ABOVE, 95.0, Unit.PERCENT)
COOL = Threshold("cpu", Comparison.BELOW, 80.0, Unit.PERCENT)


def steps(*lines: str, before: str = "") -> str:
    """A file whose rollback has these steps, one a line from line 8 on."""
    return TOP + ONE_CHECKLIST + CPU + before + "[procedures.rollback]\nsteps = [" + ",\n".join(lines) + "]\n"


def step_of(line: str, before: str = "") -> Step:
    return plan_of(steps(line, before=before)).procedures["rollback"].steps[0]


@pytest.mark.parametrize(("written", "people"), [("", 1), ("approvals = 1\n", 1), ("approvals = 5\n", 5)])
def test_a_procedure_may_need_several_people(written: str, people: int) -> None:
    text = TOP + ONE_CHECKLIST + f"[procedures.rollback]\n{written}steps = [{{ text = 'x' }}]\n"

    assert plan_of(text).procedures["rollback"].approvals == people


@pytest.mark.parametrize("wrong", ["0", "6", "true", '"2"', "2.0", "[2]"])
def test_so_many_people_as_no_procedure_can_need_are_refused(wrong: str) -> None:
    text = TOP + ONE_CHECKLIST + f"[procedures.rollback]\napprovals = {wrong}\nsteps = [{{ text = 'x' }}]\n"

    (error,) = errors_of(text)
    assert "13: approvals must be a whole number from 1 to 5, not " in error


def test_the_example_of_the_documentation_of_approvals_needs_two_people() -> None:
    text = (Path(__file__).parents[2] / "docs" / "approvals.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]

    assert plan_of(example).procedures["rollback"].approvals == 2


def test_a_procedure_has_steps_branches_and_watches() -> None:
    text = steps(
        '{ text = "Alert" }',
        '{ id = "off", text = "Flags off", run = ["./flags", "off"] }',
        '{ id = "recovery", text = "Watch", until = "cpu < 80%", within = "5m" }',
        '{ text = "If not", unless = "recovery", steps = [{ text = "Switch", run = ["./switch"] }, { text = "Call" }] }',
    )

    assert plan_of(text).procedures == {
        "rollback": Procedure(
            "rollback",
            "Rollback",
            (
                Step("rollback/alert", "Alert"),
                Step("off", "Flags off", run=("./flags", "off")),
                Step("recovery", "Watch", until=Until(COOL, "cpu < 80%", 300.0)),
                Step(
                    "rollback/if-not",
                    "If not",
                    unless="recovery",
                    steps=(
                        Step("rollback/if-not/switch", "Switch", depth=1, parent="rollback/if-not", run=("./switch",)),
                        Step("rollback/if-not/call", "Call", depth=1, parent="rollback/if-not"),
                    ),
                ),
            ),
        )
    }


def test_steps_can_be_written_as_an_array_of_tables() -> None:
    text = (
        TOP
        + ONE_CHECKLIST
        + (
            '[procedures.rollback]\ntitle = "Back"\n[[procedures.rollback.steps]]\ntext = "a"\n'
            '[[procedures.rollback.steps.steps]]\ntext = "b"\n[[procedures.rollback.steps]]\ntext = "c"\n'
        )
    )
    procedure = plan_of(text).procedures["rollback"]

    assert (procedure.title, [step.id for step in procedure.walk()]) == (
        "Back",
        ["rollback/a", "rollback/a/b", "rollback/c"],
    )


def test_a_command_says_all_it_can() -> None:
    line = (
        '{ text = "x", run = ["./go", "{v}"], undo = ["./back", "{v}"], target = "30s", timeout = "2m", attempts = 3, '
        'idempotent = true, required = true, confirm = true, on_failure = "continue", cwd = "tools", grace = "5s", '
        'env = { A_B = "{v}" }, secrets = ["TOKEN"], done = true }'
    )

    assert step_of(line, before='[vars]\nv = "1"\n') == Step(
        "rollback/x",
        "x",
        run=("./go", "1"),
        undo=("./back", "1"),
        target_seconds=30.0,
        timeout_seconds=120.0,
        attempts=3,
        idempotent=True,
        required=True,
        confirm=True,
        on_failure=OnFailure.CONTINUE,
        cwd="tools",
        grace_seconds=5.0,
        env={"A_B": "1"},
        secrets=("TOKEN",),
        claimed=True,
    )


def test_variables_reach_a_shell_only_as_environment_variables() -> None:
    line = '{ text = "x", shell = true, run = "echo {v} $v", undo = "echo {v}", env = { v = "mine" } }'

    step = step_of(line, before='[vars]\nv = "1; rm"\nw = "2"\n')

    assert (step.run, step.undo, step.shell, step.env) == (
        ("echo {v} $v",),
        ("echo {v}",),
        True,
        {"v": "mine", "w": "2"},
    )


@pytest.mark.parametrize("unless", ["recovery", "rollback/first/watch", "first/watch", "watch"])
def test_a_branch_names_its_watch_by_id_or_its_end(unless: str) -> None:
    watch = '{ text = "Watch", until = "cpu < 80%", within = "5m"'
    watch = watch + (', id = "recovery" }' if unless == "recovery" else " }")
    branch = f'{{ text = "If", unless = "{unless}", steps = [{{ text = "y" }}] }}'

    plan = plan_of(steps(f'{{ text = "First", steps = [{watch}] }}', branch))

    assert plan.steps["rollback/if"].unless == ("recovery" if unless == "recovery" else "rollback/first/watch")


ARGV = 'a list of words such as ["./flags", "off"], or one string with shell = true'


@pytest.mark.parametrize(
    ("line", "errors"),
    [
        ("5", ["8:10: steps must be an array of tables: [[procedures.rollback.steps]]; 5 is no table"]),
        ("{ run = ['x'] }", ["8:10: text is missing; it is a string that is not empty"]),
        ('{ text = "x", run = "go" }', [f"8:30: run must be {ARGV}; this string has no shell = true beside it"]),
        ('{ text = "x", run = ["go"], shell = true }', ["8:30: run must be one string where shell = true"]),
        ('{ text = "x", run = [] }', [f"8:30: run must be {ARGV}, not a list"]),
        ('{ text = "x", run = 5 }', [f"8:30: run must be {ARGV}, not 5"]),
        (
            '{ text = "x", run = ["", "", 5, "a\\u0000"] }',
            [
                '8:31: a word of a command must be a string, the first not empty, none with a NUL; not ""',
                "8:39: a word of a command must be a string, the first not empty, none with a NUL; not 5",
                '8:42: a word of a command must be a string, the first not empty, none with a NUL; not "a\\x00"',
            ],
        ),
        (
            '{ text = "x", run = ["go"], attempts = 2 }',
            ["8:49: attempts of more than 1 need idempotent = true: a second try must do no harm"],
        ),
        ('{ text = "x", run = ["go"], attempts = 0 }', ["8:49: attempts must be a whole number from 1 to 100, not 0"]),
        (
            '{ text = "x", run = ["go"], attempts = true }',
            ["8:49: attempts must be a whole number from 1 to 100, not true"],
        ),
        ('{ text = "x", timeout = "1m" }', ["8:24: timeout has a meaning only beside run"]),
        (
            '{ text = "x", run = ["go"], on_failure = "stop" }',
            ['8:51: on_failure must be "ask" or "continue", not "stop"'],
        ),
        (
            '{ text = "x", run = ["go"], env = { "A=B" = "x", C = 5 } }',
            [
                '8:46: the name of an environment variable has letters, digits and _; not "A=B"',
                "8:63: an environment variable must be a string, not 5",
            ],
        ),
        (
            '{ text = "x", run = ["go"], secrets = ["A B"] }',
            ['8:49: the name of a secret has letters, digits and _; not "A B"'],
        ),
        (
            '{ text = "x", run = ["go"], until = "cpu < 80%", within = "5m" }',
            ["8:38: a step has one of run, until and steps, not run and until"],
        ),
        (
            '{ text = "x", until = "cpu < 80%", within = "5m", steps = [] }',
            ["8:60: a step has one of run, until and steps, not until and steps"],
        ),
        ('{ text = "x", until = "cpu < 80%" }', ['8:24: until needs a deadline: within = "5m"']),
        (
            '{ text = "x", until = "cpu < 80% and cpu stable within 5%", within = "5m" }',
            ["8:47: until: a trend is judged over a soak, and cannot be waited for; compare cpu with a limit"],
        ),
        ('{ text = "x", within = "5m" }', ["8:24: within has a meaning only beside until"]),
        (
            '{ text = "x", unless = "y", steps = [] }',
            ['8:33: no earlier step with until has the id "y"; there are none'],
        ),
        (
            '{ text = "x", done = true, runn = ["x"] }',
            ['8:37: "runn" is not a key of a step; did you mean "run"?'],
        ),
    ],
)
def test_says_what_is_wrong_with_a_step(line: str, errors: list[str]) -> None:
    assert errors_of(steps(line)) == errors


def test_a_branch_names_an_earlier_watch_and_has_steps() -> None:
    watch = '{{ text = "{0}", until = "cpu < 80%", within = "5m" }}'
    text = steps(
        '{ text = "if", unless = "watch", steps = [{ text = "y" }] }',
        watch.format("Watch"),
        '{ text = "or", unless = "wach", steps = [{ text = "y" }] }',
        '{ text = "and", unless = "watch" }',
        '{ text = "Sub", steps = [' + watch.format("Watch") + "] }",
        '{ text = "no", unless = "watch", steps = [{ text = "y" }] }',
    )

    assert errors_of(text) == [
        '8:34: no earlier step with until has the id "watch"; there are none',
        '10:25: no earlier step with until has the id "wach"; known are rollback/watch',
        "11:17: unless has a meaning only beside steps",
        '13:25: several earlier steps are meant by "watch": rollback/watch, rollback/sub/watch; give the whole id',
    ]


def test_steps_nest_thirty_two_deep_and_no_deeper() -> None:
    def nested(levels: int) -> str:
        line = '{ text = "end" }'
        for level in range(levels):
            line = f'{{ text = "l{level}", steps = [{line}] }}'
        return steps(line)

    assert max(step.depth for step in plan_of(nested(31)).steps.values()) == 31
    assert [error.partition(": ")[2] for error in errors_of(nested(32))] == ["steps may nest at most 32 deep"]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("[procedures.rollback]\n", ["5:1: a procedure needs steps: [[procedures.rollback.steps]]"]),
        ("[procedures]\nrollback = 5\n", ["6:12: a procedure must be a table, not 5"]),
        (
            '[procedures."a b"]\nsteps = [{ text = "x" }]\n',
            ['5:13: the name of a procedure has letters, digits, -, _ and .; not "a b"'],
        ),
        (
            '[procedures.rollback]\nstep = [{ text = "x" }]\n',
            [
                "5:1: a procedure needs steps: [[procedures.rollback.steps]]",
                '6:1: "step" is not a key of a procedure; did you mean "steps"?',
            ],
        ),
    ],
)
def test_says_what_is_wrong_with_a_procedure(text: str, errors: list[str]) -> None:
    assert errors_of(TOP + ONE_CHECKLIST + text) == errors


def trigger(lines: str) -> str:
    return TOP + ONE_CHECKLIST + CPU + f"[[triggers]]\n{lines}\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('text = "Data is corrupt"', Trigger("triggers/data-is-corrupt", "Data is corrupt")),
        (
            'text = "Hot"\nwhen = "cpu > 95%"\nfor = "1m"\nthen = "start"',
            Trigger("triggers/hot", "Hot", HOT, "cpu > 95%", 60.0, Then.START, 60.0),
        ),
        (
            'text = "Hot"\nwhen = "cpu > 95%"\nthen = "start"\ncountdown = "1m 30s"',
            Trigger("triggers/hot", "Hot", HOT, "cpu > 95%", 0.0, Then.START, 90.0),
        ),
        (
            'id = "hot"\ntext = "Hot"\nwhen = "cpu > 95%"\ndone = true',
            Trigger("hot", "Hot", HOT, "cpu > 95%", claimed=True),
        ),
    ],
)
def test_a_trigger_is_watched_or_seen_by_a_person(lines: str, expected: Trigger) -> None:
    assert plan_of(trigger(lines)).triggers == (expected,)


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        ('when = "cpu > 95%"', ["7:1: text is missing; it is a string that is not empty"]),
        (
            'text = "x"\nwhen = "cpu > 95"',
            ['9:15: cpu is measured in "%", and the limit is in a plain number; allowed here: %'],
        ),
        ('text = "x"\nfor = "1m"', ["9:1: for has a meaning only beside when"]),
        ('text = "x"\nthen = "call"', ['9:8: then must be "offer" or "start", not "call"']),
        (
            'text = "x"\nthen = "start"',
            ['9:8: then = "start" needs when: only a measured condition may start the rollback'],
        ),
        (
            'text = "x"\nwhen = "cpu > 95%"\ncountdown = "9s"',
            ['10:13: countdown has a meaning only beside then = "start"'],
        ),
        ('text = "x"\ngate = "cpu > 95%"', None),
    ],
)
def test_says_what_is_wrong_with_a_trigger(lines: str, errors: list[str] | None) -> None:
    known = "known are id, text, when, for, then, countdown, done"

    assert errors_of(trigger(lines)) == (errors or [f'9:1: "gate" is not a key of a trigger; {known}'])


def test_an_item_that_runs_a_command_has_a_step_of_its_id() -> None:
    plan = plan_of(items('{ id = "go", text = "Go", run = ["./go"] }'))

    assert plan.items["go"].spec is not None
    assert getattr(plan.items["go"].spec, "step", None) == Step("go", "Go", run=("./go",))
