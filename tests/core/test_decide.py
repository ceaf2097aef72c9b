"""What becomes of what people ask for: a fact, or a refusal that says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.extension import alpha_of_look
from qudag_tui.core.refusal import Because, Refusal
from tests.core.building import (
    CANARY,
    EXPANSION,
    Told,
    command,
    decision,
    gate,
    manual,
    persons,
    plan,
    script,
    section,
    signoff,
)


def day() -> Told:
    """Two phases, a list, a sign-off, a gate outside a soak, a rollback and a trigger."""
    return Told(
        plan(
            CANARY,
            EXPANSION,
            section("rest", manual("x"), signoff("qa", "QA Lead"), gate("errors"), script("run-it")),
            rollback=[persons("alert"), command("flags")],
            triggers=1,
        )
    )


def refusal(told: Told, intent: ask.Intent, by: str = "ana") -> tuple[Because, str]:
    before = told.state.head_seq
    answer = told.ask(intent, by)
    assert isinstance(answer, Refusal), answer
    assert told.state.head_seq == before
    return answer.because, str(answer)


def test_a_tick_is_recorded_once() -> None:
    told = day()
    assert told.ask(ask.Tick("x")) == ev.ItemTicked("x")
    assert refusal(told, ask.Tick("x"), "bo") == (Because.REFUSED, "“x” is already done by ana: untick reopens it")


def test_what_nobody_has_heard_of_is_not_found() -> None:
    told = day()
    asked: list[ask.Intent] = [
        ask.Tick("?"),
        ask.Untick("?"),
        ask.MarkNotApplicable("?", "r"),
        ask.Defer("x", "?", "r"),
        ask.Override("?", "r"),
        ask.AddComment("?", "c"),
        ask.Decide("?", "go"),
        ask.Sign("?"),
        ask.Execute("?"),
        ask.Retry("?"),
        ask.Skip("?", "r"),
        ask.MarkStep("?"),
    ]
    assert {refusal(told, intent)[0] for intent in asked} == {Because.NOT_FOUND}


def test_what_needs_a_reason_asks_for_it() -> None:
    told = day()
    asked: list[ask.Intent] = [
        ask.MarkNotApplicable("x", " "),
        ask.Defer("x", "canary", ""),
        ask.Override("x", ""),
        ask.Override("expansion", ""),
        ask.Decide("canary", "no-go", ""),
        ask.Skip("alert", ""),
        ask.AcceptUnprotected(""),
        ask.AddComment("x", " "),
    ]
    assert {refusal(told, intent)[0] for intent in asked} == {Because.REASON}


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ("go?", "“go?” is a decision and is not ticked: record the decision: decide canary go|no-go"),
        ("qa", "“qa” is a signoff and is not ticked: sign for the role: sign qa"),
        ("alert", "“alert” is a step and is not ticked: say how the step ended: mark alert"),
    ],
)
def test_decisions_signatures_and_steps_are_not_ticked(box: str, message: str) -> None:
    assert refusal(day(), ask.Tick(box)) == (Because.REFUSED, message)


def test_a_locked_phase_refuses_everything_but_its_override_and_remarks() -> None:
    told = day()
    locked = (
        Because.REFUSED,
        "“Expansion” is locked until the phase before it is go: or open it out of turn: override expansion --why …",
    )
    asked: list[ask.Intent] = [
        ask.Tick("expand"),
        ask.Untick("expand"),
        ask.MarkNotApplicable("expand", "r"),
        ask.Override("expand", "r"),
        ask.Decide("expansion", "go"),
    ]
    assert [refusal(told, intent) for intent in asked] == [locked] * len(asked)
    assert told.ask(ask.AddComment("expand", "soon")) == ev.ItemCommented("expand", "soon")
    assert told.ask(ask.Override("expansion", "hurry")) == ev.PhaseOverridden("expansion", "hurry")
    assert told.ask(ask.Tick("expand")) == ev.ItemTicked("expand")


def test_a_locked_phase_without_boxes_cannot_be_decided() -> None:
    told = Told(plan(CANARY, section("empty", traffic="50%")))
    assert refusal(told, ask.Decide("empty", "go"))[0] is Because.REFUSED


def test_a_phase_is_not_entered_where_logout_ends_the_supervisor_unless_somebody_says_why() -> None:
    told = day()
    told.start_supervisor(unprotected="KillUserProcesses=yes")
    message = (
        "background work ends when you log out here (KillUserProcesses=yes): "
        "enable lingering, or accept it with a reason: override unprotected --why …"
    )
    assert refusal(told, ask.Tick("deploy")) == (Because.REFUSED, message)
    assert refusal(told, ask.Override("expansion", "hurry")) == (Because.REFUSED, message)
    assert told.ask(ask.Tick("x")) == ev.ItemTicked("x")
    told.must(ask.AcceptUnprotected("short run"), ask.Tick("deploy"))


def test_an_ordered_list_asks_before_it_is_ticked_out_of_order() -> None:
    told = Told(plan(section("a", manual("first"), manual("second"), ordered=True)))
    assert refusal(told, ask.Tick("second")) == (
        Because.CONFIRM,
        "“first” comes first and is open: tick out of order?",
    )
    assert told.ask(ask.Tick("second", out_of_order=True)) == ev.ItemTicked("second")


def test_ticking_a_soak_starts_it_once() -> None:
    told = day()
    assert told.ask(ask.Tick("watch")) == ev.SoakStarted("watch")
    assert refusal(told, ask.Tick("watch")) == (
        Because.REFUSED,
        "“watch” is already counting: it completes itself; untick stops it",
    )
    assert told.ask(ask.Untick("watch")) == ev.ItemUnticked("watch")
    assert told.ask(ask.Tick("watch")) == ev.SoakStarted("watch")


def test_a_gate_under_a_soak_is_acknowledged_after_its_final_look_only() -> None:
    told = day()
    assert refusal(told, ask.Tick("cpu-ok"))[0] is Because.REFUSED
    told.must(ask.Tick("watch"))
    started = told.state.head_seq
    assert refusal(told, ask.Tick("cpu-ok"))[0] is Because.REFUSED
    told.record(ev.GateJudged("cpu-ok", started, "pass", "31 %, limit 80 %"))
    look = told.state.head_seq
    assert refusal(told, ask.Tick("cpu-ok"))[0] is Because.REFUSED
    told.record(ev.SoakCompleted("watch", started, 1800.0))
    assert told.ask(ask.Tick("cpu-ok")) == ev.ItemTicked("cpu-ok", look, "31 %, limit 80 %")


@pytest.mark.parametrize(
    ("verdict", "because"),
    [("fail", Because.FAIL), ("inconclusive", Because.INCONCLUSIVE), ("unknown", Because.UNKNOWN)],
)
def test_only_a_pass_can_be_ticked(verdict: str, because: Because) -> None:
    told = day()
    told.must(ask.Tick("watch"))
    started = told.state.head_seq
    told.record(ev.GateJudged("cpu-ok", started, verdict, "93 %, limit 80 %"))
    told.record(ev.SoakCompleted("watch", started, 1800.0))
    message = (
        f"the final look says {verdict}: 93 %, limit 80 %: "
        "only a pass can be ticked; soak again, override with a reason, or mark it not applicable"
    )
    assert refusal(told, ask.Tick("cpu-ok")) == (because, message)


def test_a_gate_without_a_look_after_the_soak_is_unknown() -> None:
    told = day()
    told.must(ask.Tick("watch"))
    told.record(ev.SoakCompleted("watch", told.state.head_seq, 1800.0))
    assert refusal(told, ask.Tick("cpu-ok")) == (Because.UNKNOWN, "“cpu-ok” has no final look: soak again")


def test_ticking_a_gate_outside_a_soak_asks_for_its_look_once() -> None:
    told = day()
    assert told.ask(ask.Tick("errors")) == ev.LookRequested("errors")
    assert refusal(told, ask.Tick("errors"))[0] is Because.REFUSED


def test_each_look_at_a_gate_outside_a_soak_counts_on_whatever_a_forged_one_says() -> None:
    told = day()
    for number in (1, 2):
        told.must(ask.Tick("errors"))
        look = ev.GateJudged("errors", told.state.head_seq, "inconclusive", "1 in 900", look=number)
        assert isinstance(told.record(replace(look, look=number + 1)), Refusal)
        assert told.record(look) == look

    assert told.state.next_look("errors") == 3
    assert told.state.next_look("cpu-ok") == 1
    judged = told.state.looks["errors"]
    for forged, following in ((-5, 1), (10**400, 1001)):
        told.state.looks["errors"] = replace(judged, judged=replace(judged.judged, look=forged))
        assert told.state.next_look("errors") == following
        assert 0 < alpha_of_look(following) < 0.05


def test_untick_reopens_all_but_what_was_overridden_decided_or_signed() -> None:
    told = day()
    told.must(ask.Tick("x"), ask.Untick("x"), ask.MarkNotApplicable("x", "r"), ask.Untick("x"))
    told.must(ask.Defer("x", "canary", "r"), ask.Untick("x"))
    assert refusal(told, ask.Untick("x")) == (Because.REFUSED, "“x” is open already")
    told.must(ask.Override("x", "r"), ask.Sign("QA Lead"))
    assert refusal(told, ask.Untick("x"))[0] is Because.REFUSED
    assert refusal(told, ask.Untick("qa"))[0] is Because.REFUSED
    assert refusal(told, ask.Untick("go?"))[0] is Because.REFUSED


def test_triggers_and_steps_are_never_set_aside() -> None:
    told = day()
    assert refusal(told, ask.MarkNotApplicable("alert", "r")) == (
        Because.REFUSED,
        "“alert” is a step: it is never set aside: a step that waits is skipped",
    )
    assert refusal(told, ask.Override("trigger-1", "r")) == (
        Because.REFUSED,
        "“trigger 1” is a trigger: it is never set aside: untick it if it was not so",
    )


def test_undo_takes_back_my_own_last_word_only() -> None:
    told = day()
    told.must(ask.Tick("x"), ask.AddComment("x", "hm"))
    told.must(ask.Tick("deploy"), by="bo")
    assert told.ask(ask.Undo()) == ev.EventUndone(3, "x")
    assert told.ask(ask.Undo()) == ev.EventUndone(2, "x")
    assert refusal(told, ask.Undo()) == (
        Because.REFUSED,
        "there is nothing of ana's to undo: undo takes back your own last tick",
    )
    assert told.states()["deploy"] == "done"


def test_decisions_signatures_and_overrides_are_not_undone() -> None:
    told = day()
    told.must(ask.Sign("qa lead"), ask.Override("x", "r"), ask.Decide("canary", "no-go", "r"))
    assert refusal(told, ask.Undo())[0] is Because.REFUSED


def test_a_go_asks_that_every_box_is_settled() -> None:
    told = day()
    message = (
        "3 of its boxes are open: “deploy”, “watch”, “cpu-ok”: "
        "a Go asks that each is done, not applicable, deferred or overridden"
    )
    assert refusal(told, ask.Decide("canary", "go")) == (Because.REFUSED, message)


def test_a_go_past_a_gate_that_did_not_pass_needs_a_reason_and_lists_what_was_only_claimed() -> None:
    told = Told(plan(section("canary", manual("built", claimed=True), gate("g"), decision("go?"), traffic="10%")))
    told.must(ask.Override("g", "the probe is broken"))
    assert refusal(told, ask.Decide("canary", "go")) == (
        Because.REASON,
        "a Go now needs a reason: “g” is overridden: say why",
    )
    assert told.ask(ask.Decide("canary", "go", "watched by hand")) == ev.PhaseDecided(
        "canary", "go", "watched by hand", ("built",)
    )


def test_a_phase_without_a_decision_is_not_decided() -> None:
    told = Told(plan(section("full", manual("everything"), traffic="100%")))
    assert refusal(told, ask.Decide("full", "go"))[0] is Because.REFUSED


def test_a_second_go_is_refused_and_a_later_no_go_holds() -> None:
    told = day()
    told.must(ask.Override("expansion", "r"), ask.Tick("expand"), ask.Decide("expansion", "go"))
    assert refusal(told, ask.Decide("expansion", "go"))[0] is Because.REFUSED
    told.must(ask.Decide("expansion", "no-go", "errors"))
    assert told.phases()["expansion"] == "held"


def test_a_role_signs_by_its_name_whatever_the_case() -> None:
    told = day()
    assert told.ask(ask.Sign("qa LEAD", "seen")) == ev.SignedOff("qa", "QA Lead", "seen")
    assert refusal(told, ask.Sign("CEO")) == (Because.NOT_FOUND, "there is no role “CEO”: the roles are: QA Lead")


def test_a_closed_run_takes_nothing_more() -> None:
    told = day()
    assert told.ask(ask.CloseRun("abandoned", "no")) == ev.RunClosed(
        "abandoned", ("deploy", "watch", "cpu-ok", "go?", "expand", "go2?", "x", "qa", "errors", "run-it"), "no"
    )
    assert refusal(told, ask.Tick("x")) == (
        Because.REFUSED,
        "the run is closed (abandoned): start another with new",
    )


def test_closing_waits_for_what_runs() -> None:
    told = day()
    told.claim("rollback")
    assert refusal(told, ask.CloseRun("rolled-back"))[0] is Because.REFUSED
    assert refusal(told, ask.CloseRun("finished"))[0] is Because.REFUSED


def test_text_is_bounded() -> None:
    told = day()
    assert refusal(told, ask.AddComment("x", "a" * 10_001)) == (
        Because.REFUSED,
        "the text is longer than 10000 characters: keep it short",
    )


def test_a_second_supervisor_cannot_double_an_observation() -> None:
    told = day()
    told.must(ask.Tick("errors"))
    judged = ev.GateJudged("errors", told.state.head_seq, "fail", "2 %")
    assert told.record(judged) == judged
    assert isinstance(told.record(judged), Refusal)
    told.must(ask.Tick("watch"))
    completed = ev.SoakCompleted("watch", told.state.head_seq, 1800.0)
    assert told.record(completed) == completed
    assert isinstance(told.record(completed), Refusal)


def test_a_person_cannot_record_what_only_people_say_through_the_supervisor() -> None:
    assert isinstance(day().record(ev.PhaseDecided("canary", "go")), Refusal)


def test_an_item_is_executed_unless_it_is_settled_or_locked() -> None:
    told = day()
    assert told.ask(ask.Execute("run-it")) == ev.ExecutionRequested("run-it")
    told = day()
    told.must(ask.Tick("run-it"))
    assert refusal(told, ask.Execute("run-it"))[0] is Because.REFUSED


def test_only_one_thing_is_executed_and_the_rollback_says_what_it_stops_first() -> None:
    told = day()
    running = told.claim("run-it")
    assert refusal(told, ask.Execute("rollback")) == (
        Because.CONFIRM,
        "“run-it” has not ended: confirm that it is stopped first",
    )
    assert told.ask(ask.Execute("rollback", stop_first=True)) == ev.ExecutionRequested("rollback", "", running)
    assert refusal(told, ask.Execute("rollback", stop_first=True)) == (
        Because.REFUSED,
        "“rollback” is already asked for: wait, or abort it",
    )
