"""When a final look may be taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from qudag_tui.core.event import GateJudged
from qudag_tui.core.execution import EXPIRES_SECONDS
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.intent import Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample
from qudag_tui.sources.promql import Filling
from qudag_tui.sources.source import SourceError
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.grounds import Grounds
from qudag_tui.supervisor.looks import Looks
from qudag_tui.supervisor.sampler import Sampler
from tests.supervisor.supervised import ANA
from tests.waiting import until_async

HEAD = """
title = "A deployment"
[sources.far]
every = "500ms"
scripted = { level = [1] }
[metrics.level]
gauge = "far:level"
"""
CHECKLISTS = """
[[checklists]]
title = "Day"
items = [{ id = "calm", text = "Calm", gate = "level < 100", window = "20s" }]
"""


class Remembers:
    """A source that answers, and fills in, once it is let."""

    def __init__(self) -> None:
        self.may_answer, self.may_fill = asyncio.Event(), asyncio.Event()
        self.asked = 0

    async def read(self, _: Instant) -> Mapping[str, float]:
        await self.may_answer.wait()
        return {"level": 1.0}

    async def fill(self, _: datetime, every_seconds: float, count: int) -> Filling:
        assert every_seconds == 0.5
        self.asked = count
        await self.may_fill.wait()
        return Filling({"level": dict.fromkeys(range(count), 1.0)})


async def test_a_final_look_waits_for_what_is_being_filled_in(tmp_path: Path) -> None:
    """A supervisor that comes back to a gap would otherwise look at nothing, and that look would be the final one."""
    (tmp_path / "checklists.toml").write_text(HEAD + CHECKLISTS)
    began = clock.now().plus(-60)
    run = Run.create(tmp_path / "runs", tmp_path / "checklists.toml", release="v2", previous="v1", actor=ANA, now=began)
    with closing(Evidence(run.folder)) as evidence:
        source = Remembers()
        sampler = Sampler(run.plan, lambda *_: source, run.state.clock.at, evidence)
        looks = Looks(Grounds(run.plan, sampler, evidence))

        def ready() -> list[GateJudged]:
            return [fact for fact in looks.ready(run.state, clock.now()) if isinstance(fact, GateJudged)]

        # The supervisor before this one has gone away soon after the run began.
        evidence.add([Sample("level", NANOSECONDS, began.plus(1).wall, 1.0)])
        assert not isinstance(run.submit(Tick("calm"), ANA), Refusal)
        sampler.start()
        try:
            assert ready() == []
            source.may_answer.set()
            await until_async(lambda: source.asked > 0)
            assert ready() == []
            source.may_fill.set()
            await until_async(lambda: ready() != [])
            assert ready()[0].evidence["missing"] == 0
        finally:
            await sampler.stop()


class Silent:
    """A source that answers nothing."""

    async def read(self, _: Instant) -> Mapping[str, float]:
        raise SourceError("nobody is there")


async def test_a_look_at_slow_counts_that_nobody_tells_says_so_before_it_expires(tmp_path: Path) -> None:
    """It would wait three periods for the last slot, and a request lives for 30 s."""
    slow = """
title = "A deployment"
[sources.far]
every = "20s"
scripted = { errors = [0], total = [1] }
[metrics.failed]
errors = "far:errors"
total = "far:total"
[[checklists]]
title = "Day"
items = [{ id = "calm", text = "Calm", gate = "failed < 1%", window = "5m" }]
"""
    (tmp_path / "checklists.toml").write_text(slow)
    run = Run.create(
        tmp_path / "runs", tmp_path / "checklists.toml", release="v2", previous="v1", actor=ANA, now=clock.now()
    )
    with closing(Evidence(run.folder)) as evidence:
        sampler = Sampler(run.plan, lambda *_: Silent(), run.state.clock.at, evidence)
        looks = Looks(Grounds(run.plan, sampler, evidence))
        assert not isinstance(run.submit(Tick("calm"), ANA), Refusal)
        asked = clock.now()
        assert list(looks.ready(run.state, asked)) == []
        [said] = looks.ready(run.state, asked.plus(EXPIRES_SECONDS - 5))
        assert isinstance(said, GateJudged)
        assert said.verdict == "unknown"
