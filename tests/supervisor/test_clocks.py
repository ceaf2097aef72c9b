"""A soak beside clocks that jump, machines that sleep, and supervisors that were away: never passed by it, nor lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Tick
from tests.sources.answering import Request, Server, response, serving
from tests.sources.remembering import remembers
from tests.supervisor.living import Shifted, living
from tests.supervisor.starving import waited_seconds
from tests.supervisor.supervised import Supervised, canary
from tests.waiting import until_async

Build = Callable[..., Supervised]
HOUR = 3600.0

HEAD = """
title = "Clocks"

[sources.here]
every = "200ms"
scripted = {{ value = [1] }}

[sources.stated]
every = "200ms"
scrape = "{address}/metrics"

[sources.server]
every = "1s"
promql = "{address}"

[metrics.here]
gauge = "here:value"
[metrics.stated]
gauge = "stated:depth"
[metrics.remembered]
gauge = "server:depth"

"""


def gate(name: str) -> str:
    # One slot may be lost to a machine that has much to do.
    return f'{{ id = "{name}-low", text = "{name}", gate = "{name} < 5", tolerate = "4%" }}'


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as served:
        yield served


def build(supervised: Build, server: Server, clocks: Shifted, soak: str, *gates: str) -> Supervised:
    watch = f'{{ id = "soak", text = "Soak", soak = "{soak}", items = [{", ".join(map(gate, gates))}] }}'
    run = supervised(head=HEAD.format(address=server.address), checklists=canary(watch))
    run.now = clocks.now
    return run


def judged(run: Supervised) -> dict[str, ev.GateJudged]:
    return {fact.item: fact for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)}


def soak_start_ns(run: Supervised) -> int:
    return next(iter(run.state.soaks.values())).started_run_ns


def observed(run: Supervised) -> float:
    (fact,) = run.facts(ev.SoakCompleted)
    assert isinstance(fact, ev.SoakCompleted)
    return fact.observed_seconds


async def soak_through_an_hour_away(
    run: Supervised, clocks: Shifted, how: str, metric: str, *, samples_before: int
) -> None:
    """A whole soak; after so many samples of ``metric`` in it nobody supervises for an hour."""
    async with AsyncExitStack() as later, AsyncExitStack() as first:
        await first.enter_async_context(living(run, now=clocks.now))
        await until_async(lambda: len(run.samples(metric)))
        run.ask(Tick("soak"))
        before = len(run.samples(metric))
        await until_async(lambda: len(run.samples(metric)) >= before + samples_before)
        if how == "the supervisor is gone":
            await first.aclose()
        clocks.asleep_seconds = HOUR
        if how == "the supervisor is gone":
            await later.enter_async_context(living(run, now=clocks.now))
        await until_async(lambda: run.kinds().count("supervisor started") == 2)
        await until_async(lambda: "soak completed" in run.kinds())


async def test_a_wall_clock_that_jumps_neither_passes_a_soak_nor_loses_it(supervised: Build, server: Server) -> None:
    """First an hour ahead, then an hour behind; the endpoint states the time of its values, by a clock that is right."""
    clocks = Shifted()

    async def stating(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(f"depth 1 {round(time.time() * 1000)}\n".encode()))

    server.will(stating)
    run = build(supervised, server, clocks, "7s", "here", "stated")
    before_all = waited_seconds()
    async with living(run, now=clocks.now):
        await until_async(lambda: run.samples("here") and run.samples("stated"))
        run.ask(Tick("soak"))
        for jump in (HOUR, -HOUR):
            before = len(run.samples("here"))
            await until_async(lambda before=before: len(run.samples("here")) > before + 10)  # type: ignore[misc]  # the loop's own
            clocks.jumped_seconds = jump
        await until_async(lambda: "soak completed" in run.kinds())

    soak = next(iter(run.state.soaks.values()))
    took = run.run.events[-1].at.seconds_since(soak.started)
    starved = waited_seconds() - before_all
    found = judged(run)
    assert found.keys() == {"here-low", "stated-low"}
    assert all(fact.verdict == "pass" or (fact.evidence["missing"] and starved > 0.1) for fact in found.values())
    assert 7.0 <= observed(run) <= took < 60
    assert all(35 <= fact.evidence["slots"] < 60 for fact in found.values())
    assert abs((run.run.events[-1].at.wall - soak.started.wall).total_seconds() + HOUR) < 60
    assert run.kinds().count("supervisor started") == 1


@pytest.mark.parametrize("how", ["the machine sleeps", "the supervisor is gone"])
async def test_an_hour_that_nothing_remembers_does_not_count_and_is_unknown(
    supervised: Build, server: Server, how: str
) -> None:
    clocks = Shifted()
    run = build(supervised, server, clocks, "3s", "here")
    await soak_through_an_hour_away(run, clocks, how, "here", samples_before=6)

    fact = judged(run)["here-low"]
    assert (fact.verdict, fact.evidence["missing"] > 17_900) == ("unknown", True)
    assert f"{fact.evidence['missing']} of {fact.evidence['slots']} slots missing" in fact.line
    assert 3.0 <= observed(run) < 30
    # Long after the end of its time it went on until it was observed for so long.
    assert len([s for s in run.samples("here") if s.at_ns > soak_start_ns(run)]) * 0.2 >= 2.8


@pytest.mark.parametrize("how", ["the machine sleeps", "the supervisor is gone"])
async def test_an_hour_that_a_prometheus_server_remembers_is_filled_in_and_counts(
    supervised: Build, server: Server, how: str
) -> None:
    """Beside it stands what nothing remembers: the gap makes only its own gate unknown."""
    clocks = Shifted()
    server.will(remembers(clocks.timestamp))
    run = build(supervised, server, clocks, "40m", "remembered", "here")
    await soak_through_an_hour_away(run, clocks, how, "remembered", samples_before=2)

    found = judged(run)
    assert {name: fact.verdict for name, fact in found.items()} == {"remembered-low": "pass", "here-low": "unknown"}
    assert 2400 <= observed(run) < HOUR + 60
    assert found["remembered-low"].evidence["missing"] <= 3
    filled = [sample for sample in run.samples("remembered") if sample.backfilled]
    assert HOUR - 5 <= len(filled) < len(run.samples("remembered"))
    assert not any(sample.backfilled for sample in run.samples("here"))
