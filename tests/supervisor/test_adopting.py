"""A real supervisor whose run goes on with another plan: what is unchanged loses nothing, the rest begins anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Tick, Untick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.adopting import candidate
from qudag_tui.run.samples import SampleReader
from tests.supervisor.counting import counting, head
from tests.supervisor.supervised import ANA, HEAD, LIST, Supervised, step
from tests.supervisor.test_soak import checklists, gate, soak
from tests.waiting import until

Build = Callable[..., Supervised]
GATES = (gate("inside", "fine < 5"),)


def adopt(run: Supervised, text: str, *, trusted: bool = True) -> ev.Event:
    """Save the file, review it, and go on with it."""
    run.path.write_text(text)
    found = candidate(run.run, run.path)
    run.run.keep_plan(found.data, found.plan)
    answer = run.run.submit(found.intent({}), ANA)
    assert not isinstance(answer, Refusal), answer
    if trusted:
        run.trust()
    return answer


def samples(run: Supervised, metric: str) -> list[int]:
    """When (run clock, nanoseconds) there is a sample."""
    reader = SampleReader(run.run.folder)
    try:
        return [at for at, _ in reader.latest(metric, 10_000)]
    finally:
        reader.close()


def completed(run: Supervised) -> ev.SoakCompleted:
    (fact,) = run.facts(ev.SoakCompleted)
    assert isinstance(fact, ev.SoakCompleted)
    return fact


def test_an_unchanged_soak_goes_on_and_misses_no_sample_while_its_sources_are_asked_for_more(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(7, *GATES)))
    run.start()
    started = run.ask(Tick("soak"))
    until(lambda: "inside" in run.standings("gate"), run.log)
    more = '[metrics.again]\ngauge = "fine:value"\n[sources.other]\nevery = "200ms"\nscripted = { value = [3] }\n'
    more += '[metrics.other]\ngauge = "other:value"\n'
    adopt(run, HEAD + more + checklists(soak(7, *GATES), '"And this"'))
    until(lambda: {"again", "other"} <= run.standings("metric").keys(), run.log)
    run.until_kind("soak completed")

    fact = completed(run)
    assert (fact.started, run.state.soaks["soak"].seq) == (started.seq, started.seq)
    (look,) = run.facts(ev.GateJudged)
    assert isinstance(look, ev.GateJudged)
    assert (look.verdict, look.evidence["missing"]) == ("pass", 0)
    seen = samples(run, "fine")
    assert {later - earlier for earlier, later in pairwise(seen)} == {200_000_000}
    assert run.kinds().count("supervisor started") == 1


def test_what_was_said_so_far_of_another_condition_is_said_no_more(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(60, *GATES), gate("alone", "fine < 5")))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: {"inside", "alone"} <= run.standings("gate").keys(), run.log)
    run.ask(Untick("soak"))
    adopt(run, HEAD + checklists(soak(60, gate("inside", "fine < 0.5")), gate("alone", "fine < 0.5")))
    until(lambda: run.standings("gate").get("alone", {}).get("limit") == 0.5, run.log)

    assert run.standings("gate").keys() == {"alone"}


def test_a_changed_condition_starts_its_soak_again_in_the_middle(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(7, *GATES)))
    run.start()
    started = run.ask(Tick("soak"))
    until(lambda: "inside" in run.standings("gate"), run.log)
    event = adopt(run, HEAD + checklists(soak(7, gate("inside", "fine < 4"))))
    run.until_kind("soak completed")

    fact = completed(run)
    assert (started.seq < event.seq, fact.started, fact.observed_seconds >= 7.0) == (True, event.seq, True)
    (look,) = run.facts(ev.GateJudged)
    assert isinstance(look, ev.GateJudged)
    assert (look.request, look.verdict, look.limit) == (event.seq, "pass", 4.0)
    at = next(one.at for one in run.run.events if one.kind == "soak completed")
    assert at.seconds_since(event.at) >= 7.0


def test_nothing_that_was_measured_in_another_way_is_evidence(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(60, *GATES)))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: len(samples(run, "fine")) > 20, run.log)
    event = adopt(run, HEAD.replace('"fine:value"', '"bad:value"') + checklists(soak(60, *GATES)))
    since = run.state.clock.at(event.at)
    assert run.state.metric_since == {"fine": since}
    until(lambda: run.standings("metric").get("fine", {}).get("value") == 99.0, run.log)
    until(lambda: run.standings("gate").get("inside", {}).get("value") == 99.0, run.log)

    reader = SampleReader(run.run.folder)
    try:
        assert {value for at, value in reader.latest("fine", 10_000) if at >= since} == {99.0}
        assert {value for at, value in reader.latest("fine", 10_000) if at < since} == {1.0}
    finally:
        reader.close()
    # The window outside a soak looks ten minutes back, and sees only what is measured now.
    assert run.state.soaks["soak"].seq == event.seq


def test_a_trigger_does_not_fire_on_what_was_before_its_metric_was_changed(supervised: Build) -> None:
    lists = checklists(soak(60, *GATES)).replace('when = "bad > 50"', 'when = "bad > 50"\nfor = "8s"')
    run = supervised(checklists=lists)
    run.start()
    ticked = run.ask(Tick("soak"))
    until(lambda: clock.now().seconds_since(ticked.at) > 2 and run.standings("trigger").get("too-bad"), run.log)
    worse = '[sources.worse]\nevery = "200ms"\nscripted = { value = [98] }\n'
    event = adopt(run, HEAD.replace('"bad:value"', '"worse:value"') + worse + lists)
    run.until_kind("trigger breached")

    fired = next(one for one in run.run.events if one.kind == "trigger breached")
    assert isinstance(fired.fact, ev.TriggerBreached)
    assert fired.fact.trigger == "too-bad"
    # The first slot after the adoption stands for the period before it, too; what was before is two seconds more.
    assert fired.at.seconds_since(event.at) >= 8.0 - 0.2


def test_trust_is_asked_for_the_new_plan_and_what_needs_it_waits_for_it(supervised: Build) -> None:
    with counting(per_look=1000) as node:
        run = supervised(head=head(node), checklists=LIST)
        run.start()
        until(lambda: run.standings("metric").get("queue", {}).get("value") == 7.0, run.log)
        adopt(run, head(node) + LIST.replace("Canary", "The canary"), trusted=False)
        until(
            lambda: run.standings("metric").get("queue", {}).get("error") == "not trusted: nothing is asked",
            run.log,
        )
        asked = node.asked
        run.trust()
        until(lambda: run.standings("metric").get("queue", {}).get("error") == "", run.log)

        assert node.asked > asked
        assert run.kinds().count("supervisor started") == 1


def test_steps_run_as_the_new_plan_says_and_from_the_folder_of_its_file(supervised: Build) -> None:
    run = supervised(step("off", "echo old >> ran"))
    run.start()
    run.rollback()
    run.until_over()
    adopt(run, HEAD + LIST + step("off", "echo new >> ran"))
    run.rollback()
    assert str(run.until_over().outcome) == "passed"
    assert run.lines("ran") == ["old", "new"]

    folder = run.folder / "elsewhere"
    folder.mkdir()
    run.path = folder / "plan.toml"
    adopt(run, HEAD + LIST + step("off", "echo there >> ran"))
    run.rollback()
    run.until_over()
    assert (run.lines("ran"), (folder / "ran").read_text()) == (["old", "new"], "there\n")


def test_what_a_newly_adopted_plan_declares_and_the_environment_lacks_is_journaled_at_once(supervised: Build) -> None:
    run = supervised(step("flags", "true", secrets='["HERE", "GONE"]'))
    run.start(HERE="it is")
    (started,) = run.facts(ev.SupervisorStarted)
    assert isinstance(started, ev.SupervisorStarted)
    assert started.missing == ("GONE",)
    adopt(run, HEAD + LIST + step("flags", "true", secrets='["HERE", "TOKEN"]'))
    run.until_kind("environment checked")
    assert run.facts(ev.EnvironmentChecked) == [ev.EnvironmentChecked(run.run.plan.sha256, ("TOKEN",))]

    adopt(run, HEAD + LIST + step("flags", "true", secrets='["HERE"]'))
    run.until_kind("environment checked", 2)
    assert run.facts(ev.EnvironmentChecked)[1:] == [ev.EnvironmentChecked(run.run.plan.sha256, ())]
    run.rollback()
    run.until_over()
    assert run.kinds().count("environment checked") == 2, "what has not changed is not said again"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_supervisor_that_is_killed_at_the_adoption_is_followed_by_one_that_judges_by_the_new_plan(
    supervised: Build, when: str
) -> None:
    run = supervised(checklists=checklists(soak(5, *GATES)))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: "inside" in run.standings("gate"), run.log)
    text = HEAD + checklists(soak(5, gate("inside", "fine < 4")))
    if when == "before":
        run.kill()
        event = adopt(run, text)
    else:
        event = adopt(run, text)
        run.kill()
    run.start()
    run.until_kind("soak completed")

    assert completed(run).started == event.seq
    # While nobody measured, slots were missing, so that one look may not be enough: as it is without an adoption.
    looks = [fact for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)]
    assert {look.limit for look in looks} == {4.0}


def test_a_plan_that_is_missing_lets_the_supervisor_act_on_nothing_until_it_is_back(supervised: Build) -> None:
    run = supervised(checklists=checklists(soak(60, *GATES)))
    run.start()
    run.ask(Tick("soak"))
    until(lambda: "inside" in run.standings("gate"), run.log)
    with run.paused() as supervisor:
        adopt(run, HEAD + checklists(soak(60, *GATES), gate("more", "fine < 9")))
        kept = run.run.folder.plan(run.run.plan.sha256)
        data = kept.read_bytes()
        kept.unlink()
    until(lambda: f"{kept}: the plan it follows cannot be read" in run.log(), run.log)
    assert supervisor.poll() is None

    kept.write_bytes(data)
    kept.chmod(0o600)
    until(lambda: "more" in run.standings("gate"), run.log)
    assert "Traceback" not in run.log()
