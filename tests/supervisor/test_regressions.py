"""How sure it has to be that a gate fails before its pass is taken back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS
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


@pytest.mark.parametrize(
    ("errors", "verdict", "regresses"),
    [(0, Verdict.PASS, False), (19, Verdict.FAIL, False), (40, Verdict.FAIL, True)],
)
def test_a_pass_is_taken_back_only_at_a_triggers_level(
    tmp_path: Path, errors: int, verdict: Verdict, *, regresses: bool
) -> None:
    """Looked at a thousand times, a gate that may err once in twenty looks would not stay a pass for an hour."""
    (tmp_path / "checklists.toml").write_text(PLAN)
    began = clock.now().plus(-NOW)
    run = Run.create(tmp_path / "runs", tmp_path / "checklists.toml", release="v2", previous="v1", actor=ANA, now=began)
    asked = run.submit(Tick("errors"), ANA, lambda: began.plus(100))
    assert not isinstance(asked, Refusal)
    seen = run.submit(Record(ev.GateJudged("errors", asked.seq, "pass", "line")), ANA, lambda: began.plus(101))
    assert not isinstance(seen, Refusal)

    with closing(Evidence(run.folder)) as evidence:
        sampler = Sampler(run.plan, lambda source, _: open_source(source, tmp_path), run.state.clock.at, evidence)
        for group in sampler._all:
            # As if it had been asked up to now.
            group.last_slot_ns = NOW * NANOSECONDS
        for slot in range(NOW - SLOTS, NOW + 1):
            share = (slot - NOW + SLOTS) / SLOTS
            counted = {"events": 1e6 + errors * share, "total": 1e9 + 1000 * share, "resets": 0.0}
            rows = [(f"error_rate:{name}", value) for name, value in counted.items()]
            evidence.add([Sample(name, slot * NANOSECONDS, began.plus(slot).wall, value) for name, value in rows])
        grounds, now, gate = Grounds(run.plan, sampler, evidence), began.plus(NOW), run.plan.items["errors"]
        assert isinstance(gate.spec, Gate)
        once = grounds.judge(
            gate, gate.spec, own_window(gate.spec, NOW * NANOSECONDS), NOW * NANOSECONDS, run.state, alpha=0.05
        )
        found = list(Regressions(grounds).seen(run.state, now))

    assert (once.verdict, [fact.item for fact in found]) == (verdict, ["errors"] if regresses else [])
