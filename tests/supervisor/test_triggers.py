"""What a trigger's standing says where it cannot be told whether it fires."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.intent import Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample, SampleReader
from qudag_tui.sources.opening import open_source
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.grounds import Grounds
from qudag_tui.supervisor.sampler import Sampler
from qudag_tui.supervisor.triggers import Triggers
from tests.supervisor.supervised import ANA, canary

HEAD = """
title = "A deployment"
[sources.node]
every = "1s"
scripted = { level = [1] }
[metrics.level]
gauge = "node:level"
"""
TRIGGER = """
[[triggers]]
id = "high"
text = "High"
when = "level > 50"
for = "10s"
"""
PLAN = HEAD + canary('{ id = "deploy", text = "Deploy" }') + TRIGGER
NOW = 100


def standing(folder: Path, values: dict[int, float]) -> tuple[dict[str, Any], bool]:
    """What the supervisor says at second 100 of a run by ``values``, by second; and whether the trigger fires."""
    (folder / "checklists.toml").write_text(PLAN)
    began = clock.now().plus(-NOW - 50)
    run = Run.create(folder / "runs", folder / "checklists.toml", release="v2", previous="v1", actor=ANA, now=began)
    assert not isinstance(run.submit(Tick("deploy"), ANA, lambda: began.plus(1)), Refusal)
    now = began.plus(NOW)
    with closing(Evidence(run.folder)) as evidence, closing(SampleReader(run.folder)) as reader:
        sampler = Sampler(run.plan, lambda source, _: open_source(source, folder), run.state.clock.at, evidence)
        evidence.add([Sample("level", at * NANOSECONDS, began.plus(at).wall, value) for at, value in values.items()])
        for group in sampler._all:
            # As if it had been asked up to now.
            group.last_slot_ns = NOW * NANOSECONDS
        triggers = Triggers(Grounds(run.plan, sampler, evidence))
        triggers.stand(run.state, now, NOW * NANOSECONDS)
        return reader.standings("trigger")["high"], any(triggers.breached(run.state, now))


def level(seconds: Iterable[int], value: float) -> dict[int, float]:
    return dict.fromkeys(seconds, value)


@pytest.mark.parametrize(
    ("values", "verdict", "error", "fires"),
    [
        (level(range(50, 101), 1.0), "pass", "", False),
        (level(range(50, 101), 60.0), "fail", "", True),
        (level(range(97, 101), 60.0), "fail", "60, limit 50 · held for 4 s", False),
        (level(range(50, 80), 60.0), "unknown", "no sample", False),
        ({}, "unknown", "no sample", False),
    ],
)
def test_a_trigger_that_cannot_be_told_says_why_and_does_not_fire(
    tmp_path: Path, values: dict[int, float], verdict: str, error: str, *, fires: bool
) -> None:
    said, fired = standing(tmp_path, values)

    assert (said["verdict"], said.get("error", ""), fired) == (verdict, error, fires)
