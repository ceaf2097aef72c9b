from __future__ import annotations

from qudag_tui.core import event as ev
from qudag_tui.core.narration import words
from tests.core.building import at, command, plan, script, section

PLAN = plan(section("canary", script("deploy")), rollback=[command("flags")])


def told(fact: ev.Fact, targets: dict[int, str]) -> str:
    return words(ev.Event(9, at(0), ev.Actor("supervisor"), fact), PLAN, targets)


def test_what_was_asked_for_is_named_as_the_plan_names_it() -> None:
    assert told(ev.RequestExpired(3), {3: "rollback"}) == "the rollback expired: nobody took it on"
    assert told(ev.RequestRefused(3, "it is not trusted"), {3: "deploy"}) == "refused “deploy”: it is not trusted"
    assert told(ev.ResumeConfirmed(3), {3: "undo of rollback"}) == "let the undo of the rollback go on"


def test_an_end_that_was_recorded_later_says_how_long_ago_it_was() -> None:
    late = ev.StepEnded("flags", 3, 1, "passed", 0, seconds=2.0, unseen_seconds=754.0)

    assert told(late, {}) == "“flags” passed after 2 s, 12 min before this was recorded"
    assert told(ev.StepEnded("flags", 3, 1, "passed", 0, seconds=2.0), {}) == "“flags” passed after 2 s"


def test_a_request_for_a_final_look_has_only_a_number() -> None:
    assert told(ev.RequestExpired(3), {}) == "request 3 expired: nobody took it on"
    assert told(ev.RequestRefused(3, "why"), {}) == "refused request 3: why"


def test_how_a_step_and_a_watch_ended_is_worded_as_everywhere_else() -> None:
    ended = ev.StepEnded("flags", 3, 1, "timed_out", signal=9, seconds=30.0, left=("node (412)",))
    assert told(ended, {}) == "“flags” timed out, signal 9 after 30 s, still running: node (412)"
    assert told(ev.WatchEnded("flags", 3, "failed", "fail", "91%"), {}) == "“flags”: not recovered, 91%"
    assert told(ev.WatchEnded("flags", 3, "passed", "pass", "31%"), {}) == "“flags”: recovered, 31%"
    assert told(ev.ExecutionFinished(3, "timed_out"), {3: "rollback"}) == "the rollback ended: timed out"
