"""Adopting another plan: what is carried over, what starts again, what is listed as gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.item import Gate
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.trigger import Trigger
from tests.core.adopting import Adopting, canary, measured, other
from tests.core.building import command, decision, gate, manual, plan, script, section, signoff, soak


def test_marks_comments_and_counts_go_on_with_the_boxes_that_stay() -> None:
    run = Adopting(canary())
    run.must(ask.Tick("deploy"), ask.AddComment("deploy", "slow"), ask.MarkNotApplicable("rest", "nobody does"))
    marks = dict(run.state.marks)
    run.must_adopt(other(canary(manual("smoke-test"))))

    assert run.state.marks == marks
    assert [c.text for c in run.state.comments["deploy"]] == ["slow"]
    assert (run.state.done[""], run.state.total[""]) == (2, 7)
    assert (run.state.done["canary"], run.state.total["canary"]) == (1, 5)
    assert run.state.file == "/srv/checklists.toml"
    assert run.states()["smoke-test"] == "open"


def test_that_a_rollback_takes_fewer_people_by_now_stands_in_the_journal() -> None:
    new = plan(section("a", manual("one")), rollback=[command("off")])
    old = replace(new, procedures={"rollback": replace(new.procedures["rollback"], approvals=2)})
    run = Adopting(old)
    run.must_adopt(other(new))

    (adopted,) = [event.fact for event in run.journal if isinstance(event.fact, ev.PlanAdopted)]
    assert adopted.line == "no box is another; “Rollback” asked for 2 people and asks for 1 person"


def test_progress_of_a_removed_box_is_listed_and_comes_back_with_the_box() -> None:
    before = plan(section("a", manual("one"), manual("two"), signoff("qa", "QA")))
    run = Adopting(before)
    run.must(ask.Tick("one"), ask.Sign("QA"))
    run.must_adopt(other(plan(section("a", manual("two")))))

    assert [(gone.id, gone.text, gone.state, gone.by) for gone in run.state.removed.values()] == [
        ("one", "one", "done", "ana"),
        ("qa", "qa", "done", "ana"),
    ]
    assert (run.state.done[""], run.state.total[""]) == (0, 1)
    run.must_adopt(replace(before, sha256="2" * 64))
    assert run.state.removed == {}
    assert run.states() == {"one": "done", "two": "open", "qa": "done"}
    assert run.state.done[""] == 2


def test_how_a_removed_step_ended_is_listed_in_words() -> None:
    followed = plan(section("a", manual("one")), rollback=[command("flags"), command("code")])
    run = Adopting(followed)
    request = run.claim("rollback")
    run.run_step("flags", request, "timed_out")
    run.must(ask.Abort())
    assert not isinstance(run.record(ev.ExecutionFinished(request, "cancelled")), Refusal)
    run.must_adopt(other(plan(section("a", manual("one")), rollback=[command("code")])))

    assert [(gone.id, gone.state) for gone in run.state.removed.values()] == [("flags", "timed out")]


def test_a_reworded_box_takes_its_marks_comments_and_execution_along() -> None:
    run = Adopting(plan(section("a", script("deploy"), manual("tell"))))
    request = run.claim("deploy")
    run.run_step("deploy", request, "passed")
    assert not isinstance(run.record(ev.ExecutionFinished(request, "passed")), Refusal)
    run.must(ask.AddComment("tell", "by phone"), ask.Tick("tell"))
    new = other(plan(section("a", script("deploy-it"), manual("tell-them"))))
    run.must_adopt(new, {"deploy": "deploy-it", "tell": "tell-them"})

    assert run.states() == {"deploy-it": "done", "tell-them": "done"}
    assert run.state.removed == {}
    assert [c.text for c in run.state.comments["tell-them"]] == ["by phone"]
    last = run.state.last_execution("deploy-it")
    assert last is not None
    assert last.request == request


def test_without_a_word_on_it_a_reworded_box_is_gone_and_the_new_one_open() -> None:
    run = Adopting(plan(section("a", manual("tell"))))
    run.must(ask.Tick("tell"))
    run.must_adopt(other(plan(section("a", manual("tell-them")))))

    assert run.states() == {"tell-them": "open"}
    assert list(run.state.removed) == ["tell"]


def test_a_box_that_became_another_kind_starts_open_whatever_its_id() -> None:
    run = Adopting(plan(section("a", manual("cpu-ok"))))
    run.must(ask.Tick("cpu-ok"))
    run.must_adopt(other(plan(section("a", gate("cpu-ok")))))

    assert run.states() == {"cpu-ok": "open"}
    assert run.state.removed["cpu-ok"].kind == "manual"


def test_a_box_deferred_to_a_section_that_is_gone_is_open_again() -> None:
    run = Adopting(
        plan(section("a", manual("one"), manual("two")), section("b", manual("x")), section("c", manual("y")))
    )
    run.must(ask.Defer("one", "b", "later"), ask.Defer("two", "c", "later"))
    run.must_adopt(other(plan(section("a", manual("one"), manual("two")), section("c", manual("y")))))

    assert run.states() == {"one": "open", "two": "deferred", "y": "open"}
    assert run.state.marks["one"][-1].reason == "the section that it was deferred to is gone"
    assert [item.id for item in run.state.deferred_to("c")] == ["two"]


def test_a_section_under_another_id_keeps_its_phase_and_what_was_deferred_to_it() -> None:
    run = Adopting(
        plan(section("one", manual("x"), decision("go-1"), traffic="10%"), section("two", manual("y"), traffic="50%"))
    )
    run.must(ask.Tick("x"), ask.Decide("one", "go"), ask.Defer("y", "one", "there"))
    new = plan(
        section("first", manual("x"), decision("go-1"), traffic="10%"), section("two", manual("y"), traffic="50%")
    )
    run.must_adopt(other(new), {"one": "first"})

    assert run.phases() == {"first": "go", "two": "go"}
    assert run.state.marks["y"][-1].to == "first"


def test_a_phase_put_between_is_locked_until_the_one_before_is_go_and_what_was_open_stays_open() -> None:
    one, two = section("one", manual("x"), traffic="10%"), section("two", manual("y"), traffic="50%")
    run = Adopting(plan(one, two))
    between = section("between", manual("z"), traffic="20%")
    run.must_adopt(other(plan(one, between, two)))
    assert run.phases() == {"one": "open", "between": "locked", "two": "locked"}
    run.must(ask.Tick("x"))
    assert run.phases() == {"one": "go", "between": "open", "two": "locked"}


def test_the_run_stays_under_way_when_the_phase_that_it_began_with_is_gone() -> None:
    run = Adopting(
        plan(section("one", manual("x"), manual("x2"), traffic="10%"), section("two", manual("y"), traffic="50%"))
    )
    run.must(ask.Tick("x"))
    since = run.state.under_way_since
    run.must_adopt(other(plan(section("two", manual("y"), traffic="50%"))))

    assert run.state.is_under_way
    assert run.state.under_way_since == since
    assert run.phases() == {"two": "open"}


# Soaks, gates and what they rest on

CHANGES = {
    "a condition": (canary(condition="cpu < 70%"), "“cpu-ok”: its condition was changed"),
    "its length": (canary(seconds=60.0), "its length was changed"),
    "a gate more": (canary(gate("load-ok", under="watch")), "“load-ok” was added to it"),
    "the metric": (measured(canary(), counter="load"), "“cpu-ok”: “CPU” is defined in another way"),
    "how often": (measured(canary(), every=1.0), "“cpu-ok”: “CPU” is defined in another way"),
    "the source": (measured(canary(), address="http://b"), "“cpu-ok”: “CPU” comes from “node”, which was changed"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_soak_that_counts_starts_again_when_what_it_rests_on_was_changed(what: str) -> None:
    new, why = CHANGES[what]
    run = Adopting(canary())
    run.must(ask.Tick("deploy"), ask.Tick("watch"))
    run.wait(600)
    run.must_adopt(other(new))

    soaking = run.state.soaks["watch"]
    assert (soaking.seq, soaking.by, soaking.completed) == (run.state.head_seq, "ana", None)
    assert soaking.started_run_ns == run.state.clock.at(run.journal[-1].at)
    assert run.state.marks["watch"][-1].reason == why
    assert [str(restart) for restart in run.state.adoptions[-1].restarts] == [f"the soak “watch” starts again: {why}"]
    assert run.phases() == {"canary": "soaking"}
    assert isinstance(run.record(ev.SoakCompleted("watch", 3, 1800.0)), Refusal)


@pytest.mark.parametrize("what", CHANGES)
def test_a_completed_soak_is_to_be_soaked_again_and_its_gates_are_open(what: str) -> None:
    run = Adopting(canary())
    run.must(ask.Tick("deploy"))
    run.soaked("cpu-ok")
    assert run.phases() == {"canary": "deciding"}
    run.must_adopt(other(CHANGES[what][0]))

    assert {name: run.states()[name] for name in ("deploy", "watch", "cpu-ok")} == {
        "deploy": "done",
        "watch": "open",
        "cpu-ok": "open",
    }
    assert (run.state.soaks, run.state.looks) == ({}, {})
    assert run.phases() == {"canary": "open"}
    assert isinstance(run.ask(ask.Tick("cpu-ok")), Refusal)


def test_a_gate_in_other_words_is_the_same_gate_and_its_soak_goes_on() -> None:
    run = Adopting(canary())
    run.must(ask.Tick("deploy"))
    run.soaked("cpu-ok")
    soaked, look = run.state.soaks["watch"], run.state.looks["cpu-ok"]
    reworded = gate("cpu-fine", under="watch")
    new = measured(plan(section("canary", manual("deploy"), soak("watch"), reworded, decision("go"), traffic="10%")))
    run.must_adopt(other(new), {"cpu-ok": "cpu-fine"})

    assert (run.state.soaks["watch"], run.state.looks["cpu-fine"]) == (soaked, look)
    assert run.states()["cpu-fine"] == "done"
    assert run.phases() == {"canary": "deciding"}


def test_an_unchanged_soak_loses_nothing_whatever_else_was_changed() -> None:
    run = Adopting(canary())
    run.must(ask.Tick("watch"))
    before = run.state.soaks["watch"]
    renamed = canary(manual("new one"))
    titled = replace(renamed, title="Other", metrics={"cpu": replace(renamed.metrics["cpu"], title="Processor")})
    run.must_adopt(other(titled))

    assert run.state.soaks["watch"] == before
    assert run.state.adoptions[-1].restarts == ()
    assert run.state.metric_since == {}


def test_a_phase_that_is_go_stays_go_and_keeps_its_looks() -> None:
    run = Adopting(canary())
    run.must(ask.Tick("deploy"))
    run.soaked("cpu-ok")
    run.must(ask.Decide("canary", "go"))
    run.must_adopt(other(canary(condition="cpu < 1%")))

    assert run.phases() == {"canary": "go"}
    assert run.states()["cpu-ok"] == "done"
    assert "cpu-ok" in run.state.looks


def test_a_gate_outside_a_soak_is_open_again_and_an_overridden_one_stays() -> None:
    before = measured(plan(section("a", gate("one"), gate("two"))))
    changed = Gate(parse_condition("cpu < 1%"), "cpu < 1%")
    after = measured(plan(section("a", replace(gate("one"), spec=changed), replace(gate("two"), spec=changed))))
    run = Adopting(before)
    run.must(ask.Tick("one"), ask.Override("two", "we know"))
    assert not isinstance(run.record(ev.GateJudged("one", 2, "pass", "fine")), Refusal)
    assert run.states() == {"one": "done", "two": "overridden"}
    run.must_adopt(other(after))

    assert run.states() == {"one": "open", "two": "overridden"}
    assert run.state.looks == {}


def test_a_look_that_was_asked_for_is_withdrawn_with_the_condition_and_kept_without() -> None:
    before = measured(plan(section("a", gate("one"), gate("two"))))
    after = measured(plan(section("a", replace(gate("one"), spec=Gate(parse_condition("cpu < 1%"), "")), gate("two"))))
    run = Adopting(before)
    run.must(ask.Tick("one"), ask.Tick("two"))
    run.must_adopt(other(after))

    assert list(run.state.look_requests) == ["two"]
    assert isinstance(run.record(ev.GateJudged("one", 2, "pass", "fine")), Refusal)


def test_a_metric_that_is_measured_in_another_way_counts_from_the_adoption_and_loses_its_baseline() -> None:
    run = Adopting(canary())
    run.tell(
        ev.BaselineCaptured(
            "cpu",
            {"unit": "%", "every": 5.0, "width": 1, "from": 0, "to": 1, "slots": 2, "samples": 2, "values": [1.0, 2.0]},
        )
    )
    run.must_adopt(other(measured(canary(), counter="load")))

    now = run.state.clock.at(run.journal[-1].at)
    assert run.state.metric_since == {"cpu": now}
    assert run.state.baselines == {}
    assert run.state.source_since == {}


def test_triggers_keep_that_they_fired_and_changed_or_new_ones_are_watched_from_the_adoption() -> None:
    hot = Trigger("hot", "hot", parse_condition("cpu > 90%"), "cpu > 90%")
    before = replace(canary(), triggers=(hot, Trigger("smoke", "smoke")))
    after = replace(
        canary(), triggers=(replace(hot, for_seconds=60.0), Trigger("smoke", "smoke"), Trigger("fire", "fire"))
    )
    run = Adopting(before)
    run.must(ask.Tick("smoke"))
    run.must_adopt(other(after))

    now = run.state.clock.at(run.journal[-1].at)
    assert list(run.state.fired) == ["smoke"]
    assert run.state.trigger_since == {"hot": now, "fire": now}
    run.must_adopt(replace(canary(), sha256="2" * 64))
    assert [(gone.id, gone.state, gone.by) for gone in run.state.removed.values()] == [("smoke", "fired", "ana")]
