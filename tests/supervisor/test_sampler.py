from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import pytest

from qudag_tui.core.checklist import Plan
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.metric import Metric, MetricKind, Series, Source, SourceKind
from qudag_tui.core.slots import Window
from qudag_tui.core.unit import Unit
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample
from qudag_tui.sources import reading
from qudag_tui.sources.promql import Filling
from qudag_tui.sources.source import SourceError, SourceReader
from qudag_tui.supervisor.evidence import Evidence
from qudag_tui.supervisor.process_start import started_id
from qudag_tui.supervisor.sampler import Sampler
from tests.waiting import until_async

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

    def newest(self, metric: str) -> int | None:
        return max((row.at_ns for row in self.of(metric)), default=None)

    def series(self, metrics: Iterable[str], start_ns: int, end_ns: int) -> Mapping[str, list[tuple[int, float]]]:
        return {
            metric: [(row.at_ns, row.value) for row in self.of(metric) if start_ns <= row.at_ns <= end_ns]
            for metric in metrics
        }


def fails(error: Exception) -> Callable[[], Mapping[str, float]]:
    def answer() -> Mapping[str, float]:
        raise error

    return answer


class Bench:
    def __init__(
        self,
        timeout: float = 0.1,
        *,
        start: bool = True,
        run_clock: Callable[[Instant], int] = lambda at: at.boot_ns,
        now: Callable[[], Instant] = clock.now,
        metrics: Mapping[str, Metric] | None = None,
        **sources: SourceReader,
    ) -> None:
        self.kept = Kept()
        plan = Plan(
            "A plan",
            "0" * 64,
            sources={
                name: Source(name, SourceKind.SCRIPTED, every_seconds=EVERY, timeout_seconds=timeout)
                for name in sources
            },
            metrics=metrics
            or {
                name: Metric(name, name, MetricKind.GAUGE, Series(name, "x"), Unit.NUMBER, every_seconds=EVERY)
                for name in sources
            }
            | {"lost": Metric("lost", "lost", MetricKind.GAUGE, Series("nowhere", "x"), Unit.NUMBER)},
        )
        self.sampler = Sampler(plan, lambda source, _: sources[source.id], run_clock, self.kept, now)
        if start:
            self.sampler.start()

    def error(self, metric: str) -> str:
        reading = self.sampler.readings.get(metric)
        return reading.error if reading else ""


async def test_samples_are_taken_at_multiples_of_the_period() -> None:
    bench = Bench(good=Told(lambda: {"x": 1.5}))
    await until_async(lambda: len(bench.kept.of("good")) >= 5)
    await bench.sampler.stop()

    rows = bench.kept.of("good")
    every = round(EVERY * NANOSECONDS)
    assert all(row.at_ns % every == 0 for row in rows)
    assert len({row.at_ns for row in rows}) == len(rows)
    assert {row.value for row in rows} == {1.5}
    assert bench.sampler.readings["good"].value == 1.5
    assert bench.error("good") == ""


async def test_a_source_that_hangs_delays_no_other_is_not_asked_twice_and_recovers() -> None:
    release = asyncio.Event()
    hanging = Told(lambda: {"x": 2.0}, hang=release)
    bench = Bench(good=Told(lambda: {"x": 1.0}), dead=hanging)
    await until_async(lambda: len(bench.kept.of("good")) >= 8)
    await until_async(lambda: "no answer for more than 0.1 s" in bench.error("dead"))
    assert hanging.asked == 1
    assert bench.kept.of("dead") == []

    release.set()
    await until_async(lambda: bench.kept.of("dead"))
    await bench.sampler.stop()

    assert bench.error("dead") == ""
    assert bench.kept.of("dead")[0].value == 2.0


async def test_an_error_that_comes_when_nobody_waits_any_more_is_no_news_for_the_log() -> None:
    release, unheard = asyncio.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context["message"]))
    late = Told(fails(SourceError("connection refused")), hang=release)
    bench = Bench(late=late)
    await until_async(lambda: "no answer for more than 0.1 s" in bench.error("late"))
    release.set()
    await until_async(lambda: late.asked > 2)
    await bench.sampler.stop()
    gc.collect()

    assert unheard == []


async def test_what_goes_wrong_is_told_beside_the_metric() -> None:
    bench = Bench(
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
        "empty": "empty has no x",
    }
    assert {row.metric for row in bench.kept.rows} == {"good"}


