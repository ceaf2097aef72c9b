"""``gate``, ``status --json``, ``metrics`` and ``tick``: what a gate needs, will need, and has lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Decide, Tick, Untick
from qudag_tui.core.requirement import Requirement, plain
from qudag_tui.core.verdict import Verdict
from qudag_tui.run.samples import SampleWriter, StandingKind
from tests.cli.desk import PLAN, Answer, Desk, supervise_as_this_process

TWO = PLAN.replace('gate = "cpu < 101%"', 'gate = "cpu < 101% and cpu stable within 5%"', 1)
ASKED = (
    Requirement("cpu < 101%", Verdict.PASS, "31%, limit 101%"),
    Requirement("cpu stable within 5%", Verdict.INCONCLUSIVE, "31%", "40 more samples, ~8 s"),
)


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a supervisor lived; what it said stands in ``samples.db``."""
    supervise_as_this_process(monkeypatch)


@pytest.fixture
def stand(desk: Desk) -> Callable[..., None]:
    """Write a standing."""

    def write(kind: StandingKind, name: str, **payload: Any) -> None:
        with closing(SampleWriter(desk.run.folder)) as writer:
            writer.set_standing(kind, name, 1, payload)

    return write


def passed(desk: Desk) -> None:
    """The soak is over, and its gate acknowledged."""
    soak = desk.ask(Tick("watch"))
    desk.record(ev.GateJudged("cpu-ok", soak, "pass", "31%, limit 101%"))
    desk.record(ev.SoakCompleted("watch", soak, 1.0))
    desk.ask(Tick("cpu-ok"))


