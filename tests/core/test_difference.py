"""What is different between two plans, and which boxes seem to be the same in other words."""

from __future__ import annotations

from dataclasses import replace

from qudag_tui.core.checklist import Plan
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.difference import difference
from qudag_tui.core.item import Gate, Item, Kind
from qudag_tui.core.rewording import Pair, pairs
from qudag_tui.core.trigger import Then, Trigger
from tests.core.adopting import measured
from tests.core.building import branch, command, gate, manual, plan, section, soak, watch


def box(id_: str, text: str, kind: Kind = Kind.MANUAL) -> Item:
    return Item(id_, text, kind, 0, None, "")


def of(*found: Pair) -> list[tuple[str, str]]:
    return [(pair.old, pair.new) for pair in found]


def test_a_box_in_other_words_is_offered_as_the_same_and_one_that_is_nothing_like_it_is_not() -> None:
    old = plan(section("a", box("1", "Tell the team"), box("2", "Freeze the code")))
    new = plan(section("a", box("3", "Freeze all the code"), box("4", "Order a pizza")))

    assert of(*pairs(old, new)) == [("2", "3")]


def test_each_box_is_offered_once_and_the_most_alike_first() -> None:
    old = plan(section("a", box("1", "Back up the database"), box("2", "Back up the data")))
    new = plan(section("a", box("3", "Back up the database now")))

    assert of(*pairs(old, new)) == [("1", "3")]


def test_kinds_are_never_mixed() -> None:
    old = plan(section("a", box("1", "QA signs")))
    assert pairs(old, plan(section("a", box("2", "QA signs", Kind.SIGNOFF)))) == ()


def test_the_same_section_counts_for_more_than_the_words_elsewhere() -> None:
    old = plan(section("a", box("1", "Check the dashboards")), section("b", box("x", "x")))
    new = plan(
        section("a", box("2", "Check all dashboards")), section("b", box("x", "x"), box("3", "Check the dashboard"))
    )

    assert of(*pairs(old, new)) == [("1", "2")]


def test_a_section_with_another_heading_is_offered_with_all_that_it_holds() -> None:
    old = plan(section("before", box("before/a", "Alpha"), box("before/b", "Beta")), section("z", manual("z")))
    new = plan(section("earlier", box("earlier/a", "Alpha"), box("earlier/b", "Beta")), section("z", manual("z")))

    found = pairs(old, new)
    assert of(*found) == [("before", "earlier"), ("before/a", "earlier/a"), ("before/b", "earlier/b")]
    assert [(pair.likeness, pair.is_section) for pair in found] == [(1.0, True), (1.0, False), (1.0, False)]


def test_with_ten_thousand_other_ids_only_equal_words_are_offered() -> None:
    old = plan(section("a", *(box(f"a/{n}", f"Item number {n}") for n in range(5_000))))
    new = plan(section("a", *(box(f"b/{n}", f"Item number {n}") for n in range(2_500, 7_500))))

    assert of(*pairs(old, new)) == [(f"a/{n}", f"b/{n}") for n in range(2_500, 5_000)]


def test_everything_that_is_different_is_told_once() -> None:
    hot = Trigger("hot", "Hot", parse_condition("cpu > 90%"), "cpu > 90%")
    old = measured(
        replace(
            plan(
                section("a", manual("one"), manual("two"), soak("watch"), gate("cpu-ok", under="watch")),
                rollback=[command("off")],
            ),
            triggers=(hot,),
            vars={"node": "a", "old": "x"},
        )
    )
    changed = replace(gate("cpu-ok", under="watch"), spec=Gate(parse_condition("cpu < 1%"), "cpu < 1%"))
    new = measured(
        replace(
            plan(
                section("a", box("one", "Two in one"), soak("watch", 60.0), changed),
                section("b", manual("three")),
                rollback=[replace(command("off"), run=("/bin/false",)), command("more")],
            ),
            triggers=(replace(hot, then=Then.START),),
            vars={"node": "b", "new": "y"},
        ),
        address="http://b",
    )
    told = difference(old, new)

    assert [item.id for item in told.added] == ["three", "more"]
    assert [item.id for item in told.removed] == ["two"]
    assert {item.id: what for item, what in told.changed} == {
        "one": "was “one”",
        "watch": "its length was changed",
        "cpu-ok": "its condition was changed",
        "hot": "“CPU” comes from “node”, which was changed, “offer” became “start”",
        "off": "what it does was changed",
    }
    assert told.lines == (
        "the section “B” is new",
        "“CPU” comes from “node”, which was changed: it is measured anew",
        "the variable node is b, was a",
        "the variable new is y",
        "the variable old is gone",
    )
    assert [item.id for item in told.under({"two": "three"}).added] == ["more"]


def test_how_many_people_a_rollback_takes_its_order_and_when_things_are_due_are_told_as_well() -> None:
    day = section("a", manual("one"))
    old = plan(replace(day, due_seconds=-7200.0), rollback=[command("off"), command("more")])
    new = plan(replace(day, ordered=True), rollback=[command("more"), command("off")])
    two = {"rollback": replace(old.procedures["rollback"], approvals=2, started_by=("Team Lead",))}
    one = {"rollback": replace(new.procedures["rollback"], title="Back")}
    hot = Trigger("hot", "Hot", parse_condition("cpu > 90%"), "cpu > 90%")
    was = replace(old, procedures=two, triggers=(hot,))
    told = difference(was, replace(new, procedures=one, triggers=(replace(hot, countdown_seconds=10.0),)))

    assert told.lines == (
        "“A” is due at no time, was T-02:00",
        "“A” is to be done in its order now",
        "“Back” asked for 2 people and asks for 1 person",
        "the procedure “Back” was “Rollback”",
        "“Back” is started by anybody, was by Team Lead",
        "the steps of “Back” are in another order",
    )
    assert [(item.id, what) for item, what in told.changed] == [("hot", "its countdown was changed")]


def test_a_step_in_a_branch_is_told_and_not_the_branch_again() -> None:
    def with_code(words: str) -> Plan:
        code = replace(command("code"), run=(words,))
        return plan(section("a", manual("one")), rollback=[watch("recovery"), branch("if-not", "recovery", code)])

    told = difference(with_code("old"), with_code("new"))
    assert [(item.id, what) for item, what in told.changed] == [("code", "what it does was changed")]


def test_a_plan_is_not_different_from_itself() -> None:
    same = measured(
        plan(section("a", manual("one"), soak("watch"), gate("g", under="watch")), rollback=[command("off")])
    )
    told = difference(same, same)

    assert (told.added, told.removed, told.reworded, told.changed, told.lines) == ((), (), (), (), ())
