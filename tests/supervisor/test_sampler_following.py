"""A sampler that goes on with another plan: what it measures as before misses no slot, and nothing old is kept as new."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.unit import Unit
from qudag_tui.sources.source import SourceReader
from qudag_tui.supervisor.sampler import Sampler
from tests.supervisor.test_sampler import EVERY, Kept, Told
from tests.waiting import until_async


def gauge(name: str, source: str, series: str = "x", title: str = "") -> Metric:
    return Metric(name, title or name, MetricKind.GAUGE, Series(source, series), Unit.NUMBER, every_seconds=EVERY)


def plan(*metrics: Metric, timeout: float = 5.0, address: str = "a") -> Plan:
    names = {metric.series.source for metric in metrics}
    return Plan(
        "A plan",
        "0" * 64,
        sources={
            name: Source(name, SourceKind.SCRAPE, {"address": address}, every_seconds=EVERY, timeout_seconds=timeout)
            for name in names
        },
        metrics={metric.id: metric for metric in metrics},
    )


class Bench:
    """A sampler of ``followed``; ``opened`` counts how often each source was opened."""

    def __init__(self, followed: Plan, **sources: SourceReader) -> None:
        self.kept = Kept()
        self.sources: Mapping[str, SourceReader] = sources
        self.opened: list[str] = []
        self.sampler = Sampler(followed, self._open, lambda at: at.boot_ns, self.kept)
        self.sampler.start()

    def _open(self, source: Source, _: object) -> SourceReader:
        self.opened.append(source.id)
        return self.sources[source.id]

    def gaps(self, metric: str) -> set[int]:
        """How many periods lie between its samples."""
        every = round(EVERY * NANOSECONDS)
        return {(later.at_ns - earlier.at_ns) // every for earlier, later in pairwise(self.kept.of(metric))}

    async def sees(self, metric: str, more: int = 4) -> None:
        """Wait for so many more samples of a metric."""
        wanted = len(self.kept.of(metric)) + more
        await until_async(lambda: len(self.kept.of(metric)) >= wanted)


async def test_a_source_that_is_asked_for_the_same_goes_on_as_it_is() -> None:
    bench = Bench(plan(gauge("one", "a"), gauge("two", "b")), a=Told(lambda: {"x": 1.0}), b=Told(lambda: {"x": 2.0}))
    await bench.sees("one")
    bench.sampler.follow(plan(gauge("one", "a", title="One")))
    await bench.sees("one")
    before = len(bench.kept.of("two"))
    await bench.sees("one")
    await bench.sampler.stop()

    assert bench.opened == ["a", "b"]
    assert len(bench.kept.of("two")) == before
    assert set(bench.sampler.readings) == {"one"}


async def test_a_source_that_is_asked_for_more_is_opened_again_and_no_slot_is_missed() -> None:
    bench = Bench(plan(gauge("one", "a")), a=Told(lambda: {"x": 1.0, "y": 2.0}))
    for number in range(5):
        await bench.sees("one", 3)
        bench.sampler.follow(plan(gauge("one", "a"), *(gauge(f"more-{n}", "a", "y") for n in range(number + 1))))
    await bench.sees("more-4")
    await bench.sampler.stop()

    assert bench.opened == ["a"] * 6
    assert bench.gaps("one") == {1}
    assert {row.value for row in bench.kept.of("more-4")} == {2.0}


async def test_the_slot_that_is_being_asked_counts_for_what_is_unchanged_and_for_nothing_else() -> None:
    answers = asyncio.Event()
    reader = Told(lambda: {"x": 1.0, "y": 2.0}, hang=answers)
    bench = Bench(plan(gauge("one", "a"), gauge("two", "a")), a=reader)
    await until_async(lambda: reader.asked == 1)
    settled = bench.sampler.settled_ns("one", 1 << 62)
    bench.sampler.follow(plan(gauge("one", "a"), gauge("two", "a", "y")))
    assert bench.sampler.settled_ns("one", 1 << 62) == settled
    await asyncio.sleep(0)
    assert reader.asked == 1
    answers.set()
    await bench.sees("two", 2)
    await bench.sampler.stop()

    first = bench.kept.of("one")[0]
    assert first.at_ns == settled + 1
    assert bench.kept.of("two")[0].at_ns > first.at_ns
    assert {row.value for row in bench.kept.of("two")} == {2.0}


async def test_a_source_that_hangs_is_not_asked_twice_because_a_plan_was_adopted() -> None:
    answers = asyncio.Event()
    reader = Told(lambda: {"x": 1.0}, hang=answers)
    bench = Bench(plan(gauge("one", "a"), timeout=0.05), a=reader)
    await until_async(lambda: "no answer" in bench.sampler.errors.get("one", ""))
    for names in (("one", "two"), ("one",), ("one", "three")):
        bench.sampler.follow(plan(*(gauge(name, "a") for name in names), timeout=0.05))
        await until_async(lambda: "no answer" in bench.sampler.errors.get("one", ""))
    assert reader.asked == 1
    answers.set()
    await bench.sees("three", 2)
    await bench.sampler.stop()
    assert bench.kept.of("one")


async def test_a_source_that_hangs_does_not_keep_the_one_that_takes_its_place_from_being_asked() -> None:
    hanging = Told(lambda: {"x": 1.0}, hang=asyncio.Event())
    bench = Bench(plan(gauge("one", "a"), timeout=30.0), a=hanging)
    await until_async(lambda: hanging.asked == 1)
    bench.sources = {"a": Told(lambda: {"x": 9.0})}
    bench.sampler.follow(plan(gauge("one", "a"), timeout=30.0, address="b"))
    await bench.sees("one")
    await bench.sampler.stop()

    assert {row.value for row in bench.kept.of("one")} == {9.0}


async def test_a_source_that_was_changed_is_opened_anew_and_what_it_said_before_is_forgotten() -> None:
    bench = Bench(plan(gauge("one", "a")), a=Told(lambda: {"x": 1.0}))
    await bench.sees("one")
    bench.sources = {"a": Told(lambda: {"x": 9.0})}
    before = len(bench.kept.of("one"))
    bench.sampler.follow(plan(gauge("one", "a"), address="b"))
    assert bench.sampler.readings == {}
    await bench.sees("one")
    await bench.sampler.stop()

    assert {row.value for row in bench.kept.of("one")[before:]} == {9.0}
    assert bench.opened == ["a", "a"]
