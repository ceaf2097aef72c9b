from __future__ import annotations

from contextlib import closing
from pathlib import Path

from qudag_tui.core import intent as ask
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.slots import Window
from qudag_tui.core.verdict import Verdict
from qudag_tui.run.samples import Sample, SampleReader, SampleWriter
from qudag_tui.run.standing import Standing
from qudag_tui.run.standings import Standings, read_observed
from tests.core.building import CANARY, Told, plan
from tests.core.measuring import gauge
from tests.run.builder import at, new_run

SHORT = "at today's rate this gate needs 40 min, longer than its soak of 30 min"
FORECASTS = {"cpu-ok": Standing(Verdict.FAIL, SHORT)}


def test_a_soak_is_too_short_for_gates_that_are_open_and_while_somebody_looks() -> None:
    told = Told(plan(CANARY))
    watch = told.state.plan.items["watch"]

    assert Standings(forecasts=FORECASTS, supervised=True).too_short(watch, told.state) == [f"“cpu-ok”: {SHORT}"]
    assert Standings(forecasts=FORECASTS, supervised=False).too_short(watch, told.state) == []
    told.must(ask.MarkNotApplicable("cpu-ok", "no load tonight"))
    assert Standings(forecasts=FORECASTS, supervised=True).too_short(watch, told.state) == []


def test_a_baseline_beside_a_metric_is_what_was_last_measured_there() -> None:
    state, metric = Told(plan(CANARY)).state, gauge(concurrent=True)

    assert Standings(beside={"latency": 0.08}).baseline(metric, state) == 0.08
    assert Standings(beside={"other": 0.08}).baseline(metric, state) is None
    assert Standings().baseline(gauge(baseline=0.1), state) == 0.1


def test_what_is_said_is_of_now_only_while_a_supervisor_stores_what_it_measures() -> None:
    assert Standings(supervised=True).is_live
    assert not Standings(supervised=True, trouble="the supervisor has stored nothing for 5 min").is_live
    assert not Standings().is_live


def test_what_was_observed_reaches_back_to_the_look_before_a_soak(tmp_path: Path) -> None:
    folder = new_run(tmp_path).folder
    with closing(SampleWriter(folder)) as writer, closing(SampleReader(folder)) as reader:
        writer.add([Sample("cpu", seconds * NANOSECONDS, at().wall, 1.0) for seconds in (95, 100, 105)])
        window = Window(97 * NANOSECONDS, 105 * NANOSECONDS)

        assert read_observed(reader, {"cpu": 5.0}, window, window.end_ns) == 8.0
