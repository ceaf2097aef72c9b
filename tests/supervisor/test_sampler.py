from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.unit import Unit
from qudag_tui.run.samples import Sample
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor import sampler as module
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.sampler import Sampler
from tests.supervisor.shimmed import until_async

EVERY = 0.05


class Told:
    """A source that does what it is told."""

    def __init__(self, answer: Callable[[], Mapping[str, float]], hang: asyncio.Event | None = None) -> None:
        self.answer = answer
        self.hang = hang
        self.asked = 0

    async def read(self, at: Instant) -> Mapping[str, float]:
        assert at.boot_ns > 0
        self.asked += 1
        if self.hang is not None:
            await self.hang.wait()
        return self.answer()


class Kept(Evidence):
    """Evidence that remembers what it was given."""

    def __init__(self) -> None:
        self.rows: list[Sample] = []

    def add(self, rows: object) -> None:
        assert isinstance(rows, list)
        self.rows += rows

    def of(self, metric: str) -> list[Sample]:
        return [row for row in self.rows if row.metric == metric]


def fails(error: Exception) -> Callable[[], Mapping[str, float]]:
    def answer() -> Mapping[str, float]:
        raise error

    return answer


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, timeout: float = 0.1, **sources: SourceReader) -> None:
        monkeypatch.setattr(module, "open_source", lambda source, _: sources[source.id])
        self.kept = Kept()
        plan = Plan(
            "A plan",
            "0" * 64,
            sources={
                name: Source(name, SourceKind.SCRIPTED, every_seconds=EVERY, timeout_seconds=timeout)
                for name in sources
            },
            metrics={
                name: Metric(name, name, MetricKind.GAUGE, Series(name, "x"), Unit.NUMBER, every_seconds=EVERY)
                for name in sources
            }
            | {"lost": Metric("lost", "lost", MetricKind.GAUGE, Series("nowhere", "x"), Unit.NUMBER)},
        )
        self.sampler = Sampler(plan, Path(), lambda at: at.boot_ns, self.kept)
        self.sampler.start()

    def error(self, metric: str) -> str:
        reading = self.sampler.readings.get(metric)
        return reading.error if reading else ""


async def test_samples_are_taken_at_multiples_of_the_period(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, good=Told(lambda: {"x": 1.5}))
    await until_async(lambda: len(bench.kept.of("good")) >= 5)
    await bench.sampler.stop()

    rows = bench.kept.of("good")
    every = round(EVERY * NANOSECONDS)
    assert all(row.at_ns % every == 0 for row in rows)
    assert len({row.at_ns for row in rows}) == len(rows)
    assert {row.value for row in rows} == {1.5}
    assert bench.sampler.readings["good"].value == 1.5
    assert bench.error("good") == ""


async def test_a_source_that_hangs_delays_no_other_is_not_asked_twice_and_recovers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = asyncio.Event()
    hanging = Told(lambda: {"x": 2.0}, hang=release)
    bench = Bench(monkeypatch, good=Told(lambda: {"x": 1.0}), dead=hanging)
    await until_async(lambda: len(bench.kept.of("good")) >= 8)
    await until_async(lambda: "no answer for more than 0.1 s" in bench.error("dead"))
    assert hanging.asked == 1
    assert bench.kept.of("dead") == []

    release.set()
    await until_async(lambda: bench.kept.of("dead"))
    await bench.sampler.stop()

    assert bench.error("dead") == ""
    assert bench.kept.of("dead")[0].value == 2.0


async def test_what_goes_wrong_is_told_beside_the_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(
        monkeypatch,
        refused=Told(fails(SourceError("connection refused"))),
        faulty=Told(fails(KeyError("x"))),
        empty=Told(dict),
        good=Told(lambda: {"x": 1.0}),
    )
    await until_async(lambda: len(bench.kept.of("good")) >= 2 and len(bench.sampler.readings) == 5)
    await bench.sampler.stop()

    assert dict(bench.sampler.errors) == {
        "lost": "the plan has no source “nowhere”",
        "refused": "connection refused",
        "faulty": "the source failed: KeyError: 'x'",
        "empty": "empty has no x now",
    }
    assert {row.metric for row in bench.kept.rows} == {"good"}


async def test_a_slot_that_is_being_asked_is_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()
    source = Told(lambda: {"x": 1.0}, hang=release)
    bench = Bench(monkeypatch, timeout=30, slow=source)
    await until_async(lambda: source.asked == 1)
    far = 1 << 62
    pending = bench.sampler.settled_ns("slow", far) + 1
    assert pending % round(EVERY * NANOSECONDS) == 0

    release.set()
    await until_async(lambda: bench.kept.of("slow"))
    await bench.sampler.stop()

    assert bench.kept.of("slow")[0].at_ns == pending
    assert bench.sampler.settled_ns("slow", far) >= pending
    assert bench.sampler.settled_ns("slow", 5) == 5
