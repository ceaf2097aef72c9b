"""Arming a run, and stopping what it is about to start, from the command line."""

from __future__ import annotations

import re

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Arm, Execute, Record, Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.run import clock
from qudag_tui.run.samples import SampleWriter
from tests.cli.desk import PLAN, Desk, supervise_as_this_process

STARTING = (
    PLAN
    + """
[[triggers]]
id = "hot"
text = "Hot #1"
when = "cpu > 101%"
for = "1m"
then = "start"
countdown = "10m"
"""
)
LINE = "102%, limit 101%"


@pytest.fixture
def starting(desk: Desk) -> Desk:
    """A run whose plan lets a trigger start the rollback, and trusts it."""
    desk.write(STARTING)
    desk.new_trusted()
    return desk


def test_a_run_is_armed_and_disarmed_and_says_so_everywhere(starting: Desk) -> None:
    before = starting.status()
    assert (before["armed"], before["countdown"]) == (None, None)

    armed = starting("arm", "--yes", "--why", "thin night shift")
    assert (armed.code, armed.out) == (0, "")
    assert armed.err == "ana armed the run: “Hot #1” may start the rollback: “thin night shift”  (1 of 11)\n"
    assert [type(event.fact) for event in starting.run.events][1:] == [ev.SupervisorStarted, ev.RunArmed]

    said = starting.status()["armed"]
    assert (said["by"], said["reason"], said["triggers"]) == ("ana", "thin night shift", ["hot"])
    assert "armed by ana: thin night shift (" in starting("status").out
    assert "  armed  supervised" in starting("status", "--tmux").out
    again = starting("arm", "--yes")
    assert (again.code, "ana has already armed this run" in again.err) == (3, True)

    off = starting("arm", "--off", "--why", "day")
    assert (off.code, off.err) == (0, "ana disarmed the run: “day”  (1 of 11)\n")
    assert starting.status()["armed"] is None
    assert starting("arm", "--off").code == 3


def test_a_plan_that_was_adopted_while_the_code_was_asked_for_is_not_armed(
    starting: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object, **__: object) -> None:
        starting.write(STARTING.replace('countdown = "10m"', 'countdown = "1s"'))
        for verb in (("trust", "--yes"), ("adopt", "--yes", "--as", "bo")):
            answer = starting(*verb)
            assert answer.code == 0, answer.err

    monkeypatch.setattr("qudag_tui.cli.arm.confirm_typed", meanwhile)
    answer = starting("arm", "--yes")

    assert (answer.code, "the run follows another plan by now" in answer.err) == (3, True)
    assert starting.status()["armed"] is None


def test_nothing_is_armed_without_a_code_or_without_trust_or_where_nothing_may_start(desk: Desk) -> None:
    desk.new()
    nothing = desk("arm", "--yes")
    assert (nothing.code, "no trigger of the plan may start the rollback" in nothing.err) == (3, True)

    desk.write(STARTING)
    desk("new", "--release", "v3", "--id", "r2")
    untrusted = desk("arm", "--yes", "--run", "r2")
    assert (untrusted.code, "nothing runs; review it with: qudag-tui trust --run r2" in untrusted.err) == (3, True)

    desk("trust", "--yes", "--run", "r2")
    silent = desk("arm", "--run", "r2")
    assert (silent.code, "there is no terminal to type a code on to arm the run" in silent.err) == (3, True)


def test_a_countdown_is_shown_and_abort_stops_it_where_nothing_runs(starting: Desk) -> None:
    starting("arm", "--yes")
    starting.ask(Tick("talk"))
    starting.ask(Tick("backup"))
    starting.ask(Tick("watch"))
    starting.record(ev.TriggerBreached("hot", LINE))

    shown = starting.status()
    assert (shown["countdown"]["trigger"], shown["countdown"]["seconds"]) == ("hot", 600.0)
    assert 500 < shown["countdown"]["left_seconds"] <= 600
    text = starting("status").out
    assert "ROLLBACK IN 9 min: Hot #1, 102%, limit 101%; abort stops it" in text
    assert f"FIRED: {LINE}  supervisor" in text
    assert "rollback starts it" not in text
    assert "ROLLBACK IN 9 min  1 fired  armed" in starting("status", "--tmux").out

    stopped = starting("abort")
    assert (stopped.code, "ana stopped the countdown of “Hot #1”" in stopped.err) == (0, True)
    after = starting.status()
    assert after["countdown"] is None
    assert next(t for t in after["triggers"] if t["id"] == "hot")["offered_only"] == "ana stopped the countdown"
    text = starting("status").out
    assert "offered only: ana stopped the countdown" in text
    assert re.search(rf"^FIRED \d\d:\d\d: .*: {LINE}; rollback starts it$", text.partition("\n\n")[0], re.MULTILINE)
    assert starting("abort").code == 3
    assert starting("abort", "--countdown").code == 3


def test_abort_is_for_what_runs_and_says_that_a_countdown_goes_on(starting: Desk) -> None:
    starting.ask(Arm())
    starting.ask(Execute("deploy"))
    starting.record(ev.TriggerBreached("hot", LINE))

    aborted = starting("abort")
    assert aborted.code == 0
    assert "a countdown to the rollback goes on: qudag-tui abort --countdown stops it" in aborted.err
    # It was this abort that brought the first supervisor, which voids what ran before it.
    assert "the supervisor was restarted" in starting("status").out


def test_an_armed_run_without_a_supervisor_is_said_to_start_nothing(
    starting: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting.ask(Arm())
    for box in ("talk", "backup", "watch"):
        starting.ask(Tick(box))
    starting.record(ev.TriggerBreached("hot", LINE))
    said = "without a supervisor no trigger starts anything"
    text = starting("status").out
    assert said in text
    assert "ROLLBACK IN" not in text

    supervise_as_this_process(monkeypatch)
    text = starting("status").out
    assert said not in text
    assert "ROLLBACK IN" in text


def test_what_no_supervisor_looks_at_cannot_be_told(starting: Desk) -> None:
    hot = next(trigger for trigger in starting.status()["triggers"] if trigger["id"] == "hot")
    assert hot["blind"] == "no supervisor looks"
    assert "cannot be told: no supervisor looks" in starting("status").out


def test_a_supervisor_that_stores_nothing_is_told_and_no_verdict_of_its_counts(
    starting: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervise_as_this_process(monkeypatch)
    run, past = starting.run, clock.now().plus(-300)
    started = ev.SupervisorStarted(1, 1, 0, "0")
    assert not isinstance(run.submit(Record(started), ev.Actor("supervisor"), lambda: past), Refusal)
    writer = SampleWriter(run.folder)
    writer.set_standing("trigger", "hot", 0, {"verdict": "pass", "line": "20%, limit 101%"})
    writer.set_standing("gate", "load-ok", 0, {"verdict": "pass", "line": "20%, limit 101%"})
    writer.close()

    said = "the supervisor has stored nothing for 5 min: it hangs, or cannot write: supervisor.log says more"
    status = starting.status()
    hot = next(trigger for trigger in status["triggers"] if trigger["id"] == "hot")
    gate = next(item for item in status["items"] if item["id"] == "load-ok")
    assert status["supervisor"]["trouble"] == said
    assert (hot["verdict"], hot["blind"]) == ("unknown", said)
    assert (gate["verdict"], gate["line"]) == ("unknown", f"{said}; it last said pass: 20%, limit 101%")
    assert said in starting("status").out.splitlines()
    assert "nothing is stored" in starting("status", "--tmux").out