async def test_a_slot_that_is_being_asked_is_not_settled() -> None:
    release = asyncio.Event()
    source = Told(lambda: {"x": 1.0}, hang=release)
    bench = Bench(timeout=30, slow=source)
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


def ratio(errors: str, total: str) -> Metric:
    return Metric(
        "rate",
        "rate",
        MetricKind.RATIO,
        Series(errors, "errors"),
        Unit.PERCENT,
        total=Series(total, "total"),
        every_seconds=EVERY,
    )


async def test_a_ratio_of_two_sources_is_measured_where_both_answered_the_same_slot() -> None:
    seen = {"errors": 0.0, "total": 0.0}

    def grows(name: str, step: float) -> Callable[[], Mapping[str, float]]:
        def answer() -> Mapping[str, float]:
            seen[name] += step
            return {name: seen[name]}

        return answer

    bench = Bench(
        metrics={"rate": ratio("front", "back")}, front=Told(grows("errors", 1)), back=Told(grows("total", 100))
    )
    await until_async(lambda: len(bench.kept.of("rate")) >= 3)
    await bench.sampler.stop()

    assert {row.value for row in bench.kept.of("rate")} == {1.0}
    events, totals = bench.kept.of("rate:events"), bench.kept.of("rate:total")
    assert [row.at_ns for row in events] == [row.at_ns for row in totals]
    assert [row.value * 100 for row in events] == [row.value for row in totals]


class Remembers(Told):
    """A source that knows what it was at times that were missed."""

    def __init__(self, answer: Callable[[], Mapping[str, float]]) -> None:
        super().__init__(answer)
        self.filled: list[int] = []

    async def fill(self, first: datetime, every_seconds: float, count: int) -> Filling:
        assert first.tzinfo is not None
        assert every_seconds == EVERY
        self.filled.append(count)
        return Filling({"x": dict.fromkeys(range(count), 9.0)})


async def test_what_was_missed_since_the_last_sample_is_filled_in_and_marked() -> None:
    source = Remembers(lambda: {"x": 1.0})
    every = round(EVERY * NANOSECONDS)
    bench = Bench(start=False, away=source)
    last = clock.now().boot_ns // every * every - 40 * every
    bench.kept.rows.append(Sample("away", last, clock.now().wall, 5.0))
    bench.sampler.start()
    assert bench.sampler.is_filling(["away"])
    await until_async(lambda: len(bench.kept.of("away")) > 45)
    await bench.sampler.stop()

    rows = sorted(bench.kept.of("away"), key=lambda row: row.at_ns)[1:]
    filled = [row for row in rows if row.backfilled]
    assert len(filled) == source.filled[0] >= 40
    assert {row.value for row in filled} == {9.0}
    assert [row.at_ns for row in filled] == [last + every * (number + 1) for number in range(len(filled))]
    first = next(row for row in rows if not row.backfilled)
    assert first.at_ns == filled[-1].at_ns + every
    assert abs((first.wall - filled[-1].wall).total_seconds() - EVERY) < EVERY
    assert not bench.sampler.is_filling(["away"])


async def test_a_process_that_says_it_started_anew_is_a_restart() -> None:
    told = {"started": 1000.0}
    bench = Bench(good=Told(lambda: reading.Reading({"x": 1.0}, {}, told["started"])), silent=Told(lambda: {"x": 1.0}))
    await until_async(lambda: len(bench.kept.of("good")) >= 3)
    told["started"] = 2000.0
    await until_async(lambda: bench.kept.of(started_id("good"))[-1].value == 2000.0)
    await bench.sampler.stop()

    starts = bench.kept.of(started_id("good"))
    window = Window(starts[0].at_ns, starts[-1].at_ns)
    restarted = next(row.at_ns for row in starts if row.value == 2000.0)
    assert bench.sampler.restarts(["good", "silent"], window) == {"good": [restarted]}


