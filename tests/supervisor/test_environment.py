from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from qudag_tui.core.checklist import Checklist, Plan, Section
from qudag_tui.core.event import Actor, Event, RunCreated
from qudag_tui.core.execution import Execution
from qudag_tui.core.instant import Instant
from qudag_tui.core.item import Item, Kind, Script
from qudag_tui.core.procedure import Procedure
from qudag_tui.core.state import State
from qudag_tui.core.step import Step
from qudag_tui.plan.named_files import missing_names
from qudag_tui.supervisor.attempt import Launch
from qudag_tui.supervisor.environment import launch_of, log_name

CREATED = RunCreated(
    1, "00", "run-1", "A plan", "v2", "0" * 64, "2026-11-22T20:00:00Z", "/srv/app/checklists.toml", "v1"
)
OURS = {"HOME": "/home/ana", "LANG": "C.UTF-8", "TOKEN": "hunter2hunter2", "LD_PRELOAD": "evil.so", "PATH": "/evil"}
NOW = Instant(datetime(2026, 11, 22, tzinfo=UTC), 0, "")


def plan(*steps: Step) -> Plan:
    script = Item(
        "deploy",
        "Deploy",
        Kind.SCRIPT,
        0,
        None,
        "canary",
        spec=Script(Step("deploy", "Deploy", run=("x",), secrets=("ITEM",))),
    )
    section = Section("canary", "Canary", "day", (script,), traffic="10%")
    return Plan(
        "A plan",
        "0" * 64,
        (Checklist("day", "Day", (section,)),),
        procedures={"rollback": Procedure("rollback", "Rollback", steps)},
    )


def launched(step: Step) -> Launch:
    state = State(plan(step))
    state.apply(Event(1, NOW, Actor("ana"), CREATED))
    return launch_of(step, state, CREATED, "/usr/bin:/bin", OURS)


def test_a_step_gets_the_allowed_names_its_own_and_where_it_stands() -> None:
    step = Step(
        "flags",
        "Flags off",
        run=("./flags", "off"),
        env={"MODE": "fast"},
        secrets=("TOKEN", "NONE"),
        cwd="ops",
        timeout_seconds=5,
    )

    assert launched(step) == Launch(
        ("./flags", "off"),
        {
            "PATH": "/usr/bin:/bin",
            "HOME": "/home/ana",
            "LANG": "C.UTF-8",
            "MODE": "fast",
            "TOKEN": "hunter2hunter2",
            "QUDAG_TUI_RUN": "run-1",
            "QUDAG_TUI_PHASE": "canary",
            "QUDAG_TUI_STEP": "flags",
            "QUDAG_TUI_RELEASE": "v2",
            "QUDAG_TUI_PREVIOUS": "v1",
        },
        "/srv/app/ops",
        5,
        10.0,
        ("hunter2hunter2",),
    )


def test_a_shell_gets_one_string_and_the_variables_by_the_environment_only() -> None:
    launch = launched(Step("flags", "Flags", run=("echo $node",), shell=True, env={"node": "; rm -rf /"}))

    assert launch.argv == ("/bin/sh", "-c", "echo $node")
    assert launch.env["node"] == "; rm -rf /"


def test_missing_secrets_are_named_once_of_all_steps_and_script_items() -> None:
    steps = (
        Step("a", "A", run=("x",), secrets=("TOKEN", "B")),
        Step("b", "B", steps=(Step("c", "C", run=("x",), secrets=("A", "B")),)),
    )

    assert missing_names(plan(*steps), OURS) == ("A", "B", "ITEM")


def test_every_attempt_of_every_step_has_a_log_of_its_own() -> None:
    execution = Execution(7, "rollback", (), "ana", NOW)
    long = ["x" * 200 + end for end in "ab"] + ["é" * 100 + end for end in "ab"]
    ids = ["flags-off", "rollback/flags-off", "rollback-flags-off", *long]
    names = [log_name(Step(id_, id_), execution, attempt) for id_ in ids for attempt in (1, 2)]

    assert names[0] == "0007-flags-off.1.log"
    assert names[2] == "0007-rollback+flags-off.1.log"
    assert len(set(names)) == len(names)
    assert all(len(name.encode()) < 200 and Path(name).name == name for name in names)


def test_no_name_that_the_file_sets_stands_before_the_path_that_was_reviewed() -> None:
    """Programs are pinned by their place in that PATH: another one would run others."""
    step = Step("flags", "Flags", run=("flags",), env={"PATH": "/evil", "QUDAG_TUI_RUN": "other"}, secrets=("PATH",))

    launch = launch_of(step, State(plan(step)), CREATED, "/usr/bin:/bin", {"PATH": "/also/evil"})

    assert (launch.env["PATH"], launch.env["QUDAG_TUI_RUN"]) == ("/usr/bin:/bin", "run-1")
