"""Gates that regress: once a look, open again until the Go, shown after it, and never for want of samples."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.decide_run import reasons_needed
from qudag_tui.core.extension import REPEATED_ALPHA
from qudag_tui.core.intent import CloseRun, Decide, MarkNotApplicable, Override, Tick, Untick
from qudag_tui.core.judge import judge
from qudag_tui.core.refusal import Because, Refusal
from qudag_tui.core.regression import unanswered
from qudag_tui.core.verdict import Verdict
from tests.core.building import Told, command, decision, gate, manual, plan, section, soak
from tests.core.measuring import captured, counted, gauge, growing, ratio, samples, window
from tests.core.test_judge_properties import CORRUPT, GAUGES, SLOTS, marked, numbers

LINE = "99%, limit 80% · 40 of 40 slots beyond it"


def told(*, last: bool = False) -> Told:
    """Two phases, or only the ``last``; the gate of the first has passed its final look."""
    canary = section("canary", soak("watch"), gate("cpu", under="watch"), decision("go"), traffic="10%")
    half = section("half", manual("widen"), decision("go-on"), traffic="50%")
    phases = (canary,) if last else (canary, half)
    run = Told(plan(*phases, section("after", gate("calm")), rollback=[command("flags")]))
    run.start_supervisor()
    run.must(Tick("watch"))
    request = run.state.soaks["watch"].seq
    assert not isinstance(run.record(ev.GateJudged("cpu", request, "pass", "31%, limit 80%")), Refusal)
    assert not isinstance(run.record(ev.SoakCompleted("watch", request, 1800.0)), Refusal)
    return run


def regressed(run: Told, item: str = "cpu") -> ev.GateRegressed:
    return ev.GateRegressed(item, run.state.looks[item].seq, LINE, 99.0, 80.0)


def test_before_the_go_the_box_is_open_again_and_its_look_can_be_ticked_no_more() -> None:
    run = told()
    run.must(Tick("cpu"))
    assert run.record(regressed(run)) == regressed(run)

    assert run.states()["cpu"] == "open"
    mark = run.state.mark("cpu")
    assert mark is not None
    assert (mark.by, mark.reason) == ("supervisor", f"regressed: {LINE}")
    refused = run.ask(Tick("cpu"))
    assert isinstance(refused, Refusal)
    assert (refused.because, refused.message) == (
        Because.FAIL,
        f"“cpu” has regressed since its final look: {LINE}",
    )
    refused = run.ask(Decide("canary", "go"))
    assert isinstance(refused, Refusal)
    assert refused.message == "1 of its boxes are open: “cpu”"


def test_it_is_recorded_once_a_look_whether_or_not_anybody_had_acknowledged_it() -> None:
    run = told()
    assert not isinstance(run.record(regressed(run)), Refusal)

    assert isinstance(run.record(regressed(run)), Refusal)
    assert isinstance(run.ask(Tick("cpu")), Refusal)
    assert run.folded_again().states() == run.states()


def test_only_a_new_soak_an_override_or_not_applicable_goes_on_from_there() -> None:
    for way in (Override("cpu", "known"), MarkNotApplicable("cpu", "known")):
        run = told()
        run.record(regressed(run))
        run.must(way)
        assert run.state.unsettled(run.state.plan.sections["canary"]) == []

    run = told()
    run.record(regressed(run))
    run.must(Tick("watch")) if run.states()["watch"] == "open" else run.must(Untick("watch"), Tick("watch"))
    request = run.state.soaks["watch"].seq
    run.record(ev.GateJudged("cpu", request, "pass", "30%, limit 80%"))
    run.record(ev.SoakCompleted("watch", request, 1800.0))

    assert run.state.regression("cpu") is None
    run.must(Tick("cpu"), Decide("canary", "go"))


def test_after_the_go_it_reopens_nothing_and_waits_for_the_next_decision() -> None:
    run = told()
    run.must(Tick("cpu"), Decide("canary", "go"))
    run.record(regressed(run))

    assert (run.states()["cpu"], run.phases()["canary"]) == ("done", "go")
    assert [(item.id, one.seen.line) for item, one in unanswered(run.state)] == [("cpu", LINE)]
    run.must(Tick("widen"))
    assert reasons_needed(run.state, "half") == ["“cpu” has regressed"]
    refused = run.ask(Decide("half", "go"))
    assert isinstance(refused, Refusal)
    assert refused.because is Because.REASON
    run.must(Decide("half", "go", "it is the night's batch"))
    assert unanswered(run.state) == []


def test_a_gate_of_no_phase_opens_again_and_is_looked_at_anew() -> None:
    run = told()
    run.must(Tick("calm"))
    run.record(ev.GateJudged("calm", run.state.look_requests["calm"].seq, "pass", "31%, limit 80%"))
    assert run.states()["calm"] == "done"
    run.record(regressed(run, "calm"))

    assert run.states()["calm"] == "open"
    assert isinstance(run.ask(Tick("calm")), ev.LookRequested)


@pytest.mark.parametrize("how", ["no look", "another look", "a look that failed", "set aside", "closed", "no gate"])
def test_a_regression_of_anything_else_is_refused(how: str) -> None:
    run = told()
    fact = regressed(run)
    if how == "no look":
        fact = ev.GateRegressed("calm", 3, LINE)
    elif how == "another look":
        fact = ev.GateRegressed("cpu", 1, LINE)
    elif how == "a look that failed":
        run.must(Tick("calm"))
        run.record(ev.GateJudged("calm", run.state.look_requests["calm"].seq, "fail", LINE))
        fact = regressed(run, "calm")
    elif how == "set aside":
        run.must(Override("cpu", "known"))
    elif how == "closed":
        run.must(CloseRun("abandoned", "enough"))
    else:
        fact = ev.GateRegressed("widen", 1, LINE)

    assert isinstance(run.record(fact), Refusal)


@pytest.mark.parametrize(("condition", "growth"), GAUGES)
@pytest.mark.parametrize("kind", ["captured", "concurrent"])
@given(
    seed=st.integers(0, 10_000),
    level=st.sampled_from([96.0, 100.0, 104.0, 110.0]),
    gone=st.dictionaries(st.integers(0, SLOTS - 1), CORRUPT, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_marking_a_slot_missing_or_corrupt_never_makes_a_regression(
    condition: str, growth: float, kind: str, *, seed: int, level: float, gone: dict[int, float | None]
) -> None:
    metric = gauge(concurrent=kind == "concurrent")
    now = samples([v * (1 + growth * n / SLOTS) for n, v in enumerate(numbers(seed, level, 0.02))])
    beside = samples(numbers(seed + 1, 100.0, 0.02))
    held = {metric.id: captured(numbers(seed + 2, 100.0, 0.02), metric)}

    def fails(latency: list[tuple[int, float]], baseline: list[tuple[int, float]]) -> bool:
        series = {"latency": latency, "latency:baseline": baseline}
        found = judge(
            parse_condition(condition),
            window(SLOTS),
            series,
            {metric.id: metric},
            alpha=REPEATED_ALPHA,
            baselines=held,
            r1=0.2,
        )
        return found.verdict is Verdict.FAIL

    before = fails(now, beside)
    assert before or not fails(marked(now, gone), beside)
    assert before or not fails(now, marked(beside, gone))


@given(st.integers(0, 10_000), st.dictionaries(st.integers(0, SLOTS), st.sampled_from([None, math.nan]), max_size=6))
@settings(max_examples=40, deadline=None)
def test_neither_do_counts_that_nobody_saw(seed: int, gone: dict[int, float | None]) -> None:
    metric, errors = ratio(), [1.0 if number in {seed % 60, seed % 7} else 0.0 for number in range(SLOTS)]
    series = counted(growing(errors), growing([40.0] * SLOTS))
    dark = {name: marked(found, gone) for name, found in series.items()}

    found = [
        judge(parse_condition("errors < 0.1%"), window(SLOTS), each, {"errors": metric}, alpha=REPEATED_ALPHA).verdict
        for each in (series, dark, {})
    ]

    assert found[0] is not Verdict.FAIL
    assert found[1] is not Verdict.FAIL
    assert found[2] is Verdict.UNKNOWN


@pytest.mark.parametrize("how", ["no-go", "rollback"])
def test_a_gate_that_regressed_after_the_go_is_open_again_once_its_phase_is_held(how: str) -> None:
    """A second Go would otherwise rest on a pass that is known to be none any more."""
    run = told()
    if how == "rollback":
        # The last phase that there is stays the current one, which a rollback holds.
        run = told(last=True)
    run.must(Tick("cpu"), Decide("canary", "go"))
    run.record(regressed(run))
    assert run.states()["cpu"] == "done"

    if how == "no-go":
        run.must(Decide("canary", "no-go", "the CPU"))
    else:
        run.claim("rollback")

    assert (run.states()["cpu"], run.phases()["canary"]) == ("open", "held")
    refused = run.ask(Decide("canary", "go", "all is well"))
    assert isinstance(refused, Refusal)
    assert refused.message == "1 of its boxes are open: “cpu”"
