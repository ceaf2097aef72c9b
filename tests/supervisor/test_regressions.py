"""How sure it has to be that a gate fails before its pass is taken back, and each time that it is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.intent import Record, Tick
from qudag_tui.core.item import Gate
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample
from qudag_tui.sources.opening import open_source
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.grounds import Grounds, own_window
from qudag_tui.supervisor.regressions import Regressions
from qudag_tui.supervisor.sampler import Sampler
from tests.supervisor.supervised import ANA

PLAN = """
title = "A deployment"
[sources.node]
every = "1s"
scripted = { errors = [0], total = [1000] }
[metrics.error_rate]
errors = "node:errors"
total = "node:total"
[[checklists]]
title = "Day"
items = [{ id = "errors", text = "Errors", gate = "error_rate < 1%", window = "60s", extend = 0 }]
"""
NOW, SLOTS = 200, 60


@contextmanager
def measured(folder: Path, errors: int, gate: str = "error_rate < 1%") -> Iterator[tuple[Run, Grounds, Instant]]:
    """A run that began ``NOW`` seconds ago, of whose last thousand requests so many failed; and when it began."""
    (folder / "checklists.toml").write_text(PLAN.replace("error_rate < 1%", gate))
    began = clock.now().plus(-NOW)
    run = Run.create(folder / "runs", folder / "checklists.toml", release="v2", previous="v1", actor=ANA, now=began)
    with closing(Evidence(run.folder)) as evidence:
        sampler = Sampler(run.plan, lambda source, _: open_source(source, folder), run.state.clock.at, evidence)
        for group in sampler._all:
            # As if it had been asked up to now.
            group.last_slot_ns = NOW * NANOSECONDS
        for slot in range(NOW - SLOTS, NOW + 1):
            share = (slot - NOW + SLOTS) / SLOTS
            counted = {"events": 1e6 + errors * share, "total": 1e9 + 1000 * share, "resets": 0.0}
            rows = [(f"error_rate:{name}", value) for name, value in counted.items()]
            evidence.add([Sample(name, slot * NANOSECONDS, began.plus(slot).wall, value) for name, value in rows])
        yield run, Grounds(run.plan, sampler, evidence), began


def looked(run: Run, verdict: str, now: Instant) -> None:
    """Somebody ticks the gate, and the supervisor's look says ``verdict``."""
    asked = run.submit(Tick("errors"), ANA, lambda: now)
    assert not isinstance(asked, Refusal), asked
    fact = ev.GateJudged("errors", asked.seq, verdict, "line", look=run.state.next_look("errors"))
    seen = run.submit(Record(fact), ANA, lambda: now)
    assert not isinstance(seen, Refusal), seen


def judged(run: Run, grounds: Grounds, alpha: float | None = None) -> Verdict:
    gate = run.plan.items["errors"]
    assert isinstance(gate.spec, Gate)
    now_ns = NOW * NANOSECONDS
    return grounds.judge(gate, gate.spec, own_window(gate.spec, now_ns), now_ns, run.state, alpha=alpha).verdict


@pytest.mark.parametrize(
    ("errors", "verdict", "regresses"),
    [(0, Verdict.PASS, False), (19, Verdict.FAIL, False), (40, Verdict.FAIL, True)],
)
def test_a_pass_is_taken_back_only_at_a_triggers_level(
    tmp_path: Path, errors: int, verdict: Verdict, *, regresses: bool
) -> None:
    """Looked at a thousand times, a gate that may err once in twenty looks would not stay a pass for an hour."""
    with measured(tmp_path, errors) as (run, grounds, began):
        looked(run, "pass", began.plus(100))
        once = judged(run, grounds, alpha=0.05)
        found = list(Regressions(grounds).seen(run.state, began.plus(NOW)))

    assert (once, [fact.item for fact in found]) == (verdict, ["errors"] if regresses else [])


@pytest.mark.parametrize(
    ("gate", "regresses"),
    [("error_rate < 1%", True), ("error_rate < 1% and error_rate < 50% and error_rate < 60%", False)],
)
def test_comparisons_by_and_share_what_may_be_wrong(tmp_path: Path, gate: str, *, regresses: bool) -> None:
    """22 in 1,000 are above 1 % at 99.9 %; where any of three takes the pass back, each has to be surer."""
    with measured(tmp_path, 22, gate) as (run, grounds, began):
        looked(run, "pass", began.plus(100))
        found = list(Regressions(grounds).seen(run.state, began.plus(NOW)))

    assert [fact.item for fact in found] == (["errors"] if regresses else [])


def test_a_gate_outside_a_soak_has_to_be_surer_each_time_that_it_is_looked_at(tmp_path: Path) -> None:
    """2 in 1,000 are at most 0.95 % at the level of the third look, and 1.01 % at that of the fourth."""
    with measured(tmp_path, 2) as (run, grounds, began):
        verdicts = [judged(run, grounds)]
        for _ in range(5):
            looked(run, "inconclusive", began.plus(100))
            verdicts.append(judged(run, grounds))

    assert verdicts == [Verdict.PASS] * 3 + [Verdict.INCONCLUSIVE] * 3
