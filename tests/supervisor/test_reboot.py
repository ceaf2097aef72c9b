"""A machine that loses its power in mid-soak, and comes back with a wall clock that is right, ahead or behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Tick
from tests.sources.answering import serving
from tests.supervisor.living import Shifted, dying, living
from tests.supervisor.supervised import Supervised, canary
from tests.waiting import until_async

Build = Callable[..., Supervised]
HOUR = 3600.0

HEAD = """
title = "Reboot"
[sources.node]
every = "200ms"
scrape = "{address}/metrics"
[metrics.depth]
gauge = "node:depth"
"""
SOAK = canary(
    '{ id = "soak", text = "Soak", soak = "7s", items = [{ id = "low", text = "Low", gate = "depth < 50" }] }'
)
TRIGGER = '[[triggers]]\nid = "deep"\ntext = "Deep"\nwhen = "depth > 50"\nfor = "1s"\n'


@pytest.mark.parametrize("jumped", [0.0, HOUR, -HOUR])
async def test_after_a_reboot_it_is_measured_what_is_then_and_triggers_fire(supervised: Build, jumped: float) -> None:
    """A wall clock that is behind left the run clock at the last event: an hour long the samples from before the reboot
    stood for those after it, and no trigger looked at anything."""
    clocks = Shifted()
    async with serving() as server:
        server.will_say("depth 1\n")
        run = supervised(head=HEAD.format(address=server.address), checklists=SOAK + TRIGGER)
        run.now = clocks.now
        async with dying(run, clocks.now):
            await until_async(lambda: run.samples("depth"))
            run.ask(Tick("soak"))
            await until_async(lambda: len(run.samples("depth")) > 20)
        before = run.samples("depth")
        server.will_say("depth 99\n")
        clocks.reboot(jumped)
        async with living(run, now=clocks.now):
            await until_async(lambda: "trigger breached" in run.kinds() and "soak completed" in run.kinds())

    later = run.samples("depth")[len(before) :]
    assert (len(later) > 5, {sample.value for sample in later}) == (True, {99.0})
    assert later[0].at_ns > before[-1].at_ns
    (look,) = (fact for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged))
    assert look.verdict == ("unknown" if jumped > 0 else "fail")
    assert look.evidence["highest"] == 99.0
    soak = run.state.soaks["soak"]
    assert look.evidence["from_ns"] == soak.started_run_ns
    (done,) = (fact for fact in run.facts(ev.SoakCompleted) if isinstance(fact, ev.SoakCompleted))
    assert 7.0 <= done.observed_seconds < 60