async def test_a_source_that_cannot_be_prepared_is_asked_all_the_same_and_tells_why() -> None:
    class Unprepared(Told):
        async def prepare(self) -> None:
            raise RuntimeError("can't start new thread")

    broken = Unprepared(fails(RuntimeError("can't start new thread")))
    bench = Bench(recovers=Unprepared(lambda: {"x": 1.0}), broken=broken)
    await until_async(lambda: len(bench.kept.of("recovers")) >= 3 and broken.asked >= 3)
    newest = bench.kept.of("recovers")[-1].at_ns
    await bench.sampler.stop()

    assert bench.error("broken") == "the source failed: RuntimeError: can't start new thread"
    assert bench.sampler.settled_ns("recovers", newest) == newest


async def restarts_around(change: Callable[[], None], bench: Bench) -> dict[str, list[int]]:
    """The restarts that are seen from some looks before ``change`` to some looks after it."""
    await until_async(lambda: len(bench.kept.of("good")) >= 3)
    change()
    before = len(bench.kept.of("good"))
    await until_async(lambda: len(bench.kept.of("good")) >= before + 3)
    await bench.sampler.stop()
    looks = bench.kept.of("good")
    return bench.sampler.restarts(["good"], Window(looks[0].at_ns, looks[-1].at_ns))


async def test_a_service_that_starts_as_long_after_each_boot_has_started_anew_after_another_boot() -> None:
    """Nothing but the clock of the run tells the two processes apart: both started 12 s after their boot."""
    booted: list[int] = []

    def now() -> Instant:
        real = clock.now()
        return Instant(real.wall, real.boot_ns - booted[0], "another boot") if booted else real

    class Service(Told):
        async def read(self, at: Instant) -> Mapping[str, float]:
            return {"x": 1.0, "uptime_seconds": at.boot_ns / NANOSECONDS - 12}

    def run_clock(at: Instant) -> int:
        return at.boot_ns + (booted[0] if at.boot_id == "another boot" else 0)

    def boot() -> None:
        booted.append(clock.now().boot_ns - 40 * NANOSECONDS)

    found = await restarts_around(boot, Bench(run_clock=run_clock, now=now, good=Service(dict)))

    assert [len(at) for at in found.values()] == [1]


@pytest.mark.parametrize(("before", "after"), [(1000.0, None), (None, 1000.0)])
async def test_who_does_not_tell_a_start_any_more_or_only_now_is_another_process(
    before: float | None, after: float | None
) -> None:
    """A release whose node tells no start any more must not look like one that went on."""
    told = [before]
    bench = Bench(good=Told(lambda: reading.Reading({"x": 1.0}, {}, told[-1])))

    found = await restarts_around(lambda: told.append(after), bench)

    assert [len(at) for at in found.values()] == [1]


async def test_a_concurrent_baseline_is_measured_beside_its_metric_and_settles_with_it() -> None:
    release = asyncio.Event()
    metric = Metric(
        "new",
        "new",
        MetricKind.GAUGE,
        Series("new", "x"),
        Unit.NUMBER,
        concurrent=Series("old", "x"),
        every_seconds=EVERY,
    )
    slow = Told(lambda: {"x": 2.0}, hang=release)
    bench = Bench(timeout=30, metrics={"new": metric}, new=Told(lambda: {"x": 1.0}), old=slow)
    await until_async(lambda: len(bench.kept.of("new")) >= 3)
    waited = bench.sampler.settled_ns("new", 1 << 62)
    release.set()
    await until_async(lambda: bench.kept.of("new:baseline"))
    await bench.sampler.stop()

    assert waited < bench.kept.of("new")[2].at_ns
    assert {row.value for row in bench.kept.of("new:baseline")} == {2.0}
    assert set(bench.sampler.readings) == {"new"}


@pytest.mark.parametrize(("slot", "seen"), [(5, [5]), (0, None)])
async def test_a_restart_of_one_of_two_sources_is_seen_although_the_other_tells_none(
    slot: int, seen: list[int] | None
) -> None:
    """No error before it and none after it: only the start tells that what was counted last is not known."""
    every, wall = round(EVERY * NANOSECONDS), clock.now().wall
    bench = Bench(start=False, metrics={"rate": ratio("front", "back")}, front=Told(dict), back=Told(dict))
    told = {number: 1.0 if number < slot else 9.0 for number in range(-1, 11)}
    bench.kept.add([Sample(started_id("front"), number * every, wall, at) for number, at in told.items()])

    found = bench.sampler.restarts(["rate"], Window(0, 10 * every))

    assert found == ({} if seen is None else {"rate": [number * every for number in seen]})
