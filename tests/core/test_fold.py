"""What the events of a run mean, whatever they say."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.capture import bins_of, captured_of
from qudag_tui.core.event import KINDS
from qudag_tui.core.fold import _HANDLERS
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.verdict import Verdict
from tests.core.building import (
    CANARY,
    EXPANSION,
    Told,
    branch,
    command,
    gate,
    manual,
    persons,
    plan,
    script,
    section,
    signoff,
    soak,
    watch,
)
from tests.core.measuring import captured, gauge

FULL = section("full", manual("everything"), traffic="100%")


def soaked(told: Told, verdict: str = "pass") -> None:
    """Start the soak, take its final look and complete it."""
    told.must(ask.Tick("watch"))
    started = told.state.head_seq
    told.record(ev.GateJudged("cpu-ok", started, verdict, "31 %, limit 80 %"))
    told.record(ev.SoakCompleted("watch", started, 1800.0))


def test_every_kind_of_event_changes_something_or_is_refused_by_name() -> None:
    assert set(_HANDLERS) == set(KINDS.values())


def test_a_claimed_box_is_done_until_somebody_says_otherwise() -> None:
    told = Told(plan(section("ready", manual("tests", claimed=True), manual("audit"))))
    assert told.states() == {"tests": "claimed", "audit": "open"}
    assert (told.state.done[""], told.state.total[""]) == (1, 2)

    told.must(ask.Untick("tests"))

    assert told.states() == {"tests": "open", "audit": "open"}
    assert (told.state.done[""], told.state.done["ready"], told.state.done["day"]) == (0, 0, 0)


def test_a_deferred_box_is_settled_and_does_not_count_as_done() -> None:
    told = Told(plan(section("a", manual("x")), section("b", manual("y"))))
    told.must(ask.Defer("x", "b", "later"))
    assert told.states()["x"] == "deferred"
    assert told.state.done[""] == 0
    assert [item.id for item in told.state.deferred_to("b")] == ["x"]


def test_undo_brings_back_what_was_before() -> None:
    told = Told(plan(section("a", manual("x", claimed=True))))
    told.must(ask.Tick("x"))
    assert told.states() == {"x": "done"}
    told.must(ask.Undo())
    assert told.states() == {"x": "claimed"}
    assert told.state.done[""] == 1


def test_a_go_opens_the_next_phase_and_no_other() -> None:
    told = Told(plan(CANARY, EXPANSION, FULL))
    assert told.phases() == {"canary": "open", "expansion": "locked", "full": "locked"}
    told.must(ask.Tick("deploy"))
    told.must(ask.Tick("watch"))
    assert told.phases()["canary"] == "soaking"
    started = told.state.head_seq
    told.record(ev.GateJudged("cpu-ok", started, "pass", "31 %"))
    told.record(ev.SoakCompleted("watch", started, 1800.0))
    assert told.phases()["canary"] == "deciding"
    told.must(ask.Tick("cpu-ok"), ask.Decide("canary", "go"))
    assert told.phases() == {"canary": "go", "expansion": "open", "full": "locked"}
    assert told.states()["go?"] == "done"


def test_phases_that_have_nothing_left_to_do_open_the_one_after_them() -> None:
    done_before = section("done-before", manual("x", claimed=True), traffic="1%")
    empty = section("empty", traffic="5%")
    told = Told(plan(done_before, empty, EXPANSION))
    assert told.phases() == {"done-before": "go", "empty": "go", "expansion": "open"}


def test_a_phase_without_a_decision_is_go_when_all_is_settled_and_leaves_the_next_one_open_for_good() -> None:
    told = Told(plan(FULL, EXPANSION))
    told.must(ask.Tick("everything"))
    assert told.phases() == {"full": "go", "expansion": "open"}
    told.must(ask.Untick("everything"))
    assert told.phases() == {"full": "open", "expansion": "open"}


def test_a_no_go_holds_the_phase_until_it_soaks_again() -> None:
    told = Told(plan(CANARY, EXPANSION))
    soaked(told, "fail")
    told.must(ask.Decide("canary", "no-go", "errors"))
    assert told.phases() == {"canary": "held", "expansion": "locked"}
    assert told.state.phases["canary"].held == "No-Go by ana: errors"
    told.must(ask.Untick("watch"), ask.Tick("watch"))
    assert told.phases() == {"canary": "soaking", "expansion": "locked"}


def test_a_phase_held_by_a_rollback_after_its_go_needs_a_new_go_once_it_has_soaked_again() -> None:
    told = Told(plan(CANARY, rollback=[persons("alert")]))
    soaked(told)
    told.must(ask.Tick("deploy"), ask.Tick("cpu-ok"), ask.Decide("canary", "go"))
    told.claim("rollback")
    assert told.phases() == {"canary": "held"}
    assert told.states()["go?"] == "open"
    told.must(ask.Untick("watch"), ask.Tick("watch"))
    assert told.phases() == {"canary": "soaking"}


def test_a_go_with_a_reason_leaves_a_hold() -> None:
    told = Told(plan(EXPANSION, FULL))
    told.must(ask.Tick("expand"), ask.Decide("expansion", "no-go", "wait"))
    told.must(ask.Decide("expansion", "go", "it was the probe"))
    assert told.phases() == {"expansion": "go", "full": "open"}


def test_soaking_again_reopens_what_was_vouched_for_and_keeps_what_was_set_aside() -> None:
    phase = section(
        "canary",
        soak("watch"),
        gate("acknowledged", under="watch"),
        gate("claimed", under="watch", claimed=True),
        gate("aside", under="watch"),
        gate("forced", under="watch"),
        traffic="10%",
    )
    told = Told(plan(phase))
    told.must(ask.MarkNotApplicable("aside", "no such metric"), ask.Override("forced", "broken probe"))
    told.must(ask.Tick("watch"))
    started = told.state.head_seq
    told.record(ev.GateJudged("acknowledged", started, "pass", "fine"))
    told.record(ev.SoakCompleted("watch", started, 1800.0))
    told.must(ask.Tick("acknowledged"), ask.Untick("watch"), ask.Tick("watch"))
    assert told.states() == {
        "watch": "open",
        "acknowledged": "open",
        "claimed": "open",
        "aside": "not applicable",
        "forced": "overridden",
    }


def test_a_soak_completes_for_the_person_who_started_it() -> None:
    told = Told(plan(CANARY))
    soaked(told)
    mark = told.state.mark("watch")
    assert mark is not None
    assert (mark.by, str(mark.state)) == ("ana", "done")
    assert told.state.soaks["watch"].observed_seconds == 1800.0


def test_a_look_that_passes_ticks_the_gate_for_the_person_who_asked() -> None:
    told = Told(plan(section("success", gate("errors"))))
    told.must(ask.Tick("errors"), by="bo")
    told.record(ev.GateJudged("errors", told.state.head_seq, "pass", "0.02 %"))
    mark = told.state.mark("errors")
    assert mark is not None
    assert (mark.by, str(mark.state), mark.reason) == ("bo", "done", "0.02 %")
    assert told.state.gate_verdict("errors") is Verdict.PASS
    assert not told.state.has_pending


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "unknown"])
def test_a_look_that_does_not_pass_ticks_nothing(verdict: str) -> None:
    told = Told(plan(section("success", gate("errors"))))
    told.must(ask.Tick("errors"))
    told.record(ev.GateJudged("errors", told.state.head_seq, verdict, "no"))
    assert told.states() == {"errors": "open"}
    assert told.state.gate_verdict("errors") == verdict


def test_a_gate_that_was_set_aside_is_not_ticked_by_a_look_that_was_asked_for_before() -> None:
    told = Told(plan(section("success", gate("errors"))))
    told.must(ask.Tick("errors"))
    request = told.state.head_seq
    told.must(ask.MarkNotApplicable("errors", "no traffic"))
    assert isinstance(told.record(ev.GateJudged("errors", request, "pass", "0 %")), Refusal)
    assert told.states() == {"errors": "not applicable"}
    assert not told.state.has_pending


def test_closing_stops_what_counts() -> None:
    told = Told(plan(CANARY, section("success", gate("errors"))))
    told.must(ask.Tick("watch"), ask.Tick("errors"), ask.CloseRun("abandoned", "enough"))
    assert not told.state.has_pending
    assert not told.state.is_under_way


def test_a_phase_starts_with_the_first_event_on_its_boxes() -> None:
    told = Told(plan(section("before", manual("freeze")), CANARY))
    told.must(ask.Tick("freeze"))
    assert not told.state.is_under_way
    told.must(ask.Tick("deploy"))
    assert told.state.is_under_way


def test_the_current_item_is_the_next_one_to_do_of_the_phase_under_way() -> None:
    told = Told(plan(section("before", manual("freeze"), manual("talk")), CANARY))
    current = [told.state.current_item()]
    told.must(ask.Tick("freeze"))
    current.append(told.state.current_item())
    told.must(ask.Tick("deploy"))
    current.append(told.state.current_item())
    assert [item.id for item in current if item] == ["freeze", "talk", "watch"]


def test_a_trigger_that_somebody_saw_is_done_and_can_be_taken_back() -> None:
    told = Told(plan(section("a", manual("x")), triggers=1))
    told.must(ask.Tick("trigger-1"))
    assert told.states()["trigger-1"] == "done"
    told.must(ask.Untick("trigger-1"))
    assert told.states()["trigger-1"] == "open"


def test_the_steps_of_a_branch_that_was_not_needed_are_not_applicable() -> None:
    steps = [watch("recovery"), branch("if-not", "recovery", command("code")), persons("document")]
    told = Told(plan(section("a", manual("x")), rollback=steps))
    request = told.claim("rollback")
    told.record(ev.WatchStarted("recovery", request))
    told.record(ev.WatchEnded("recovery", request, "passed", "pass", "0.02 %"))
    assert told.states() == {
        "x": "open",
        "recovery": "done",
        "if-not": "not applicable",
        "code": "not applicable",
        "document": "open",
    }


def test_an_event_of_a_kind_from_the_future_makes_the_run_read_only() -> None:
    told = Told(plan(section("a", manual("x"))))
    told.tell(ev.UnknownFact("moon phase observed", {"moon": "full"}))
    assert "moon phase observed" in told.state.read_only
    assert isinstance(told.ask(ask.Tick("x")), Refusal)


def test_a_journal_of_a_newer_format_makes_the_run_read_only() -> None:
    told = Told(plan(section("a", manual("x"))), journal_format=ev.FORMAT + 1)
    assert told.state.read_only == f"its format is {ev.FORMAT + 1}, written by a newer version of qudag-tui"


IDS = st.sampled_from(
    [
        "",
        "deploy",
        "watch",
        "cpu-ok",
        "go?",
        "canary",
        "rollback",
        "stop",
        "alert",
        "trigger-1",
        "qa",
        "nowhere",
        "run-it",
    ]
)
TEXTS = st.one_of(
    IDS, st.sampled_from(["pass", "fail", "go", "no-go", "passed", "failed", "unknown", "cancelled", "timed_out"])
)


@st.composite
def forged(draw: st.DrawFn) -> ev.Fact:
    cls = draw(st.sampled_from(sorted(KINDS.values(), key=lambda kind: kind.kind)))
    strategies = {
        "str": TEXTS,
        "int": st.integers(0, 12),
        "float": st.floats(allow_nan=True),
        "int | None": st.one_of(st.none(), st.integers(0, 12)),
        "float | None": st.one_of(st.none(), st.floats()),
        "tuple[str, ...]": st.lists(TEXTS, max_size=2).map(tuple),
        "Mapping[str, str]": st.just({}),
        "Mapping[str, Any]": st.just({}),
    }
    return cls(**{spec.name: draw(strategies[str(spec.type)]) for spec in fields(cls)})  # type: ignore[arg-type]  # facts are dataclasses


EVERYTHING = plan(
    CANARY,
    EXPANSION,
    section("rest", script("run-it"), signoff("qa", "QA Lead")),
    rollback=[persons("alert"), command("stop"), watch("recovery"), branch("if-not", "recovery", command("code"))],
    other=[command("drain-it")],
    triggers=1,
)


@given(st.lists(forged(), max_size=12))
def test_no_sequence_of_forged_events_raises_and_the_counts_stay_true(facts: list[ev.Fact]) -> None:
    told = Told(EVERYTHING)
    for fact in facts:
        told.tell(fact, "mallory")
        told.due()
    told.phases()
    state = told.state
    expected = sum(state.item_state(item).counts_as_done for item in EVERYTHING.items.values())
    assert state.done[""] == expected
    assert told.folded_again().states() == told.states()


def test_a_soak_that_could_not_tell_goes_on_and_its_gate_is_looked_at_again() -> None:
    told = Told(plan(CANARY))
    told.must(ask.Tick("watch"))
    started = told.state.head_seq
    early = ev.GateJudged("cpu-ok", started, "pass", "31 %", look=2)
    assert isinstance(told.record(early), Refusal)
    told.record(ev.GateJudged("cpu-ok", started, "inconclusive", "needs 3 more samples"))
    assert isinstance(told.record(ev.SoakExtended("watch", started, 2, 900.0, ("cpu-ok",))), Refusal)
    told.record(ev.SoakExtended("watch", started, 1, 900.0, ("cpu-ok",)))
    assert isinstance(told.record(ev.SoakExtended("watch", started, 1, 900.0, ("cpu-ok",))), Refusal)
    assert (told.state.soaks["watch"].looks, told.state.soaks["watch"].extended_seconds) == (1, 900.0)
    assert told.phases()["canary"] == "soaking"

    told.record(ev.GateJudged("cpu-ok", started, "pass", "31 %, limit 80 %", look=2))
    assert isinstance(told.record(ev.GateJudged("cpu-ok", started, "fail", "again", look=3)), Refusal)
    told.record(ev.SoakCompleted("watch", started, 2700.0))
    told.must(ask.Tick("cpu-ok"))


def test_a_captured_baseline_is_kept_and_a_later_one_replaces_it_and_shows() -> None:
    told = Told(replace(plan(CANARY), metrics={"latency": gauge()}))
    told.must(ask.CaptureBaseline(captured([1.0, 2.0, 3.0] * 40)))
    told.must(ask.CaptureBaseline(captured([5.0, None, 7.0] * 40)), by="bo")

    kept = told.state.baselines["latency"]
    assert (kept.by, kept.times) == ("bo", 2)
    assert kept.captured == captured([5.0, None, 7.0] * 40)
    assert told.state.captured == {"latency": kept.captured}


def test_nothing_is_captured_of_what_was_not_measured_or_has_another_baseline() -> None:
    told = Told(replace(plan(CANARY), metrics={"latency": gauge(), "fixed": gauge("fixed", baseline=3.0)}))
    said = [
        told.ask(ask.CaptureBaseline(captured([None] * 60))),
        told.ask(ask.CaptureBaseline(captured([1.0] * 60, gauge("fixed")))),
        told.ask(ask.CaptureBaseline(captured([1.0] * 60, gauge("other")))),
    ]

    assert [str(one.because) if isinstance(one, Refusal) else "" for one in said] == ["refused", "refused", "not found"]
    assert told.state.baselines == {}


@pytest.mark.parametrize(
    "bins",
    [
        {},
        {"values": ["x"]},
        {"values": [1.0], "gaps": [9]},
        {"low": [1.0, 2.0]},
        {"unit": "parsec"},
        {"every_seconds": 0.0},
        {"dispersion": -1.0},
        {"width": 0},
        {"samples": 10**30},
        {"more": 1},
    ],
)
def test_a_baseline_that_nobody_could_have_captured_is_none(bins: dict[str, object]) -> None:
    told = Told(replace(plan(CANARY), metrics={"latency": gauge()}))
    whole = bins_of(captured([1.0, 2.0] * 30))
    assert captured_of("latency", whole) == captured([1.0, 2.0] * 30)
    told.tell(ev.BaselineCaptured("latency", whole | bins if bins else {}))
    assert told.state.baselines == {}
