from __future__ import annotations

import pytest

from qudag_tui.core.checklist import Section
from qudag_tui.plan import NothingFound, SeveralFound
from qudag_tui.plan.lookup import (
    find_box,
    find_box_or_phase,
    find_id,
    find_phase,
    find_runnable,
    find_section,
    find_signoff,
    find_step,
)
from tests.plan.checklist_text import plan_of

PLAN = plan_of("""\
title = "T"
[[checklists]]
title = "Day"
[[checklists.sections]]
title = "Before"
items = ["Deploy to test", "Deploy to production", { text = "Clear", run = ["./clear"] }]
[[checklists.sections]]
id = "canary"
title = "Phase 1"
traffic = "10%"
items = ["Watch"]
[[checklists]]
title = "Sign-offs"
items = [{ text = "QA", signoff = "QA Lead" }, { text = "Ops", signoff = "DevOps Lead" }]
[[triggers]]
text = "Errors"
[procedures.rollback]
steps = [{ id = "flags-off", text = "Flags off" }, { text = "Tell" }]
""")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("day/before/deploy-to-test", "day/before/deploy-to-test"),
        ("deploy-to-t", "day/before/deploy-to-test"),
        ("canary/", "canary/watch"),
        ("watch", "canary/watch"),
        ("err", "triggers/errors"),
        ("flags", "flags-off"),
        ("rollback/", "rollback/tell"),
    ],
)
def test_a_box_is_found_by_its_id_or_a_beginning_that_only_it_has(wanted: str, found: str) -> None:
    assert find_box(PLAN, wanted).id == found


def test_an_exact_id_wins_over_what_it_begins() -> None:
    assert find_id("a/b", ["a/b", "a/b/c", "a/bc"], "box") == "a/b"


def test_several_matches_are_an_error_that_lists_them() -> None:
    with pytest.raises(SeveralFound) as caught:
        find_box(PLAN, "deploy-to")

    assert caught.value.matches == ("day/before/deploy-to-test", "day/before/deploy-to-production")
    assert str(caught.value) == (
        "'deploy-to' may be more than one box; say which:\n  day/before/deploy-to-test\n  day/before/deploy-to-production"
    )


def test_a_long_list_of_matches_is_cut() -> None:
    with pytest.raises(SeveralFound) as caught:
        find_id("a", [f"a{n}" for n in range(12)], "box")

    assert str(caught.value).splitlines()[-2:] == ["  a9", "  … and 2 more"]


@pytest.mark.parametrize("wanted", ["", "nowhere", "eploy", "\x1b[31m"])
def test_nothing_found_is_an_error(wanted: str) -> None:
    with pytest.raises(NothingFound) as caught:
        find_box(PLAN, wanted)

    assert str(caught.value) == f"there is no box {wanted!r}; `status` lists the ids"


def test_each_noun_has_its_own_ids() -> None:
    assert find_box(PLAN, "watch").id == "canary/watch"
    assert find_section(PLAN, "before").id == "day/before"
    assert find_phase(PLAN, "can").title == "Phase 1"
    assert find_runnable(PLAN, "roll").id == "rollback"
    assert find_step(PLAN, "clear").run == ("./clear",)
    assert find_step(PLAN, "tell").id == "rollback/tell"
    assert isinstance(find_box_or_phase(PLAN, "canary"), Section)
    assert find_box_or_phase(PLAN, "canary/w").id == "canary/watch"
    assert find_runnable(PLAN, "rollback").id == "rollback"
    assert find_runnable(PLAN, "clear").id == "day/before/clear"


@pytest.mark.parametrize("wanted", ["QA Lead", "qa lead", "sign-offs/qa", "qa"])
def test_a_signoff_is_found_by_its_role_too(wanted: str) -> None:
    assert find_signoff(PLAN, wanted).id == "sign-offs/qa"


@pytest.mark.parametrize(("find", "wanted"), [(find_signoff, "watch"), (find_phase, "before"), (find_step, "watch")])
def test_a_noun_does_not_find_another(find: object, wanted: str) -> None:
    assert callable(find)
    with pytest.raises(NothingFound):
        find(PLAN, wanted)