@pytest.mark.usefixtures("supervised")
def test_a_gate_lists_its_comparisons_and_what_they_need(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(TWO)
    desk.new()
    desk.ask(Tick("watch"))
    stand(
        "gate",
        "cpu-ok",
        verdict="inconclusive",
        line="31%",
        needs="40 more samples, ~8 s",
        requirements=plain(ASKED),
    )

    assert desk("gate", "cpu-ok") == Answer(
        6,
        "inconclusive  CPU is fine  31%  cpu-ok\n"
        "  pass          cpu < 101%  31%, limit 101%\n"
        "  inconclusive  cpu stable within 5%  31%  needs 40 more samples, ~8 s\n",
        "",
    )
    said = desk("gate", "canary", "--json").json["gates"][0]
    assert said["requirements"] == plain(ASKED)
    assert (said["verdict"], said["needs"], said["final"], said["regressed"], said["forecast"]) == (
        "inconclusive",
        "40 more samples, ~8 s",
        False,
        False,
        None,
    )


@pytest.mark.usefixtures("supervised")
def test_a_pass_so_far_needs_the_rest_of_the_soak(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN.replace('soak = "1s"', 'soak = "30m"'))
    desk.new()
    desk.ask(Tick("watch"))
    stand("gate", "cpu-ok", verdict="pass", line="31%, limit 101%")

    answer = desk("gate", "cpu-ok")

    assert answer.code == 6
    assert answer.out.splitlines() == [
        "inconclusive  CPU is fine  pass so far: 31%, limit 101%  cpu-ok",
        "  needs 30:00 more of the soak, then a final look",
    ]


@pytest.mark.usefixtures("supervised")
def test_a_forecast_is_told_before_the_soak_and_warns_as_it_starts(
    desk: Desk, stand: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(PLAN)
    desk.new()
    line = "at today's rate this gate needs 52 min, longer than its soak of 1 s, even with its extensions"
    stand("forecast", "cpu-ok", verdict="fail", line=line, value=3120.0, limit=1.0)

    answer = desk("gate", "cpu-ok")
    assert (answer.code, answer.out) == (
        7,
        f"unknown       CPU is fine  it was not looked at yet  cpu-ok\n  forecast: {line}\n",
    )
    assert line in desk("status").out
    item = next(item for item in desk.status()["items"] if item["id"] == "cpu-ok")
    assert item["forecast"] == {"verdict": "fail", "line": line, "needs_seconds": 3120.0, "soak_seconds": 1.0}
    monkeypatch.setattr("qudag_tui.cli.session.Session.supervised", _nobody)
    started = desk("tick", "watch")
    assert started.code == 0
    assert started.err.splitlines()[0] == f"“CPU is fine”: {line}"
    assert "forecast" not in desk("gate", "cpu-ok").out


def _nobody(_session: object) -> Any:
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.usefixtures("supervised")
def test_a_gate_that_regressed_fails_until_another_soak(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN)
    desk.new()
    passed(desk)
    assert desk("gate", "cpu-ok").code == 0
    look = desk.run.state.looks["cpu-ok"].seq
    desk.record(ev.GateRegressed("cpu-ok", look, "110%, limit 101%", 110.0, 101.0))
    stand("metric", "cpu", value=110.0)

    answer = desk("gate", "cpu-ok")
    assert (answer.code, answer.out) == (1, "fail          CPU is fine  regressed: 110%, limit 101%  cpu-ok\n")
    assert "regressed: 110%, limit 101%" in desk("status").out
    assert "saw that “CPU is fine” has regressed: 110%, limit 101%" in desk("log").out
    status = desk.status()
    assert (status["metrics"][0]["verdict"], status["metrics"][0]["baseline"]) == ("fail", None)
    item = next(item for item in status["items"] if item["id"] == "cpu-ok")
    assert (item["state"], item["regressed"], item["verdict"]) == ("open", True, "fail")
    assert desk("tick", "cpu-ok").code == 1
    assert desk("metrics").out == "cpu\t110%\tfail\tcpu\n"
    assert "1 regressed  " in desk("status", "--tmux").out
    desk.ask(Untick("watch"))
    desk.ask(Tick("watch"))
    assert "regressed" not in desk("status", "--tmux").out, "another soak asks anew"


@pytest.mark.usefixtures("supervised")
def test_a_go_after_a_regression_needs_a_reason(desk: Desk) -> None:
    desk.write(PLAN)
    desk.new()
    passed(desk)
    assert desk("na", "deploy", "--why", "a test").code == 0
    desk.ask(Decide("canary", "go"))
    desk.record(ev.GateRegressed("cpu-ok", desk.run.state.looks["cpu-ok"].seq, "110%, limit 101%"))
    desk.ask(Tick("expand"))
    head = desk("status").out.partition("\n\n")[0]
    assert re.search(r"^REGRESSED after the Go, \d\d:\d\d: CPU is fine, 110%, limit 101%$", head, re.MULTILINE)
    assert "  1 regressed  " in desk("status", "--tmux").out

    assert "1 regressed  " in desk("status", "--tmux").out
    refused = desk("decide", "all", "go")
    assert (refused.code, "“CPU is fine” has regressed" in refused.err) == (3, True)
    assert desk("decide", "all", "go", "--why", "it is the backup").code == 0
    assert "regressed" not in desk("status", "--tmux").out


@pytest.mark.usefixtures("supervised")
def test_what_was_said_in_a_soak_that_was_stopped_counts_no_more(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN.replace('soak = "1s"', 'soak = "30m"'))
    desk.new()
    soak = desk.ask(Tick("watch"))
    stand("gate", "cpu-ok", verdict="fail", line="110%, limit 101%", soak=soak)
    assert desk("gate", "cpu-ok").code == 1
    unsaid = Answer(7, "unknown       CPU is fine  it was not looked at yet  cpu-ok\n", "")
    desk.ask(Untick("watch"))
    assert desk("gate", "cpu-ok") == unsaid

    again = desk.ask(Tick("watch"))
    assert desk("gate", "cpu-ok") == unsaid
    stand("gate", "cpu-ok", verdict="fail", line="110%, limit 101%", soak=again)
    assert desk("gate", "cpu-ok").code == 1


@pytest.mark.usefixtures("supervised")
def test_the_last_look_is_not_the_word_of_a_gate_that_was_reopened_or_is_looked_at_again(
    desk: Desk, stand: Callable[..., None]
) -> None:
    """It passed; somebody reopened it: that old pass is no exit code for whoever asks, or waits for the next look."""
    desk.write(PLAN)
    desk.new()
    stand("gate", "load-ok", verdict="fail", line="110%, limit 101%")
    desk.record(ev.GateJudged("load-ok", desk.ask(Tick("load-ok")), "pass", "31%, limit 101%"))
    final = "pass          Load is fine  final: 31%, limit 101%  load-ok\n"
    assert (desk("gate", "load-ok").code, desk("gate", "load-ok").out) == (0, final)

    desk.ask(Untick("load-ok"))
    so_far = "fail          Load is fine  110%, limit 101%  load-ok\n"
    assert (desk("gate", "load-ok").code, desk("gate", "load-ok").out) == (1, so_far)
    asked = desk.ask(Tick("load-ok"))
    assert desk("gate", "load-ok").code == 1

    desk.record(ev.GateJudged("load-ok", asked, "inconclusive", "99%, limit 101%", look=2))
    assert desk("gate", "load-ok").code == 6
    desk.ask(Tick("load-ok"))
    assert (desk("gate", "load-ok").code, desk("gate", "load-ok").out) == (1, so_far)


@pytest.mark.usefixtures("supervised")
def test_the_last_look_is_not_the_word_of_a_gate_whose_soak_was_reopened(desk: Desk) -> None:
    desk.write(PLAN)
    desk.new()
    passed(desk)
    assert desk("gate", "cpu-ok").code == 0
    desk.ask(Untick("watch"))
    assert desk("gate", "cpu-ok") == Answer(7, "unknown       CPU is fine  it was not looked at yet  cpu-ok\n", "")


@pytest.mark.usefixtures("supervised")
def test_whoever_waits_for_a_gate_that_regressed_waits_for_the_look_that_is_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(PLAN)
    desk.new()
    desk.record(ev.GateJudged("load-ok", desk.ask(Tick("load-ok")), "pass", "31%, limit 101%"))
    desk.record(ev.GateRegressed("load-ok", desk.run.state.looks["load-ok"].seq, "110%, limit 101%"))
    asked = desk.ask(Tick("load-ok"))
    monkeypatch.setattr(
        "time.sleep", lambda _: desk.record(ev.GateJudged("load-ok", asked, "pass", "32%, limit 101%", look=2))
    )

    waited = desk("gate", "load-ok", "--wait")

    assert (waited.code, "final: 32%, limit 101%" in waited.out) == (0, True)


def test_nobody_waits_for_a_gate_that_was_set_aside_or_for_none(desk: Desk) -> None:
    desk.write(PLAN)
    desk.new()
    assert desk("override", "cpu-ok", "--why", "by eye").code == 0
    waited = desk("gate", "cpu-ok", "--wait")
    assert (waited.code, waited.out) == (
        7,
        "unknown       CPU is fine  overridden; no supervisor looks at it  cpu-ok\n",
    )

    none = desk("gate", "all", "--wait")
    assert (none.code, none.out, none.err) == (7, "", "this phase has no gate: nothing is known of it\n")


def test_without_a_supervisor_nothing_that_it_said_so_far_counts(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN)
    desk.new()
    stand("gate", "load-ok", verdict="pass", line="31%, limit 101%")
    stand("forecast", "cpu-ok", verdict="fail", line="too short", value=9.0, limit=1.0)

    answer = desk("gate", "load-ok")
    assert answer.code == 7
    assert answer.out.splitlines()[1] == "  needs a supervisor"
    assert "too short" not in desk("gate", "cpu-ok").out


@pytest.mark.usefixtures("supervised")
def test_beside_a_metric_stands_the_worst_that_its_gates_say(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN.replace("[[checklists]]", '[metrics.load]\ngauge = "host:load1"\n\n[[checklists]]', 1))
    desk.new()
    stand("metric", "cpu", value=31.0)
    stand("metric", "load", value=2.0)
    assert desk("metrics").out == "cpu\t31%\tnot judged yet\tcpu\nload\t2\tno gate\tload\n"

    passed(desk)
    assert desk("metrics").out.startswith("cpu\t31%\tpass\tcpu\n")
    stand("gate", "load-ok", verdict="inconclusive", line="31%")
    assert desk("metrics").out.startswith("cpu\t31%\tinconclusive\tcpu\n")

    stand("metric", "cpu", error="connection refused")
    assert desk("metrics").out.startswith("cpu\tunknown: connection refused\tunknown\tcpu\n")
    desk.record(ev.GateRegressed("cpu-ok", desk.run.state.looks["cpu-ok"].seq, "110%, limit 101%"))
    assert desk("metrics").out.startswith("cpu\tunknown: connection refused\tfail\tcpu\n")


@pytest.mark.usefixtures("supervised")
def test_a_trigger_that_holds_now_says_so(desk: Desk, stand: Callable[..., None]) -> None:
    desk.write(PLAN.replace('text = "Smoke"', 'text = "Smoke"\nwhen = "cpu > 95%"'))
    desk.new()
    stand("trigger", "smoke", verdict="fail", line="97%, limit 95%")

    assert "HOLDS NOW: 97%, limit 95%" in desk("status").out
