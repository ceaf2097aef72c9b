"""``baseline``, ``sources test``, ``metrics --watch`` and ``gate --wait`` against samples that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest

from qudag_tui.cli import metrics
from qudag_tui.core import event as ev
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.intent import CloseRun, Tick
from qudag_tui.run import clock
from qudag_tui.run.samples import Sample, SampleWriter
from tests.cli.desk import PLAN, Answer, Desk, supervise_as_this_process

COMPARED = PLAN.replace('gate = "cpu < 101%"', 'gate = "cpu < baseline + 10%"', 1)
EVERY = NANOSECONDS // 5


def sampled(desk: Desk, count: int) -> None:
    """What a supervisor would have kept of the last ``count`` slots."""
    run = desk.run
    at = clock.now()
    newest = run.state.clock.at(at) // EVERY * EVERY + 3600 * NANOSECONDS
    with closing(SampleWriter(run.folder)) as writer:
        writer.add([Sample("cpu", newest - number * EVERY, at.wall, 30.0 + number % 3) for number in range(count)])


def test_a_captured_baseline_is_recorded_listed_and_replaced(desk: Desk) -> None:
    desk.write(COMPARED)
    desk.new()
    assert desk("baseline").out == "cpu\tnot captured\n"
    assert desk("baseline", "capture").code == 3

    sampled(desk, 100)
    answer = desk("baseline", "capture", "--window", "16s")
    assert (answer.code, answer.err.splitlines()[-1]) == (0, "cpu: 80 of 80 samples")
    again = desk("baseline", "capture", "cpu", "--window", "10s", "--as", "bo")
    assert (again.code, "has 50 of the 60 samples it needs" in again.err) == (7, True)

    listed = desk("baseline", "--json").json
    assert [(one["metric"], one["by"], one["samples"], one["times"]) for one in listed] == [("cpu", "bo", 50, 2)]
    assert "captured the baseline of “cpu”: 50 samples" in desk("log").out
    assert desk("baseline", "capture", "--window", "soon").code == 2
    assert desk("baseline", "capture", "nothing").code == 4


def test_a_capture_begins_with_the_first_sample_and_says_when_too_much_of_it_is_missing(desk: Desk) -> None:
    desk.write(COMPARED)
    desk.new()
    sampled(desk, 80)
    whole = desk("baseline", "capture", "--window", "10m")
    assert (whole.code, whole.err.splitlines()[-1]) == (0, "cpu: 80 of 80 samples")

    with closing(SampleWriter(desk.run.folder)) as writer:
        at = clock.now()
        newest = desk.run.state.clock.at(at) // EVERY * EVERY + 3600 * NANOSECONDS
        writer.add([Sample("cpu", newest - 100 * EVERY, at.wall, 30.0)])
    gaps = desk("baseline", "capture", "--window", "10m")
    assert gaps.code == 7
    assert gaps.err.splitlines()[-1].endswith(
        "slots of the baseline are missing: capture it again; until then verdicts by it are unknown"
    )
    assert desk("baseline").out.startswith("cpu\tcaptured, captured 2 times\t")


def test_sources_are_asked_once_trusted_and_say_what_came_back(desk: Desk) -> None:
    desk.write(
        'title = "T"\n[sources.told]\ncommand = ["echo", "depth 7"]\n[metrics.depth]\ngauge = "told:depth"\n'
        '[metrics.width]\ngauge = "told:width"\n[metrics.cpu]\ngauge = "host:memory_percent"\n'
        '[[checklists]]\ntitle = "Day"\nitems = ["x"]\n'
    )
    untrusted = desk("sources", "test")
    assert (untrusted.code, untrusted.out.startswith("host\tmemory_percent\t")) == (3, True)
    assert desk("trust", "--yes").code == 0

    answer = desk("sources", "test")

    assert answer.code == 1
    assert "told\tdepth\t7\n" in answer.out
    assert "told\twidth\tunknown: " in answer.out


def test_metrics_are_watched_until_the_run_is_closed(desk: Desk) -> None:
    desk.write(PLAN)
    desk.new()
    assert desk("close", "abandoned", "--why", "a test").code == 0
    answer = desk("metrics", "--watch", "--run", "r1")
    assert answer == Answer(0, "cpu\tunknown\tunknown\tcpu\n", f"{metrics.CLOSED}\n")


def test_a_watch_says_when_nobody_samples_any_more_and_when_somebody_does_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(PLAN)
    desk.new()
    with pytest.MonkeyPatch.context() as supervised:
        supervise_as_this_process(supervised)
        again = pytest.MonkeyPatch()
        moments: Iterator[Callable[[], object]] = iter(
            [
                lambda: None,
                supervised.undo,
                lambda: supervise_as_this_process(again),
                lambda: desk.ask(CloseRun("abandoned", "a test")),
            ]
        )
        monkeypatch.setattr(metrics, "time", SimpleNamespace(sleep=lambda _seconds: next(moments)()))
        answer = desk("metrics", "--watch")
        again.undo()

    assert (answer.code, answer.out) == (0, "cpu\tunknown\tunknown\tcpu\n")
    assert answer.err.splitlines() == [metrics.UNSAMPLED, metrics.SAMPLED, metrics.CLOSED]


def test_a_gate_is_waited_for_until_its_look_is_final(desk: Desk) -> None:
    desk.write(PLAN)
    desk.new()
    asked = desk.ask(Tick("load-ok"))
    desk.record(ev.GateJudged("load-ok", asked, "fail", "120%, limit 101%"))
    answer = desk("gate", "load-ok", "--wait")
    assert (answer.code, "final: 120%, limit 101%" in answer.out) == (1, True)
