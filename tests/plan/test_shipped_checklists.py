"""``checklists.toml`` at the top of the repository: the whole of the document that it was made from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from qudag_tui.core.checklist import Plan
from qudag_tui.core.item import Gate, Item, Kind, Signoff, Soak
from qudag_tui.core.metric import SourceKind
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.plan import read_plan
from qudag_tui.plan.warning import warnings

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checklists.toml"
SEED = ROOT / "tests" / "data" / "seed-boxes.txt"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan(SHIPPED)


def line_of(box: Item) -> str:
    return f"{'  ' * box.depth}[{'x' if box.claimed else ' '}] {box.text}"


def test_has_every_box_with_its_text_tick_and_depth_in_order(plan: Plan) -> None:
    lines: list[str] = []
    rollback = [
        "## Immediate Rollback Triggers",
        *(line_of(plan.boxes[trigger.id]) for trigger in plan.triggers),
        "## Rollback Procedure",
        *(line_of(plan.boxes[step.id]) for step in plan.procedures[ROLLBACK].walk()),
    ]
    for checklist in plan.checklists:
        # In the document the rollback stands before what is communicated.
        lines += rollback if checklist.title == "Communication Checklist" else []
        for section in checklist.sections:
            lines += [f"## {section.title}", *(line_of(item) for item in section.items)]

    seed = [line for line in SEED.read_text().splitlines() if line and not line.startswith("# ")]
    assert lines == seed


def test_counts_what_is_to_be_done_on_a_good_day(plan: Plan) -> None:
    steps = list(plan.procedures[ROLLBACK].walk())

    assert (len(plan.items), len(plan.triggers), len(steps), len(plan.boxes)) == (86, 5, 8, 99)
    assert sum(box.claimed for box in plan.boxes.values()) == 9


def test_says_as_data_what_the_document_says_in_words(plan: Plan) -> None:
    phases = [
        (phase.id, phase.traffic, next(item.spec.seconds for item in phase.items if isinstance(item.spec, Soak)))
        for phase in plan.phases
    ]
    due = {section.title: section.due_seconds for section in plan.sections.values() if section.due_seconds is not None}

    assert phases == [("canary", "10%", 1800.0), ("expansion", "50%", 3600.0), ("full-rollout", "100%", 7200.0)]
    assert due == {"Pre-Deployment (T-2 hours)": -7200.0, "Post-Deployment (T+24 hours)": 86400.0}
    assert [item.spec.role for item in plan.items.values() if isinstance(item.spec, Signoff)] == [
        "DevOps Lead",
        "Engineering Manager",
        "QA Lead",
        "Security Officer",
        "Product Manager",
    ]
    assert plan.notes == (
        "Emergency contacts listed in runbook",
        "Rollback can be initiated by any team lead",
        "All times in UTC",
        "Metrics dashboards: [link]",
        "Incident response: [link]",
    )


def test_every_threshold_is_a_condition(plan: Plan) -> None:
    gates = {item.text: item.spec.source for item in plan.items.values() if isinstance(item.spec, Gate)}
    triggers = {trigger.text: (trigger.source, trigger.for_seconds) for trigger in plan.triggers}

    assert gates == {
        "Response time < baseline + 10%": "response_time < baseline + 10%",
        "Error rate < 0.1%": "error_rate < 0.1%",
        "Memory usage stable": "memory stable within 5%",
        "CPU usage normal": "cpu < 80%",
        "Performance metrics stable": "response_time stable within 10%",
        "No memory leaks detected": "memory stable within 5%",
        "Cache hit rate > 95%": "cache_hit > 95%",
        "Network latency acceptable": "latency < 150 ms",
        "3.2x performance improvement confirmed": "throughput >= 3.2x baseline",
        "65% memory reduction verified": "node_memory <= baseline - 65%",
        "All systems stable": "cpu < 80% and memory stable within 5% and response_time stable within 10%",
        "Performance: 3.2x improvement achieved": "throughput >= 3.2x baseline",
        "Memory: 65% reduction confirmed": "node_memory <= baseline - 65%",
        "Cache hit rate: > 95%": "cache_hit > 95%",
        "Error rate: < 0.1%": "error_rate < 0.1%",
        "Availability: > 99.9%": "up >= 1",
    }
    assert triggers == {
        "Error rate > 1%": ("error_rate > 1%", 60.0),
        "Response time > baseline + 50%": ("response_time > baseline + 50%", 60.0),
        "Memory usage increasing unbounded": ("memory growing within 10%", 600.0),
        "System crashes or instability": ("", 0.0),
        "Data corruption detected": ("", 0.0),
    }


def test_the_first_metrics_of_every_phase_need_no_node(plan: Plan) -> None:
    for phase in plan.phases:
        kinds = [plan.sources[plan.metrics[name].series.source].kind for name in phase.metrics[:4]]
        assert kinds == [SourceKind.HOST] * 4


def test_the_rollback_has_its_deadlines_and_its_branch(plan: Plan) -> None:
    steps = plan.steps

    assert steps["flags-off"].target_seconds == 30.0
    assert steps["flags-off"].timeout_seconds == 120.0
    watch = steps["recovery"].until
    assert watch is not None
    assert watch.within_seconds == 300.0
    assert steps["not-recovered"].unless == "recovery"
    assert [step.id for step in steps["not-recovered"].steps] == ["code-rollback", "restore"]
    assert [step.text for step in steps.values() if step.is_persons] == [
        "Alert incident commander",
        "Document incident",
        "Root cause analysis",
    ]


def test_the_commands_of_the_rollback_do_what_they_say_and_may_be_repeated(plan: Plan, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "QUDAG_TUI_PREVIOUS": "v2.0.9", "QUDAG_TUI_RELEASE": "v2.1.0"}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sleep").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "sleep").chmod(0o755)
    environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"

    def run(step: str) -> str:
        argv = plan.steps[step].run
        return subprocess.run(argv, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout

    flags = "simd_crypto off\nmemory_pooling off\nconnection_pooling off\nbatch_operations off\ndns_cache off\n"
    for _ in range(2):
        assert run("flags-off") == flags
        assert run("code-rollback") == "taking back v2.1.0\ncurrent is releases/v2.0.9\n"
        assert run("restore") == "restored: as it was before v2.1.0\n"

    scratch = tmp_path / "scratch"
    assert (scratch / "flags").read_text() == flags.replace(" ", "=")
    assert (scratch / "current").readlink() == Path("releases/v2.0.9")
    assert (scratch / "current").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "scratch"]


def test_the_rollback_keeps_other_flags_and_leaves_no_release_folder(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "flags").write_text("mine=on\ndns_cache=on\n")
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    (tmp_path / "sleep").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "QUDAG_TUI_PREVIOUS": "../../etc"}

    subprocess.run(plan.steps["flags-off"].run, cwd=tmp_path, env=environment, check=True, capture_output=True)
    refused = subprocess.run(
        plan.steps["code-rollback"].run, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )

    assert (tmp_path / "scratch" / "flags").read_text().splitlines()[0] == "mine=on"
    assert "dns_cache=on" not in (tmp_path / "scratch" / "flags").read_text()
    assert (refused.returncode, refused.stderr) == (1, "../../etc is not the name of a release\n")


def test_check_points_at_the_gaps_of_the_document(plan: Plan) -> None:
    found = [warning.message for warning in warnings(plan, SHIPPED.read_bytes(), "checklists.toml")]

    assert found == [
        'the phase "Deployment Phase 3: Full Rollout (100%)" has no decision: it becomes go when all its boxes are settled',
        "error_rate between 0.1% and 1% lets neither a gate pass nor this trigger fire",
        "response_time between baseline + 10% and baseline + 50% lets neither a gate pass nor this trigger fire",
        '"Team Lead" may start this and is nowhere listed: no sign-off has that role',
    ]


def test_decisions_stand_where_the_document_has_them(plan: Plan) -> None:
    assert [phase.first(Kind.DECISION) is not None for phase in plan.phases] == [True, True, False]
