"""A soak beside a real Prometheus server and a real node exporter: the server dies in its middle, or the supervisor."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.intent import Tick
from qudag_tui.run import clock
from tests.sources.real import EXPORTER, SERVER, Prometheus, exporter, free_port, needs, running
from tests.supervisor.supervised import Supervised

Build = Callable[..., Supervised]

PLAN = """
title = "Prometheus"

[sources.node]
scrape = "http://127.0.0.1:{node}/metrics"
every = "250ms"

[sources.central]
promql = "http://127.0.0.1:{central}"
every = "400ms"
timeout = "2s"

[metrics.scraped]
gauge = "node:node_load1"
[metrics.asked]
gauge = "central:sum(node_load1)"

[[checklists]]
title = "Day"
[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
items = [
  {{ id = "both", text = "Both", soak = "8s", items = [
    {{ id = "scraped-low", text = "Scraped", gate = "scraped < 1000", tolerate = "4%", extend = 0 }},
    {{ id = "asked-low", text = "Asked", gate = "asked < 1000", extend = 0 }},
  ] }},
]
[[checklists.sections]]
id = "beside"
title = "Beside"
items = [
  {{ id = "alone", text = "Alone", soak = "{alone}s", items = [
    {{ id = "alone-low", text = "Asked", gate = "asked < 1000", tolerate = "4%", extend = 0 }},
  ] }},
]
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    """One that scrapes an exporter which is there all along; the server itself is started by the test."""
    needs(EXPORTER, SERVER)
    port = free_port()
    (tmp_path / "prometheus").mkdir()
    with running(*exporter(port, "--collector.disable-defaults", "--collector.loadavg")):
        yield Prometheus(tmp_path / "prometheus", free_port(), port, every="400ms")


@contextmanager
def killed(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Without a word, and before the block."""
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    yield


def build(supervised: Build, prometheus: Prometheus, alone_seconds: float) -> Supervised:
    head = PLAN.format(node=prometheus.target, central=prometheus.port, alone=alone_seconds)
    return supervised(head=head, checklists="")


def has_values(run: Supervised) -> bool:
    said = run.standings("metric")
    return {name for name, each in said.items() if each["value"] is not None} == {"scraped", "asked"}


def more(run: Supervised, metric: str, count: int) -> None:
    """Wait for so many more samples."""
    before = len(run.samples(metric))
    run.until(lambda _: len(run.samples(metric)) >= before + count)


def judged(run: Supervised) -> dict[str, ev.GateJudged]:
    return {fact.item: fact for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)}


def observed(run: Supervised) -> dict[str, float]:
    facts = run.facts(ev.SoakCompleted)
    return {fact.item: fact.observed_seconds for fact in facts if isinstance(fact, ev.SoakCompleted)}


def test_a_prometheus_server_that_dies_in_mid_soak_and_comes_back_passes_nothing_and_loses_nothing(
    supervised: Build, prometheus: Prometheus
) -> None:
    run = build(supervised, prometheus, 8)
    with ExitStack() as stack:
        server = stack.enter_context(running(*prometheus.words))
        run.start()
        run.until(lambda _: has_values(run))
        for soak in ("both", "alone"):
            run.ask(Tick(soak))
        more(run, "asked", 5)

        stack.enter_context(killed(server))
        gone_ns = run.state.clock.at(clock.now())
        run.until(lambda _: run.standings("metric")["asked"]["error"] == "connection refused")
        more(run, "scraped", 12)
        verdicts = {name: said["verdict"] for name, said in run.standings("gate").items()}
        assert {name: verdicts[name] for name in ("asked-low", "alone-low")} == {
            "asked-low": "unknown",
            "alone-low": "unknown",
        }
        assert "connection refused" in str(run.standings("gate")["asked-low"]["line"])
        assert verdicts["scraped-low"] in {"inconclusive", "pass"}
        assert "soak completed" not in run.kinds()

        back_ns = run.state.clock.at(clock.now())
        stack.enter_context(running(*prometheus.words))
        run.until(lambda _: run.standings("metric")["asked"]["error"] == "")
        run.until_kind("soak completed", 2)
        run.kill()

    found = judged(run)
    assert {name: fact.verdict for name, fact in found.items() if name != "scraped-low"} == {
        "asked-low": "unknown",
        "alone-low": "unknown",
    }
    # A slot or two may be lost to a machine that starts a server meanwhile.
    scraped = found["scraped-low"]
    assert scraped.verdict == "pass" or 1 < scraped.evidence["missing"] <= scraped.evidence["slots"] / 10
    # Nobody saw what happened while it was down, neither then nor later.
    slack = 2 * NANOSECONDS
    assert [s for s in run.samples("asked") if gone_ns + slack < s.at_ns < back_ns] == []
    down = (back_ns - gone_ns) / NANOSECONDS
    starts = {item: soak.started_run_ns for item, soak in run.state.soaks.items()}
    ends = {e.fact.item: run.state.clock.at(e.at) for e in run.run.events if isinstance(e.fact, ev.SoakCompleted)}
    took = {item: (ends[item] - starts[item]) / NANOSECONDS for item in starts}
    assert all(8.0 <= seconds < 16.0 for seconds in observed(run).values())
    assert took["alone"] - observed(run)["alone"] >= down - 4.0
    assert took["alone"] > 8.0 + down - 4.0


def test_a_supervisor_that_is_killed_in_mid_soak_is_followed_by_one_that_fills_in_what_it_missed(
    supervised: Build, prometheus: Prometheus
) -> None:
    run = build(supervised, prometheus, 13)
    with running(*prometheus.words):
        run.start()
        run.until(lambda _: has_values(run))
        run.ask(Tick("alone"))
        more(run, "asked", 4)
        run.kill()
        last_ns = run.samples("asked")[-1].at_ns
        away_until = clock.now().plus(7)
        run.until(lambda _: clock.now().boot_ns > away_until.boot_ns)
        run.start()
        more(run, "asked", 1)
        run.until_kind("soak completed")
        run.kill()

    samples = run.samples("asked")
    filled = [sample for sample in samples if sample.backfilled]
    # All of the gap, and nothing else, is marked; a scrape may have come late.
    assert len(filled) >= 7 / 0.4 - 3
    assert all(last_ns < sample.at_ns for sample in filled)
    assert len({sample.at_ns for sample in samples}) == len(samples)
    assert {sample.at_ns for sample in samples if not sample.backfilled and sample.at_ns < filled[0].at_ns} == {
        sample.at_ns for sample in samples if sample.at_ns <= last_ns
    }
    fact = judged(run)["alone-low"]
    soak = run.state.soaks["alone"]
    ended = next(e.at for e in run.run.events if isinstance(e.fact, ev.SoakCompleted))
    # Without the filling seven seconds of it would not count.
    assert 13.0 <= observed(run)["alone"] < ended.seconds_since(soak.started) < 13 + 15
    assert fact.evidence["missing"] < 7 / 0.4 / 2
    assert fact.verdict == ("pass" if fact.evidence["missing"] <= 0.04 * fact.evidence["slots"] else "unknown")
