from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.checklist import Checklist, Plan, Section
from qudag_tui.core.event import Actor, Event, ItemDeferred, ItemTicked
from qudag_tui.core.instant import EPOCH
from qudag_tui.core.item import Item, Kind
from qudag_tui.core.rows import RowKind, deferrals, folded_at_first, matches, outline, visible, way_to
from qudag_tui.core.state import State


def item(id_: str, section: str, depth: int = 0, parent: str | None = None) -> Item:
    return Item(id_, id_.upper(), Kind.MANUAL, depth, parent, section)


def plan() -> Plan:
    before = Section("before", "Before", "day", (item("a", "before"), item("b", "before", 1, "a"), item("c", "before")))
    canary = Section("canary", "Canary", "day", (item("d", "canary"),), traffic="10%", metrics=("cpu",))
    signs = Section("signs", "Signs", "signs", (item("e", "signs"),), implicit=True)
    lists = (Checklist("day", "Day", (before, canary)), Checklist("signs", "Signs", (signs,)))
    return Plan("A deployment", "0" * 64, lists, notes=("call first",))


def test_the_outline_has_every_box_at_its_depth_and_the_notes_last() -> None:
    drawn = [(row.depth, row.kind.value, row.text) for row in outline(plan()).rows]

    assert drawn == [
        (0, "checklist", "Day"),
        (1, "section", "Before"),
        (2, "box", "A"),
        (3, "box", "B"),
        (2, "box", "C"),
        (1, "section", "Canary"),
        (2, "box", "D"),
        (0, "checklist", "Signs"),
        (1, "box", "E"),
        (0, "notes", "Notes"),
        (1, "note", "call first"),
    ]


def test_only_rows_that_hold_others_can_be_folded() -> None:
    holding = [row.key for row in outline(plan()).rows if row.has_children]

    assert holding == ["day", "before", "a", "canary", "signs", "notes:"]


def test_a_folded_row_hides_all_that_it_holds_and_nothing_else() -> None:
    whole = outline(plan())

    shown = visible(whole, {"a", "canary", "notes:"})

    assert [row.key for row in shown] == ["day", "before", "a", "c", "canary", "signs", "e", "notes:"]


def test_a_row_is_above_what_it_holds() -> None:
    whole = outline(plan())

    assert [row.key for row in whole.above(whole.index["b"])] == ["a", "before", "day"]
    assert [row.key for row in whole.below(whole.index["before"])] == ["a", "b", "c"]


def test_sparkline_lines_stand_below_an_unfolded_phase_only() -> None:
    whole = outline(plan())

    open_ = [row.kind for row in visible(whole, set(), {"canary": 2}) if row.id == "canary"]
    folded = [row.kind for row in visible(whole, {"canary"}, {"canary": 2}) if row.id == "canary"]

    assert open_ == [RowKind.SECTION, RowKind.SERIES, RowKind.SERIES]
    assert folded == [RowKind.SECTION]


def test_a_deferred_box_is_repeated_at_the_end_of_the_section_that_it_was_deferred_to() -> None:
    state = State(plan())
    state.apply(Event(1, EPOCH, Actor("ana"), ItemDeferred("d", "before", "later")))

    shown = visible(outline(plan()), {"signs"}, None, deferrals(state))

    assert [(row.kind.value, row.text) for row in shown][:7] == [
        ("checklist", "Day"),
        ("section", "Before"),
        ("box", "A"),
        ("box", "B"),
        ("box", "C"),
        ("reference", "D"),
        ("section", "Canary"),
    ]


def test_at_first_the_way_to_the_current_box_is_open_and_the_phases_can_be_seen() -> None:
    state = State(plan())
    whole = outline(plan())

    assert folded_at_first(whole, state) == {"canary", "signs", "notes:"}
    assert way_to(whole, state) == {"day", "before"}


def test_a_finished_section_is_folded_at_first() -> None:
    state = State(plan())
    for seq, box in enumerate(("a", "b", "c"), 1):
        state.apply(Event(seq, EPOCH, Actor("ana"), ItemTicked(box)))

    assert folded_at_first(outline(plan()), state) == {"before", "signs", "notes:"}


def test_a_search_finds_folded_rows_whatever_the_case_and_nothing_for_nothing() -> None:
    whole = outline(plan())

    assert [whole.rows[n].key for n in matches(whole, "an")] == ["canary"]
    assert [whole.rows[n].key for n in matches(whole, "CALL")] == ["notes:0"]
    assert matches(whole, "") == []


@given(st.sets(st.sampled_from(["day", "before", "a", "canary", "signs", "notes:"])))
def test_unfolding_everything_shows_everything_once(folded: set[str]) -> None:
    whole = outline(plan())

    shown = [row.key for row in visible(whole, folded)]

    assert len(shown) == len(set(shown))
    hidden = {row.key for key in folded for row in whole.below(whole.index[key])}
    assert set(shown) == {row.key for row in whole.rows} - hidden
