"""Which adoptions are refused, and that the fold over several plans is total and loses nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.checklist import Plan, plan_key
from qudag_tui.core.item import Item, Soak
from qudag_tui.core.narration import words
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.step import Step
from tests.core.adopting import OTHER, Adopting, canary, measured, other
from tests.core.building import command, decision, gate, manual, persons, plan, script, section, signoff, soak

# What is refused


def test_the_same_plan_of_the_same_file_is_not_adopted_and_of_another_file_it_is() -> None:
    run = Adopting(canary())
    run.must_adopt(canary())
    assert run.state.file == "/srv/checklists.toml"
    assert str(run.adopt(canary())) == "the run follows this plan already: there is nothing to adopt"


def test_the_same_file_with_another_variable_is_another_plan() -> None:
    run = Adopting(canary())
    run.must_adopt(replace(canary(), vars={"node": "b"}))
    assert run.state.plan.vars == {"node": "b"}


def test_of_two_who_adopt_at_once_the_second_looks_at_the_difference_again() -> None:
    run = Adopting(canary())
    seen = run.state.plan.key
    mine, theirs = other(canary(manual("m"))), replace(canary(manual("t")), sha256="2" * 64)
    run.must_adopt(theirs)
    run.known[mine.key] = mine
    refusal = run.ask(ask.Adopt(mine, seen))

    assert str(refusal) == "the run follows another plan by now, which bo adopted: look at the difference again"


def test_nothing_is_adopted_while_something_runs_or_is_asked_for() -> None:
    run = Adopting(plan(section("a", manual("x")), rollback=[persons("alert"), command("off")]))
    run.must(ask.Execute("rollback"))
    assert str(run.adopt(other(run.state.plan))) == "“rollback” has not ended: abort it or see it through first"
    assert not isinstance(run.record(ev.RequestClaimed(run.state.head_seq)), Refusal)
    assert str(run.adopt(other(run.state.plan))) == (
        "“alert” of rollback has not ended: abort it or see it through first"
    )


def test_nothing_is_adopted_by_a_closed_run_or_without_the_plan_being_kept() -> None:
    run = Adopting(canary())
    assert "was not kept" in str(run.ask(ask.Adopt(other(canary()), run.state.plan.key)))
    run.must(ask.CloseRun("abandoned"))
    assert "the run is closed" in str(run.adopt(other(canary())))


@pytest.mark.parametrize(
    ("same", "said"),
    [
        ({"nothing": "new"}, "the plan has no box or section “nothing”"),
        ({"old": "nothing"}, "the new plan has no box or section “nothing”"),
        ({"old": "qa"}, "“old” is a manual and “qa” is a signoff"),
        ({"old": "b"}, "“old” and “b” are a box and a section"),
        ({"old": "stays"}, "“stays” would be two of the boxes that there were"),
        ({"old": "new", "older": "new"}, "“new” would be two of the boxes that there were"),
    ],
)
def test_a_table_that_names_what_is_not_there_or_two_as_one_is_refused(same: dict[str, str], said: str) -> None:
    run = Adopting(plan(section("a", manual("old"), manual("older"), manual("stays"))))
    refusal = run.adopt(other(plan(section("b", manual("new"), manual("stays"), signoff("qa", "QA")))), same)

    assert isinstance(refusal, Refusal)
    assert refusal.message == said


def test_two_boxes_may_have_taken_each_others_ids() -> None:
    run = Adopting(plan(section("a", manual("one"), manual("two"))))
    run.must(ask.Tick("one"))
    run.must_adopt(other(plan(section("a", manual("two"), manual("one")))), {"one": "two", "two": "one"})
    assert run.states() == {"two": "done", "one": "open"}


def test_a_step_of_the_plan_before_is_not_retried_where_the_plan_says_something_else_now() -> None:
    before = plan(section("a", manual("x")), rollback=[command("off"), command("same")])
    run = Adopting(before)
    request = run.claim("rollback")
    run.run_step("off", request, "failed")
    run.must(ask.Abort())
    assert not isinstance(run.record(ev.ExecutionFinished(request, "cancelled")), Refusal)
    changed = plan(section("a", manual("x")), rollback=[Step("off", "off", run=("/bin/false",)), command("same")])
    run.must_adopt(other(changed))

    assert str(run.ask(ask.Retry("off"))) == "“off” is of the plan before this one: start it anew, as it is now"
    execution = run.state.executions[request]
    assert execution.steps == before.procedures["rollback"].steps


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([command("off"), command("same")], ""),
        (
            [command("off"), Step("same", "same", run=("/bin/false",))],
            "“same” is of the plan before this one, and “off” comes before it",
        ),
        ([command("off")], "“same” is of the plan before this one, and “off” comes before it"),
        ([command("off"), command("same"), command("more")], "“rollback” has steps by now that it had not then"),
    ],
    ids=["as it was", "another command follows", "nothing follows", "more follows"],
)
def test_a_retry_goes_on_with_no_step_of_the_plan_before(now: list[Step], said: str) -> None:
    run = Adopting(plan(section("a", manual("x")), rollback=[command("off"), command("same")]))
    request = run.claim("rollback")
    run.run_step("off", request, "failed")
    run.must(ask.Abort())
    assert not isinstance(run.record(ev.ExecutionFinished(request, "cancelled")), Refusal)
    run.must_adopt(other(plan(section("a", manual("x")), rollback=now)))

    answer = run.ask(ask.Retry("off"))
    assert (answer.message if isinstance(answer, Refusal) else "") == said


def test_a_retry_does_not_go_on_without_the_people_that_the_plan_asks_for_by_now() -> None:
    before = plan(section("a", manual("x")), rollback=[command("off")])
    run = Adopting(before)
    request = run.claim("rollback")
    run.run_step("off", request, "failed")
    run.must(ask.Abort())
    assert not isinstance(run.record(ev.ExecutionFinished(request, "cancelled")), Refusal)
    asking = replace(before.procedures["rollback"], approvals=2)
    run.must_adopt(other(replace(before, procedures={"rollback": asking})))

    assert "asks for 2 people by now" in str(run.ask(ask.Retry("off")))


# The fold


def test_an_event_that_names_a_plan_that_is_not_there_makes_the_run_read_only() -> None:
    run = Adopting(canary())
    run.tell(ev.PlanAdopted("f" * 64, vars={"a": 1}, same={"deploy": []}))  # type: ignore[dict-item]  # a forged event

    assert run.state.read_only == "event 2 adopts a plan that is not among its plans (ffffffffffff)"
    assert run.state.plan == canary()
    assert isinstance(run.ask(ask.Tick("deploy")), Refusal)


def test_a_forged_table_is_taken_as_an_empty_one() -> None:
    run = Adopting(canary())
    run.must(ask.Tick("deploy"))
    new = other(canary(manual("x")))
    run.known[new.key] = new
    run.tell(ev.PlanAdopted(OTHER, same={"deploy": "watch", "canary": "x", "": "", "nothing": "go"}))
    assert run.states()["deploy"] == "done"


def test_folding_the_journal_again_comes_to_the_same_and_older_events_keep_their_words() -> None:
    run = Adopting(plan(section("a", manual("tell"))))
    run.must(ask.Tick("tell"))
    run.must_adopt(other(plan(section("a", manual("tell-them")))), {"tell": "tell-them"})
    again = run.state.anew()
    for event in run.journal:
        again.apply(event)

    assert (again.marks, again.plan, again.file) == (run.state.marks, run.state.plan, run.state.file)
    told = [words(event, run.state.plan_at(event.seq), {}) for event in run.journal[1:]]
    assert told == [
        "ticked “tell”",
        "adopted checklists.toml as it is now (111111111111): boxes: 1 under another id",
    ]


NAMES = [f"box-{number}" for number in range(8)]


@st.composite
def some_plan(draw: st.DrawFn, sha256: str) -> Plan:
    """Some of eight boxes, each of a kind of its own, in up to three sections."""
    sections = []
    left = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    for name in draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, min_size=1, max_size=3)):
        count = draw(st.integers(0, len(left)))
        here, left = left[:count], left[count:]
        items = [_box(box) for box in here]
        sections.append(section(name, *items, traffic=draw(st.sampled_from(["", "10%"]))))
    return measured(replace(plan(*sections), sha256=sha256), counter=draw(st.sampled_from(["cpu", "load"])))


def _box(name: str) -> Item:
    kinds = (manual, gate, soak, script, manual, decision, manual, gate)
    return kinds[NAMES.index(name)](name)


@given(some_plan("a" * 64), some_plan("b" * 64), st.data())
def test_adopting_and_adopting_back_loses_no_mark_of_a_box_that_is_in_both(
    one: Plan, two: Plan, data: st.DataObject
) -> None:
    run = Adopting(one)
    for name in data.draw(st.lists(st.sampled_from(NAMES))):
        asked: list[ask.Intent] = [ask.Tick(name), ask.MarkNotApplicable(name, "no"), ask.AddComment(name, "x")]
        run.ask(data.draw(st.sampled_from(asked)))
    in_both = {id_ for id_ in run.state.marks if id_ in two.items}
    before = {id_: list(run.state.marks[id_]) for id_ in in_both}
    comments = {id_: list(said) for id_, said in run.state.comments.items() if said}
    run.must_adopt(two)
    assert run.state.total[""] == len(two.items)
    run.must_adopt(one)

    for id_, marks in before.items():
        assert run.state.marks[id_][: len(marks)] == marks
    assert {id_: list(said) for id_, said in run.state.comments.items() if said} == comments
    assert run.state.done[""] == sum(run.state.item_state(item).counts_as_done for item in one.items.values())


@given(
    some_plan("a" * 64),
    st.lists(some_plan("b" * 64), max_size=3),
    st.dictionaries(
        st.sampled_from([*NAMES, "a", "b", "zzz"]),
        st.sampled_from([*NAMES, "a", "b", ""]) | st.integers() | st.lists(st.integers(), max_size=1),
    ),
    st.data(),
)
def test_the_fold_over_plans_is_total(one: Plan, others: list[Plan], same: dict[str, str], data: st.DataObject) -> None:
    run = Adopting(one)
    facts: list[ev.Fact] = [
        *(ev.ItemTicked(name) for name in NAMES),
        *(ev.SoakStarted(name) for name in NAMES),
        ev.SoakCompleted("box-2", 2, 5.0),
        ev.GateJudged("box-1", 2, "pass", ""),
        ev.LookRequested("box-7"),
        ev.ItemDeferred("box-0", "b", "x"),
        ev.ExecutionRequested("box-3"),
        ev.RequestClaimed(3),
        ev.PhaseDecided("a", "go"),
        ev.EventUndone(3, "box-0"),
        ev.RunClosed("completed"),
    ]
    for number, new in enumerate(others):
        run.known[plan_key(f"{number}" * 64, {})] = new
        for fact in data.draw(st.lists(st.sampled_from(facts), max_size=8)):
            run.tell(fact)
        run.tell(ev.PlanAdopted(f"{number}" * 64, same=same))
        assert run.state.plan is new
    for item in run.state.plan.items.values():
        run.state.item_state(item)
        run.state.current_item()
        run.ask(ask.Undo())
    assert all(run.state.phase_state(phase) in set(PhaseState) for phase in run.state.plan.phases)
    assert run.state.done[""] == sum(run.state.item_state(i).counts_as_done for i in run.state.plan.items.values())


def test_a_soak_that_nobody_started_has_nothing_to_start_again() -> None:
    run = Adopting(canary())
    run.must_adopt(other(canary(seconds=1.0)))

    assert run.state.plan.items["watch"].spec == Soak(1.0)
    assert (run.state.marks, run.state.adoptions[-1].restarts) == ({}, ())
