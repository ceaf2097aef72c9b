"""What a verdict on counts rests on, at the start of its soak."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.intent import Tick
from qudag_tui.core.item import Gate
from qudag_tui.core.observed import SUPERVISOR
from qudag_tui.core.slots import Window
from qudag_tui.core.verdict import Finding, Verdict
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample
from qudag_tui.sources.opening import open_source
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.grounds import Grounds
from qudag_tui.supervisor.looks import Looks
from qudag_tui.supervisor.sampler import Sampler
from tests.supervisor.supervised import Supervised, canary

Build = Callable[..., Supervised]
WALL = datetime(2026, 11, 22, tzinfo=UTC)
START, SLOTS = 1000, 60
HEAD = """
title = "A deployment"
[sources.node]
every = "1s"
scripted = { errors = [0], total = [1000] }
[metrics.error_rate]
errors = "node:errors"
total = "node:total"
"""
CHECKLISTS = canary(
    '{ id = "watch", text = "Watch", soak = "1m", items = [{ id = "errors", text = "Errors", gate = "error_rate < 1%" }] }'
)


def counted(slots: Iterable[int]) -> list[Sample]:
    """A thousand requests a second; the first two seconds of the soak are nothing but errors."""
    rows = []
    for slot in slots:
        errors = 1000.0 * min(2, max(0, slot - START))
        parts = {"events": 1e6 + errors, "total": 1e9 + 1000.0 * slot, "resets": 0.0}
        rows += [Sample(f"error_rate:{name}", slot * NANOSECONDS, WALL, value) for name, value in parts.items()]
    return rows


def beats(slots: Iterable[int]) -> list[Sample]:
    return [Sample(SUPERVISOR, slot * NANOSECONDS, WALL, 1.0) for slot in slots if slot % 5 == 0]


@pytest.fixture
def look(supervised: Build) -> Callable[[list[Sample]], Finding]:
    """The verdict over the whole soak by these samples."""
    run = supervised(head=HEAD, checklists=CHECKLISTS).run

    def looked(rows: list[Sample]) -> Finding:
        with closing(Evidence(run.folder)) as evidence:
            sampler = Sampler(run.plan, lambda source, _: open_source(source, run.folder.path), lambda _: 0, evidence)
            evidence.add(rows)
            gate = run.plan.items["errors"]
            assert isinstance(gate.spec, Gate)
            window = Window(START * NANOSECONDS, (START + SLOTS) * NANOSECONDS)
            return Grounds(run.plan, sampler, evidence).judge(gate, gate.spec, window, window.end_ns, run.state)

    return looked


def test_a_burst_at_the_start_of_a_soak_is_seen(look: Callable[[list[Sample]], Finding]) -> None:
    assert look(counted(range(900, 1061)) + beats(range(900, 1061))).verdict is Verdict.FAIL


@pytest.mark.parametrize("gone", [range(1000, 1003), range(985, 1003), range(500, 1003)])
def test_counts_that_are_missing_at_the_start_although_somebody_looked_pass_nothing(
    look: Callable[[list[Sample]], Finding], gone: range
) -> None:
    """The source was away from before the soak until just after the burst."""
    found = look(counted(slot for slot in range(400, 1061) if slot not in gone) + beats(range(400, 1061)))

    assert (found.verdict, "no count at the start of the window" in found.line) == (Verdict.UNKNOWN, True)


def test_a_supervisor_that_comes_in_the_middle_of_a_soak_judges_all_of_it(supervised: Build) -> None:
    """It looks first at what was counted before the soak, when it has no sample of its own yet."""
    run = supervised(head=HEAD, checklists=CHECKLISTS).run
    gate = run.plan.items["errors"]
    assert isinstance(gate.spec, Gate)
    with closing(Evidence(run.folder)) as before:
        before.add(counted(range(900, 1040)) + beats(range(900, 1040)))
    with closing(Evidence(run.folder)) as evidence:
        sampler = Sampler(run.plan, lambda source, _: open_source(source, run.folder.path), lambda _: 0, evidence)
        grounds = Grounds(run.plan, sampler, evidence)

        def looked(slot: int) -> Finding:
            assert isinstance(gate.spec, Gate)
            window = Window(START * NANOSECONDS, slot * NANOSECONDS)
            return grounds.judge(gate, gate.spec, window, window.end_ns, run.state)

        first = looked(1039)
        evidence.add(counted(range(1040, 1061)) + beats(range(1040, 1061)))
        found = looked(1060)
        observed = grounds.observed({SUPERVISOR: 5.0}, Window(START * NANOSECONDS, 0), 1060 * NANOSECONDS)

    assert (first.evidence["missing"], first.verdict) == (0, Verdict.FAIL)
    assert (found.evidence["missing"], found.verdict) == (0, Verdict.FAIL)
    assert observed == 60.0


@pytest.mark.parametrize(
    ("earlier", "first", "verdict"), [([], 1003, "pass"), (range(400, 900), 1003, "pass"), ([], 1020, "unknown")]
)
def test_counting_begins_with_a_supervisor_that_came_with_the_soak(
    look: Callable[[list[Sample]], Finding], earlier: Iterable[int], first: int, verdict: str
) -> None:
    """Nobody looked just before it: its window begins at the first look, as long as that came soon."""
    now = counted(range(first, 1061)) + beats(range(1001, 1061))

    assert look([*counted(earlier), *beats(earlier), *now]).verdict == verdict


def test_counting_begins_with_the_trust_that_came_just_before_the_soak(look: Callable[[list[Sample]], Finding]) -> None:
    assert look(counted(range(1003, 1061)) + beats(range(900, 1061))).verdict is Verdict.PASS


@pytest.mark.parametrize(("counts", "kinds"), [(64, []), (67, ["gate judged", "soak completed"])])
def test_a_soak_over_a_ratio_ends_with_the_last_slot_that_was_answered_and_waits_for_its_counts(
    supervised: Build, monkeypatch: pytest.MonkeyPatch, counts: int, kinds: list[str]
) -> None:
    """It is observed by its counts; what is waited for is the ratio all the same."""
    deployment = supervised(head=HEAD, checklists=CHECKLISTS)
    deployment.ask(Tick("watch"))
    run, later = deployment.run, clock.now().plus(75)
    [(_, soak)] = run.state.counting_soaks
    began = soak.started_run_ns // NANOSECONDS
    with closing(Evidence(run.folder)) as evidence:
        sampler = Sampler(run.plan, lambda source, _: open_source(source, run.folder.path), lambda _: 0, evidence)
        answered = (began + 65) * NANOSECONDS
        monkeypatch.setattr(sampler, "settled_ns", lambda name, now: answered if name == "error_rate" else now)
        evidence.add([*counted(range(began - 10, began + counts)), *counted([began + 74])])

        found = list(Looks(Grounds(run.plan, sampler, evidence)).ready(run.state, later))

    assert [fact.kind for fact in found] == kinds
